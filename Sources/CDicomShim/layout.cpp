// SPDX-License-Identifier: Apache-2.0
// What the header says about the pixels, checked.
#include "internal.hpp"

namespace shim {

uint32_t word(DcmItem &data, const DcmTagKey &tag, const char *name, int fallback) {
    Uint16 value = 0;
    if (data.findAndGetUint16(tag, value).good()) return value;
    if (fallback < 0 || data.tagExistsWithValue(tag)) {
        fail(DCM_MALFORMED, std::string(name) + " is missing or not a number");
    }
    return static_cast<uint32_t>(fallback);
}

namespace {

/// Number of Frames; 1 when absent, refused when it is not a positive number.
uint32_t frameCount(DcmItem &data) {
    OFString text;
    if (!data.tagExistsWithValue(DCM_NumberOfFrames)) return 1;
    check(data.findAndGetOFStringArray(DCM_NumberOfFrames, text), DCM_MALFORMED);
    uint64_t count = 0;
    bool hasDigits = false;
    for (const char c : text) {
        if (c == ' ' || c == '\0') continue;
        if (c < '0' || c > '9' || count > 0xffffffff) {
            fail(DCM_MALFORMED, "Number of Frames is not a number");
        }
        hasDigits = true;
        count = 10 * count + static_cast<uint64_t>(c - '0');
    }
    if (!hasDigits || count == 0 || count > 0xffffffff) {
        fail(DCM_MALFORMED, "Number of Frames is not a positive number");
    }
    return static_cast<uint32_t>(count);
}

void product(uint64_t &total, uint64_t factor) {
    if (__builtin_mul_overflow(total, factor, &total)) {
        fail(DCM_LIMIT, "Rows x Columns x Frames overflows");
    }
}

void checkBits(DcmItem &data, dcm_layout &layout) {
    const uint32_t allocated = layout.bits_allocated;
    layout.bits_stored = word(data, DCM_BitsStored, "Bits Stored", static_cast<int>(allocated));
    if (layout.bits_stored < 1 || layout.bits_stored > allocated) {
        fail(DCM_MALFORMED, "Bits Stored " + std::to_string(layout.bits_stored) + " of " +
                                std::to_string(allocated));
    }
    const uint32_t highest =
        word(data, DCM_HighBit, "High Bit", static_cast<int>(layout.bits_stored) - 1);
    if (highest != layout.bits_stored - 1) {
        fail(DCM_UNSUPPORTED, "High Bit " + std::to_string(highest) + " with " +
                                  std::to_string(layout.bits_stored) + " bits stored");
    }
    const uint32_t representation =
        word(data, DCM_PixelRepresentation, "Pixel Representation", allocated == 1 ? 0 : -1);
    if (representation > 1) fail(DCM_MALFORMED, "Pixel Representation is neither 0 nor 1");
    layout.is_signed = representation;
}

}  // namespace

dcm_layout statedLayout(DcmItem &data, const DcmTagKey &tag, size_t limit) {
    dcm_layout found = {};
    found.rows = word(data, DCM_Rows, "Rows");
    found.columns = word(data, DCM_Columns, "Columns");
    found.samples = word(data, DCM_SamplesPerPixel, "Samples per Pixel", 1);
    found.bits_allocated = word(data, DCM_BitsAllocated, "Bits Allocated");
    found.frames = frameCount(data);
    if (found.rows == 0 || found.columns == 0 || found.samples == 0) {
        fail(DCM_MALFORMED, "an image without pixels");
    }
    found.is_floating_point = tag == DCM_FloatPixelData || tag == DCM_DoubleFloatPixelData;
    const uint32_t bits = found.bits_allocated;
    const bool isWhole = bits == 1 || bits == 8 || bits == 16 || bits == 32;
    const uint32_t floating = tag == DCM_FloatPixelData ? 32 : 64;
    if (found.is_floating_point ? bits != floating : !isWhole) {
        fail(DCM_UNSUPPORTED, std::to_string(bits) + " bits per value");
    }
    if (found.is_floating_point) {
        found.bits_stored = bits;
        found.is_signed = 1;
    } else {
        checkBits(data, found);
    }
    uint64_t total = bits;
    for (const uint64_t factor : {found.rows, found.columns, found.samples, found.frames}) {
        product(total, factor);
    }
    found.bytes = total / 8 + (total % 8 != 0);
    if (found.bytes > limit || found.bytes > 0xfffffffe) {
        fail(DCM_LIMIT, std::to_string(found.bytes) + " bytes of pixels, at most " +
                            std::to_string(limit) + " are read");
    }
    return found;
}

}  // namespace shim
