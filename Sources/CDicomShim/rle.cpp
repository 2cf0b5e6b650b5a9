// SPDX-License-Identifier: Apache-2.0
// RLE Lossless (PS3.5 Annex G).
#include "internal.hpp"

namespace shim {
namespace {

constexpr size_t headerSize = 64;

uint32_t little(const std::vector<uint8_t> &bytes, size_t position) {
    uint32_t value = 0;
    for (size_t n = 0; n < 4; n++) value |= uint32_t(bytes[position + n]) << (8 * n);
    return value;
}

/// Expands one segment into every `step`-th byte of `destination`.
void expand(
    const std::vector<uint8_t> &bytes, size_t position, size_t end, size_t count, size_t step,
    uint8_t *destination) {
    size_t done = 0;
    while (done < count) {
        if (position >= end) fail(DCM_MALFORMED, "an RLE segment is too short");
        const uint8_t code = bytes[position++];
        if (code == 128) continue;
        const size_t wanted = code < 128 ? size_t(code) + 1 : 257 - size_t(code);
        // Runs may reach beyond the frame where a coder padded rows.
        const size_t taken = wanted < count - done ? wanted : count - done;
        if (code < 128) {
            if (wanted > end - position) fail(DCM_MALFORMED, "an RLE segment is cut off");
            for (size_t n = 0; n < taken; n++) destination[(done + n) * step] = bytes[position + n];
            position += wanted;
        } else {
            if (position >= end) fail(DCM_MALFORMED, "an RLE segment is cut off");
            for (size_t n = 0; n < taken; n++) destination[(done + n) * step] = bytes[position];
            position += 1;
        }
        done += taken;
    }
}

}  // namespace

void decodeRLE(
    const std::vector<uint8_t> &frame, const dcm_layout &layout, uint8_t *destination) {
    const size_t width = layout.bits_allocated / 8;
    const size_t segments = width * layout.samples;
    const size_t pixels = size_t(layout.rows) * layout.columns;
    if (frame.size() < headerSize || segments > 15 || little(frame, 0) != segments) {
        fail(DCM_MALFORMED, "an RLE frame has another number of segments than its bytes per pixel");
    }
    for (size_t segment = 0; segment < segments; segment++) {
        const size_t start = little(frame, 4 + 4 * segment);
        const size_t end =
            segment + 1 < segments ? little(frame, 8 + 4 * segment) : frame.size();
        if (start < headerSize || start > end || end > frame.size()) {
            fail(DCM_MALFORMED, "an RLE segment lies outside its frame");
        }
        // Segments hold the most significant byte of a sample first.
        const size_t sample = segment / width;
        const size_t byte = width - 1 - segment % width;
        expand(frame, start, end, pixels, segments, destination + sample * width + byte);
    }
}

}  // namespace shim
