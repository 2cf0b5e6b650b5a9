// SPDX-License-Identifier: Apache-2.0
// Opening files and turning headers into the normal form.
#include "internal.hpp"

#include <dcmtk/dcmdata/dcistrmf.h>
#include <dcmtk/dcmdata/dcostrmb.h>
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

/// How to read a file.
struct Kind {
    bool isBare;
    /// Where the data set of a bare file begins.
    long offset;
};

/// Says how to read the file, or that it is no DICOM.
Kind sniffed(FILE *file, uint64_t size) {
    uint8_t start[148] = {};
    const size_t count = std::fread(start, 1, sizeof start, file);
    const bool hasMark = count >= 140 && std::memcmp(start + 128, "DICM", 4) == 0;
    // The four letters may also stand in the text of a bare data set.
    if (hasMark && number(start + 132, 2, false) == 2) return {false, 0};
    if (beginsDataSet(start, count, size)) return {number(start, 2, false) != 2, 0};
    if (hasMark && beginsDataSet(start + 132, count - 132, size - 132)) return {false, 0};
    // Cut out of a file one byte too early: the padding of the meta group stayed.
    const bool hasPadding = count > 8 && (start[0] == ' ' || start[0] == 0);
    if (hasPadding && std::memcmp(start + 1, "\x08\x00\x05\x00\x43\x53", 6) == 0) return {true, 1};
    fail(DCM_NOT_DICOM, "not a DICOM file");
}

/// Longer values than this many bytes stay on disk until asked for. DCMTK 3.6.7 looks for them at
/// the wrong place in a stream that does not begin with the file, so there all are read at once.
Uint32 longestKept(Kind kind) { return kind.offset == 0 ? 4096 : 0xfffffffe; }

OFCondition loadAll(dcm_file &file, const char *path, Kind kind) {
    DcmInputFileStream stream(path, kind.offset);
    if (stream.status().bad()) return stream.status();
    DcmObject &target = kind.isBare ? static_cast<DcmObject &>(*file.format.getDataset())
                                    : static_cast<DcmObject &>(file.format);
    target.transferInit();
    const OFCondition loaded = target.read(stream, EXS_Unknown, EGL_noChange, longestKept(kind));
    target.transferEnd();
    return loaded;
}

/// Notes where native little-endian pixels lie that end the file; `last` ends at `stop`, where
/// their value begins.
///
/// What follows the pixels could be damage, which only a full reading finds.
void notePlace(dcm_file &file, E_TransferSyntax coding, const uint8_t last[12], uint64_t stop) {
    const bool isExplicit = coding == EXS_LittleEndianExplicit;
    if (!isExplicit && coding != EXS_LittleEndianImplicit) return;
    const uint8_t *tag = last + (isExplicit ? 0 : 4);
    if (number(tag, 2, false) != 0x7fe0 || number(tag + 2, 2, false) != 0x0010) return;
    if (isExplicit && std::memcmp(tag + 4, "OW", 2) != 0 && std::memcmp(tag + 4, "OB", 2) != 0) {
        return;
    }
    const uint32_t length = number(last + 8, 4, false);
    if (length == DCM_UndefinedLength || length != file.size - stop) return;
    file.native_offset = stop;
    file.native_length = length;
}

/// Reads up to Pixel Data and makes sure that Pixel Data or the end is what follows: a parser that
/// has lost its way may take any high number for a tag behind the pixels.
void loadHeader(dcm_file &file, const char *path, Kind kind, FILE *raw) {
    DcmInputFileStream stream(path, kind.offset);
    check(stream.status(), DCM_IO);
    DcmDataset *data = file.format.getDataset();
    OFCondition loaded = EC_Normal;
    if (kind.isBare) {
        data->transferInit();
        loaded = data->readUntilTag(
            stream, EXS_Unknown, EGL_noChange, longestKept(kind), DCM_PixelData);
        data->transferEnd();
    } else {
        file.format.transferInit();
        loaded = file.format.readUntilTag(stream, EXS_Unknown, EGL_noChange, 4096, DCM_PixelData);
        file.format.transferEnd();
    }
    check(loaded, DCM_MALFORMED);
    if (DcmXfer(data->getOriginalXfer()).getStreamCompression() != ESC_none) return;
    const uint64_t stop = static_cast<uint64_t>(stream.tell() + kind.offset);
    if (stop >= file.size || stop < 12) return;
    // The parser stops behind the tag and its length, which take 12 or 8 bytes.
    uint8_t last[12] = {};
    std::fseek(raw, static_cast<long>(stop) - 12, SEEK_SET);
    if (std::fread(last, 1, sizeof last, raw) != sizeof last) return;
    notePlace(file, data->getOriginalXfer(), last, stop);
    for (const int start : {0, 4}) {
        for (const bool bigEndian : {false, true}) {
            const uint32_t group = number(last + start, 2, bigEndian);
            if (group == 0x7fe0 || group == 0xfffa || group == 0xfffc) return;
        }
    }
    fail(DCM_MALFORMED, "the data set cannot be followed to its pixels");
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

void dcm_prepare(void) {
    try {
        configureToolkit();
        (void)dcmDataDict.isDictionaryLoaded();
    } catch (...) {
        // Then opening the first file says what is wrong.
    }
}

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
        file->identity = {
            facts.st_dev, facts.st_ino, file->size,
            static_cast<uint64_t>(facts.st_ctim.tv_sec) * 1000000000 +
                static_cast<uint64_t>(facts.st_ctim.tv_nsec)};
        const Kind kind = sniffed(stream.get(), file->size);
        const OFCondition loaded = with_pixels ? loadAll(*file, path, kind) : EC_Normal;
        if (!with_pixels || loaded.bad()) {
            // Damage behind the header leaves the header usable.
            if (loaded.bad()) file->damage = loaded.text();
            file->format.clear();
            loadHeader(*file, path, kind, stream.get());
        }
        if (file->format.getDataset()->card() == 0) fail(DCM_MALFORMED, "the data set is empty");
        file->syntax = transferSyntax(file->format);
        *out = file.release();
    });
}

void dcm_close(dcm_file *file) { delete file; }

dcm_identity dcm_file_identity(const dcm_file *file) { return file->identity; }

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
