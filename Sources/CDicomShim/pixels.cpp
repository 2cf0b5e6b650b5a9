// SPDX-License-Identifier: Apache-2.0
// Decoding pixel data.
#include "internal.hpp"

#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

#include <cstring>

using namespace shim;

namespace {

constexpr char rle[] = "1.2.840.10008.1.2.5";
constexpr char jpeg2000[] = "1.2.840.10008.1.2.4.90 1.2.840.10008.1.2.4.91 "
                            "1.2.840.10008.1.2.4.201 1.2.840.10008.1.2.4.202 "
                            "1.2.840.10008.1.2.4.203 ";

bool isJPEG2000(const std::string &syntax) {
    return std::strstr(jpeg2000, (syntax + " ").c_str()) != nullptr;
}

/// Whether DCMTK decodes it: JPEG 1, 2_4, 6_8, 10_12, 14, 14SV1, JPEG-LS.
bool isDecodedByToolkit(const std::string &syntax) {
    static const char *const known[] = {"4.50", "4.51", "4.53", "4.55", "4.57",
                                        "4.70", "4.80", "4.81"};
    for (const char *suffix : known) {
        if (syntax == std::string("1.2.840.10008.1.2.") + suffix) return true;
    }
    return false;
}

bool isNative(const std::string &syntax) {
    return syntax == "1.2.840.10008.1.2" || syntax == "1.2.840.10008.1.2.1" ||
           syntax == "1.2.840.10008.1.2.2" || syntax == "1.2.840.10008.1.2.1.99";
}

/// The identifier for a message, unless it holds other things than an identifier.
std::string printable(const std::string &uid) {
    const bool isUID = uid.size() <= 64 && uid.find_first_not_of("0123456789.") == uid.npos;
    return isUID ? uid : "of an unknown form";
}

DcmElement *pixelElement(DcmItem &data) {
    DcmElement *element = nullptr;
    for (const DcmTagKey &tag : {DCM_PixelData, DCM_FloatPixelData, DCM_DoubleFloatPixelData}) {
        if (data.findAndGetElement(tag, element).good()) return element;
    }
    return nullptr;
}

/// The fragments of compressed pixels; null when the pixels are native.
DcmPixelSequence *fragments(DcmElement &element) {
    auto *pixels = dynamic_cast<DcmPixelData *>(&element);
    if (pixels == nullptr) return nullptr;
    E_TransferSyntax type = EXS_Unknown;
    const DcmRepresentationParameter *parameter = nullptr;
    pixels->getOriginalRepresentationKey(type, parameter);
    DcmPixelSequence *sequence = nullptr;
    if (pixels->getEncapsulatedRepresentation(type, parameter, sequence).bad()) return nullptr;
    return sequence;
}

/// Sum of the differences of neighbouring values, and whether their upper halves differ at all.
struct Roughness {
    double sum = 0;
    bool isWide = false;
};

Roughness roughness(const uint8_t *bytes, uint64_t count, bool swapsHalves) {
    Roughness found;
    uint32_t first = 0, before = 0;
    for (uint64_t n = 0; n < count; n++) {
        uint32_t value;
        std::memcpy(&value, bytes + 4 * n, 4);
        if (swapsHalves) value = value << 16 | value >> 16;
        if (n == 0) first = before = value;
        found.sum += value > before ? value - before : before - value;
        found.isWide = found.isWide || (value ^ first) >> 16 != 0;
        before = value;
    }
    return found;
}

/// Puts the halves of 32-bit values from a big-endian file in order.
///
/// The standard swaps the bytes of each 16-bit word (PS3.5 of 2016, A.3), as dcmconv does; other
/// programs swap all four. In the wrong order the lower half, which hardly repeats from voxel to
/// voxel, becomes the upper one. Where the difference is not plain nothing is guessed.
void orderHalves(uint8_t *bytes, uint64_t count) {
    constexpr double plain = 4;
    const Roughness asWords = roughness(bytes, count, false);
    const Roughness asWhole = roughness(bytes, count, true);
    if (asWords.isWide && asWhole.sum > plain * asWords.sum) return;
    if (!asWhole.isWide || !(asWords.sum > plain * asWhole.sum)) {
        fail(DCM_UNSUPPORTED, "32-bit values in big endian whose order cannot be told");
    }
    for (uint64_t n = 0; n < count; n++) {
        uint8_t *value = bytes + 4 * n;
        std::swap(value[0], value[2]);
        std::swap(value[1], value[3]);
    }
}

/// Whether native colour has one pair of chrominances for two pixels of a row, Y1 Y2 Cb Cr (PS3.3
/// C.7.6.3.1.2). Files that say so and hold every sample exist; those are read as they are.
bool isSubsampled(DcmItem &data, const dcm_layout &layout, uint64_t length) {
    if (layout.samples != 3 || layout.bits_allocated != 8 || length >= layout.bytes) return false;
    OFString colours;
    return data.findAndGetOFString(DCM_PhotometricInterpretation, colours).good() &&
           colours == "YBR_FULL_422" && layout.columns % 2 == 0;
}

/// Gives both pixels of a pair its chrominances.
void copySubsampled(DcmElement &element, const dcm_layout &layout, uint8_t *destination) {
    std::vector<uint8_t> pairs(static_cast<size_t>(layout.bytes / 3 * 2));
    check(
        element.getPartialValue(
            pairs.data(), 0, static_cast<Uint32>(pairs.size()), nullptr, EBO_LittleEndian),
        DCM_MALFORMED);
    for (size_t pair = 0; pair < pairs.size() / 4; pair++) {
        const uint8_t *from = pairs.data() + 4 * pair;
        uint8_t *to = destination + 6 * pair;
        to[0] = from[0];
        to[3] = from[1];
        to[1] = to[4] = from[2];
        to[2] = to[5] = from[3];
    }
}

/// Copies native values as little endian.
void copyNative(
    DcmElement &element, const dcm_layout &layout, const std::string &syntax,
    uint8_t *destination) {
    check(
        element.getPartialValue(
            destination, 0, static_cast<Uint32>(layout.bytes), nullptr, EBO_LittleEndian),
        DCM_MALFORMED);
    if (syntax == "1.2.840.10008.1.2.2" && layout.bits_allocated == 32 &&
        !layout.is_floating_point) {
        orderHalves(destination, layout.bytes / 4);
    }
}

void decodeWithToolkit(
    DcmDataset &data, DcmElement &element, const dcm_layout &layout, uint8_t *destination) {
    const uint64_t size = layout.bytes / layout.frames;
    // Decoders want an even buffer.
    std::vector<uint8_t> frame(static_cast<size_t>(size + size % 2));
    Uint32 fragment = 0;
    for (uint32_t n = 0; n < layout.frames; n++) {
        OFString model;
        check(
            element.getUncompressedFrame(
                &data, n, fragment, frame.data(), static_cast<Uint32>(frame.size()), model),
            DCM_MALFORMED);
        std::memcpy(destination + n * size, frame.data(), static_cast<size_t>(size));
    }
}

/// Whether a fragment begins a code stream, bare or inside a JP2 file.
bool beginsCodestream(const uint8_t *bytes, size_t count) {
    return (count >= 4 && std::memcmp(bytes, "\xff\x4f\xff\x51", 4) == 0) ||
           (count >= 8 && std::memcmp(bytes + 4, "jP", 2) == 0);
}

/// The bytes of fragment `n`; item 0 is the offset table.
std::vector<uint8_t> fragment(DcmPixelSequence &sequence, unsigned long n) {
    DcmPixelItem *item = nullptr;
    check(sequence.getItem(item, n), DCM_MALFORMED);
    const Uint32 length = item->getLength();
    if (length == 0) return {};
    Uint8 *bytes = nullptr;
    check(item->getUint8Array(bytes), DCM_MALFORMED);
    if (bytes == nullptr) fail(DCM_MALFORMED, "a fragment cannot be read");
    std::vector<uint8_t> copy(bytes, bytes + length);
    (void)item->compact();
    return copy;
}

/// Decodes a frame of one-bit values and packs it behind `first` values, without padding between
/// frames as PS3.5 has it for native ones.
void decodeBits(
    const std::vector<uint8_t> &codestream, const dcm_layout &layout, uint64_t first,
    uint8_t *destination) {
    dcm_layout bytewise = layout;
    bytewise.bits_allocated = 8;
    std::vector<uint8_t> frame(size_t(layout.rows) * layout.columns * layout.samples);
    decodeJPEG2000(codestream, bytewise, frame.data());
    for (size_t n = 0; n < frame.size(); n++) {
        if (frame[n] > 1) fail(DCM_MALFORMED, "values above 1 in an image of one bit");
        const uint64_t bit = first + n;
        destination[bit / 8] |= static_cast<uint8_t>(frame[n] << (bit % 8));
    }
}

void decodeJPEG2000Frames(
    DcmPixelSequence &sequence, const dcm_layout &layout, uint8_t *destination) {
    const bool isBits = layout.bits_allocated == 1;
    const uint64_t values = uint64_t(layout.rows) * layout.columns * layout.samples;
    const uint64_t size = values * layout.bits_allocated / 8;
    if (isBits) std::memset(destination, 0, static_cast<size_t>(layout.bytes));
    std::vector<uint8_t> codestream;
    uint32_t done = 0;
    const auto decode = [&] {
        if (codestream.empty()) return;
        if (done == layout.frames) fail(DCM_MALFORMED, "more code streams than frames");
        if (isBits) {
            decodeBits(codestream, layout, done * values, destination);
        } else {
            decodeJPEG2000(codestream, layout, destination + done * size);
        }
        codestream.clear();
        done++;
    };
    // The offset table does not help: many writers leave it empty or wrong.
    for (unsigned long n = 1; n < sequence.card(); n++) {
        const std::vector<uint8_t> bytes = fragment(sequence, n);
        if (layout.frames > 1 && beginsCodestream(bytes.data(), bytes.size())) decode();
        codestream.insert(codestream.end(), bytes.begin(), bytes.end());
    }
    decode();
    if (done != layout.frames) {
        fail(DCM_MALFORMED, std::to_string(done) + " code streams for " +
                                std::to_string(layout.frames) + " frames");
    }
}

/// Which fragments begin a frame, from the offset table; empty when it does not say.
std::vector<unsigned long> firstFragments(DcmPixelSequence &sequence, uint32_t frames) {
    const std::vector<uint8_t> table = fragment(sequence, 0);
    std::vector<unsigned long> firsts;
    if (table.size() != size_t(frames) * 4) return firsts;
    uint64_t position = 0;
    for (unsigned long n = 1; n < sequence.card() && firsts.size() < frames; n++) {
        uint32_t wanted = 0;
        std::memcpy(&wanted, table.data() + 4 * firsts.size(), 4);
        if (wanted == position) firsts.push_back(n);
        DcmPixelItem *item = nullptr;
        check(sequence.getItem(item, n), DCM_MALFORMED);
        position += 8 + item->getLength();
    }
    if (firsts.size() != frames || firsts[0] != 1) firsts.clear();
    return firsts;
}

/// RLE frames; one may lie in several fragments, which the standard forbids and files do.
void decodeRLEFrames(
    DcmPixelSequence &sequence, const dcm_layout &layout, uint8_t *destination) {
    const unsigned long count = sequence.card();
    if (count < 1 + static_cast<unsigned long>(layout.frames)) {
        fail(DCM_MALFORMED, "fewer fragments than frames");
    }
    std::vector<unsigned long> firsts;
    if (layout.frames == 1) {
        firsts = {1};
    } else if (count == 1 + static_cast<unsigned long>(layout.frames)) {
        for (unsigned long n = 1; n < count; n++) firsts.push_back(n);
    } else {
        firsts = firstFragments(sequence, layout.frames);
    }
    if (firsts.empty()) fail(DCM_MALFORMED, "which fragments make a frame is not said");
    const uint64_t size = layout.bytes / layout.frames;
    for (size_t frame = 0; frame < firsts.size(); frame++) {
        const unsigned long end = frame + 1 < firsts.size() ? firsts[frame + 1] : count;
        std::vector<uint8_t> bytes;
        for (unsigned long n = firsts[frame]; n < end; n++) {
            const std::vector<uint8_t> part = fragment(sequence, n);
            bytes.insert(bytes.end(), part.begin(), part.end());
        }
        decodeRLE(bytes, layout, destination + frame * size);
    }
}

/// Colour planes one after the other become interleaved samples, frame by frame.
void interleave(const dcm_layout &layout, uint8_t *destination) {
    const size_t width = layout.bits_allocated / 8;
    const size_t pixels = size_t(layout.rows) * layout.columns;
    std::vector<uint8_t> planes(pixels * layout.samples * width);
    for (uint32_t n = 0; n < layout.frames; n++) {
        uint8_t *frame = destination + n * planes.size();
        std::memcpy(planes.data(), frame, planes.size());
        for (size_t sample = 0; sample < layout.samples; sample++) {
            for (size_t pixel = 0; pixel < pixels; pixel++) {
                std::memcpy(
                    frame + (pixel * layout.samples + sample) * width,
                    planes.data() + (sample * pixels + pixel) * width, width);
            }
        }
    }
}

/// Signed values narrower than their cell get their sign where a coder left the upper bits zero.
///
/// Values with any bit above High Bit set are left as they are: they are already extended, or they
/// are padding from outside the range.
template <class Word>
void extendSign(const dcm_layout &layout, uint8_t *destination) {
    const Word sign = Word(1) << (layout.bits_stored - 1);
    const Word upper = static_cast<Word>(~((sign << 1) - 1));
    for (uint64_t n = 0; n < layout.bytes / sizeof(Word); n++) {
        Word value;
        std::memcpy(&value, destination + n * sizeof(Word), sizeof(Word));
        if ((value & upper) == 0 && (value & sign) != 0) {
            value |= upper;
            std::memcpy(destination + n * sizeof(Word), &value, sizeof(Word));
        }
    }
}

}  // namespace

