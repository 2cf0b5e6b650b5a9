// SPDX-License-Identifier: Apache-2.0
// Opening files and turning headers into the normal form.
#include "internal.hpp"

#include <dcmtk/dcmdata/dcistrmf.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include <sys/stat.h>

using namespace shim;

namespace {

void configureToolkit() {
    static std::once_flag once;
    std::call_once(once, [] {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        // A known attribute coded as UN is read as what the dictionary says (PS3.5 §6.2.2).
        dcmEnableUnknownVRConversion.set(OFTrue);
        DcmRLEDecoderRegistration::registerCodecs();
        DJDecoderRegistration::registerCodecs(EDC_never, EUC_default, EPC_colorByPixel);
        DJLSDecoderRegistration::registerCodecs(EJLSUC_default, EJLSPC_colorByPixel);
    });
}

uint32_t number(const uint8_t *bytes, int width, bool bigEndian) {
    uint32_t value = 0;
    for (int n = 0; n < width; n++) {
        value |= uint32_t(bytes[n]) << (8 * (bigEndian ? width - 1 - n : n));
    }
    return value;
}

/// Whether the bytes begin with an element that a DICOM data set may begin with.
bool beginsDataSet(const uint8_t *bytes, size_t count, uint64_t available) {
    if (count < 8) return false;
    for (const bool bigEndian : {false, true}) {
        const uint16_t group = number(bytes, 2, bigEndian);
        const uint16_t element = number(bytes + 2, 2, bigEndian);
        if (group < 0x0002 || group > 0x0040 || group % 2 != 0) continue;
        const char code[3] = {char(bytes[4]), char(bytes[5]), 0};
        const DcmVR vr(code);
        if (vr.isStandard() && vr.getEVR() != EVR_UNKNOWN) {
            if (number(bytes + 6, 2, bigEndian) <= available) return true;
        }
        const uint32_t length = number(bytes + 4, 4, bigEndian);
        const DcmTag tag(group, element);
        const bool isKnown = element == 0 ? length == 4 : tag.getEVR() != EVR_UN;
        if (isKnown && (length <= available - 8 || length == DCM_UndefinedLength)) return true;
    }
    return false;
}

/// Says how to read the file, or that it is no DICOM.
E_FileReadMode sniffed(FILE *file, uint64_t size) {
    uint8_t start[148] = {};
    const size_t count = std::fread(start, 1, sizeof start, file);
    const bool hasMark = count >= 140 && std::memcmp(start + 128, "DICM", 4) == 0;
    // The four letters may also stand in the text of a bare data set.
    if (hasMark && number(start + 132, 2, false) == 2) return ERM_autoDetect;
    if (beginsDataSet(start, count, size)) {
        return number(start, 2, false) == 2 ? ERM_autoDetect : ERM_dataset;
    }
    if (hasMark && beginsDataSet(start + 132, count - 132, size - 132)) return ERM_autoDetect;
    fail(DCM_NOT_DICOM, "not a DICOM file");
}

/// Appends an element in Explicit VR little endian with defined lengths.
void append(DcmObject &object, size_t limit, std::string &bytes) {
    const Uint32 length = object.calcElementLength(EXS_LittleEndianExplicit, EET_ExplicitLength);
    if (length > limit || bytes.size() > limit - length) {
        fail(DCM_LIMIT, "the header exceeds " + std::to_string(limit) + " bytes");
    }
    const size_t start = bytes.size();
    bytes.resize(start + length);
    DcmOutputBufferStream stream(bytes.data() + start, length);
    object.transferInit();
    check(
        object.write(stream, EXS_LittleEndianExplicit, EET_ExplicitLength, nullptr), DCM_MALFORMED);
    object.transferEnd();
    bytes.resize(start + static_cast<size_t>(stream.tell()));
}

/// Removes pixels of nested images (icons): they may be compressed, which items cannot say.
void removeNestedPixels(DcmItem &item) {
    for (DcmObject *at = item.nextInContainer(nullptr); at != nullptr;) {
        DcmObject *next = item.nextInContainer(at);
        if (at->getGTag() == 0x7fe0) {
            delete item.remove(at);
        } else if (at->ident() == EVR_SQ) {
            auto *sequence = static_cast<DcmSequenceOfItems *>(at);
            for (unsigned long n = 0; n < sequence->card(); n++) {
                removeNestedPixels(*sequence->getItem(n));
            }
        }
        at = next;
    }
}

std::string transferSyntax(DcmFileFormat &format) {
    OFString uid;
    DcmMetaInfo *meta = format.getMetaInfo();
    if (meta->findAndGetOFString(DCM_TransferSyntaxUID, uid).good() && !uid.empty()) {
        return uid.c_str();
    }
    const char *found = DcmXfer(format.getDataset()->getOriginalXfer()).getXferID();
    if (found == nullptr || *found == 0) fail(DCM_MALFORMED, "the coding cannot be found out");
    check(meta->putAndInsertString(DCM_TransferSyntaxUID, found), DCM_INTERNAL);
    return found;
}

}  // namespace

