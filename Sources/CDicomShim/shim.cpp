// SPDX-License-Identifier: Apache-2.0
#include "CDicomShim.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

namespace {

struct Failure {
    dcm_status status;
    std::string text;
};

template <class Body>
dcm_status guarded(char *message, size_t size, Body body) noexcept {
    try {
        body();
        return DCM_OK;
    } catch (const Failure &f) {
        std::snprintf(message, size, "%s", f.text.c_str());
        return f.status;
    } catch (const std::bad_alloc &) {
        std::snprintf(message, size, "out of memory");
        return DCM_LIMIT;
    } catch (const std::exception &e) {
        std::snprintf(message, size, "%s", e.what());
        return DCM_INTERNAL;
    } catch (...) {
        std::snprintf(message, size, "unknown C++ exception");
        return DCM_INTERNAL;
    }
}

void check(const OFCondition &condition, dcm_status status) {
    if (condition.bad()) throw Failure{status, condition.text()};
}

void registerCodecs() {
    static std::once_flag once;
    std::call_once(once, [] {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        DcmRLEDecoderRegistration::registerCodecs();
        DJDecoderRegistration::registerCodecs(EDC_never);
        DJLSDecoderRegistration::registerCodecs();
    });
}

/// Copies a DCMTK object in Explicit VR little endian with defined lengths.
std::string serialised(DcmObject &object) {
    const Uint32 length = object.calcElementLength(EXS_LittleEndianExplicit, EET_ExplicitLength);
    std::string bytes(length, '\0');
    DcmOutputBufferStream stream(bytes.data(), length);
    object.transferInit();
    check(
        object.write(stream, EXS_LittleEndianExplicit, EET_ExplicitLength, nullptr), DCM_MALFORMED);
    object.transferEnd();
    bytes.resize(static_cast<size_t>(stream.tell()));
    return bytes;
}

std::string serialisedElements(DcmItem &item) {
    std::string bytes;
    for (unsigned long n = 0; n < item.card(); n++) bytes += serialised(*item.getElement(n));
    return bytes;
}

uint8_t *copied(const void *source, size_t count) {
    auto *bytes = static_cast<uint8_t *>(std::malloc(count > 0 ? count : 1));
    if (bytes == nullptr) throw std::bad_alloc();
    std::memcpy(bytes, source, count);
    return bytes;
}

}  // namespace

struct dcm_file {
    DcmFileFormat format;
    std::string path;
};

dcm_status dcm_open(const char *path, dcm_file **out, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        registerCodecs();
        auto file = std::make_unique<dcm_file>();
        file->path = path;
        check(
            file->format.loadFile(path, EXS_Unknown, EGL_noChange, 4096, ERM_autoDetect),
            DCM_MALFORMED);
        *out = file.release();
    });
}

void dcm_close(dcm_file *file) { delete file; }

dcm_status dcm_header(
    dcm_file *file, uint8_t **bytes, size_t *count, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        std::unique_ptr<DcmDataset> data(new DcmDataset(*file->format.getDataset()));
        while (data->card() > 0) {
            DcmElement *last = data->getElement(data->card() - 1);
            if (last->getGTag() < 0x7fe0) break;
            delete data->remove(last);
        }
        data->convertToUTF8();
        std::string all = serialisedElements(*file->format.getMetaInfo());
        all += serialisedElements(*data);
        *bytes = copied(all.data(), all.size());
        *count = all.size();
    });
}

dcm_status dcm_pixels(
    dcm_file *file, size_t limit, uint8_t **bytes, size_t *count, char *message,
    size_t message_size) {
    return guarded(message, message_size, [&] {
        DcmDataset *data = file->format.getDataset();
        check(data->chooseRepresentation(EXS_LittleEndianExplicit, nullptr), DCM_UNSUPPORTED);
        DcmElement *pixels = nullptr;
        check(data->findAndGetElement(DCM_PixelData, pixels), DCM_MALFORMED);
        const size_t length = pixels->getLength();
        if (length > limit) throw Failure{DCM_LIMIT, "pixel data exceed the limit"};
        const void *source = nullptr;
        if (pixels->ident() == EVR_PixelData || pixels->getVR() == EVR_OW) {
            Uint16 *words = nullptr;
            check(pixels->getUint16Array(words), DCM_MALFORMED);
            source = words;
        } else {
            Uint8 *octets = nullptr;
            check(pixels->getUint8Array(octets), DCM_MALFORMED);
            source = octets;
        }
        *bytes = copied(source, length);
        *count = length;
    });
}

void dcm_free(uint8_t *bytes) { std::free(bytes); }