dcm_status dcm_pixel_layout(
    dcm_file *file, size_t limit, dcm_layout *layout, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        DcmDataset &data = *file->format.getDataset();
        DcmElement *element = pixelElement(data);
        const dcm_layout found = statedLayout(
            data, element == nullptr ? DCM_PixelData : element->getTag().getXTag(), limit);
        if (element == nullptr) {
            fail(DCM_MALFORMED, file->damage.empty() ? "no pixel data"
                                                     : "pixel data incomplete: " + file->damage);
        }
        if (fragments(*element) == nullptr) {
            if (!isNative(file->syntax)) {
                fail(DCM_MALFORMED, "native pixels in a compressed transfer syntax");
            }
            const uint64_t length = element->getLengthField();
            const uint64_t needed =
                isSubsampled(data, found, length) ? found.bytes / 3 * 2 : found.bytes;
            if (length < needed) {
                fail(DCM_MALFORMED, std::to_string(length) + " bytes of pixels for " +
                                        std::to_string(needed));
            }
        } else if (file->syntax != rle && !isJPEG2000(file->syntax) &&
                   !isDecodedByToolkit(file->syntax)) {
            fail(DCM_UNSUPPORTED, "transfer syntax " + printable(file->syntax));
        } else if (found.bits_allocated == 1 && !isJPEG2000(file->syntax)) {
            fail(DCM_UNSUPPORTED, "one-bit values in transfer syntax " + file->syntax);
        }
        *layout = found;
    });
}