dcm_status dcm_open(
    const char *path, int with_pixels, dcm_file **out, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        configureToolkit();
        struct stat facts;
        if (::stat(path, &facts) != 0) fail(DCM_IO, "the file cannot be opened");
        if (!S_ISREG(facts.st_mode)) fail(DCM_IO, "not a regular file");
        std::unique_ptr<FILE, int (*)(FILE *)> stream(std::fopen(path, "rb"), &std::fclose);
        if (stream == nullptr) fail(DCM_IO, "the file cannot be opened");
        auto file = std::make_unique<dcm_file>();
        file->size = static_cast<uint64_t>(facts.st_size);
        const E_FileReadMode mode = sniffed(stream.get(), file->size);
        stream.reset();

        OFCondition loaded = EC_Normal;
        if (with_pixels) {
            loaded = file->format.loadFile(path, EXS_Unknown, EGL_noChange, 4096, mode);
        }
        if (!with_pixels || loaded.bad()) {
            // Damage behind the header leaves the header usable.
            if (loaded.bad()) file->damage = loaded.text();
            file->format.clear();
            check(
                file->format.loadFileUntilTag(
                    path, EXS_Unknown, EGL_noChange, 4096, mode, DCM_PixelData),
                DCM_MALFORMED);
        }
        if (file->format.getDataset()->card() == 0) fail(DCM_MALFORMED, "the data set is empty");
        file->syntax = transferSyntax(file->format);
        *out = file.release();
    });
}

void dcm_close(dcm_file *file) { delete file; }

dcm_status dcm_header(
    dcm_file *file, size_t limit, uint8_t **bytes, size_t *count, char *message,
    size_t message_size) {
    return guarded(message, message_size, [&] {
        DcmDataset *data = file->format.getDataset();
        convertText(*data, "");
        std::string all;
        DcmMetaInfo *meta = file->format.getMetaInfo();
        DcmObject *at = nullptr;
        while ((at = meta->nextInContainer(at)) != nullptr) append(*at, limit, all);
        at = nullptr;
        while ((at = data->nextInContainer(at)) != nullptr) {
            // Commands, group lengths of old writers, pixels and what may follow them stay out.
            if (at->getGTag() < 0x0008 || at->getETag() == 0) continue;
            if (at->getGTag() >= 0x7fe0) break;
            if (at->ident() == EVR_SQ) {
                auto *sequence = static_cast<DcmSequenceOfItems *>(at);
                for (unsigned long n = 0; n < sequence->card(); n++) {
                    removeNestedPixels(*sequence->getItem(n));
                }
            }
            append(*at, limit, all);
        }
        *bytes = static_cast<uint8_t *>(std::malloc(all.empty() ? 1 : all.size()));
        if (*bytes == nullptr) throw std::bad_alloc();
        std::memcpy(*bytes, all.data(), all.size());
        *count = all.size();
    });
}

void dcm_free(uint8_t *bytes) { std::free(bytes); }