dcm_status dcm_native_place(
    dcm_file *file, size_t limit, dcm_layout *layout, uint64_t *offset, uint64_t *file_size,
    char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        if (file->native_offset == 0) fail(DCM_UNSUPPORTED, "not native at the end of the file");
        const bool isExplicit = file->syntax == "1.2.840.10008.1.2.1";
        if (!isExplicit && file->syntax != "1.2.840.10008.1.2") {
            fail(DCM_UNSUPPORTED, "another transfer syntax");
        }
        const dcm_layout found = statedLayout(*file->format.getDataset(), DCM_PixelData, limit);
        if (found.bits_allocated == 1 || found.samples != 1 ||
            found.bytes > file->native_length) {
            fail(DCM_UNSUPPORTED, "no plain grey values");
        }
        *layout = found;
        *offset = file->native_offset;
        *file_size = file->size;
    });
}

dcm_status dcm_pixels(
    dcm_file *file, const dcm_layout *layout, uint8_t *destination, char *message,
    size_t message_size) {
    return guarded(message, message_size, [&] {
        DcmDataset &data = *file->format.getDataset();
        DcmElement *element = pixelElement(data);
        if (element == nullptr) fail(DCM_MALFORMED, "no pixel data");
        DcmPixelSequence *sequence = fragments(*element);
        if (sequence == nullptr && isSubsampled(data, *layout, element->getLengthField())) {
            copySubsampled(*element, *layout, destination);
        } else if (sequence == nullptr) {
            copyNative(*element, *layout, file->syntax, destination);
            // The decoders are asked to interleave colour; native planes come as they are.
            const bool hasPlanes = layout->samples > 1 && layout->bits_allocated >= 8 &&
                                   word(data, DCM_PlanarConfiguration, "Planar Configuration", 0);
            if (hasPlanes) interleave(*layout, destination);
        } else if (isJPEG2000(file->syntax)) {
            decodeJPEG2000Frames(*sequence, *layout, destination);
        } else if (file->syntax == rle) {
            decodeRLEFrames(*sequence, *layout, destination);
        } else {
            decodeWithToolkit(data, *element, *layout, destination);
        }
        if (layout->is_signed && layout->bits_stored < layout->bits_allocated) {
            switch (layout->bits_allocated) {
            case 8: extendSign<uint8_t>(*layout, destination); break;
            case 16: extendSign<uint16_t>(*layout, destination); break;
            case 32: extendSign<uint32_t>(*layout, destination); break;
            default: break;
            }
        }
    });
}
