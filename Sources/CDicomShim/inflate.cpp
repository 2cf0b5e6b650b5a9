// SPDX-License-Identifier: Apache-2.0
// Deflated streams without a frame (RFC 1951), piece by piece.
#include "CDicomShim.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

struct dcm_inflate {
    z_stream stream = {};
};

namespace {

/// Without zlib's or gzip's own frame.
constexpr int rawWindow = -15;

uInt bounded(size_t count) {
    return static_cast<uInt>(std::min<size_t>(count, std::numeric_limits<uInt>::max()));
}

}  // namespace

dcm_inflate *dcm_inflate_open(void) {
    auto *state = new (std::nothrow) dcm_inflate;
    if (state == nullptr) return nullptr;
    if (inflateInit2(&state->stream, rawWindow) != Z_OK) {
        delete state;
        return nullptr;
    }
    return state;
}

void dcm_inflate_close(dcm_inflate *state) {
    if (state == nullptr) return;
    inflateEnd(&state->stream);
    delete state;
}

int dcm_inflate_step(
    dcm_inflate *state, const uint8_t *input, size_t count, size_t *consumed, uint8_t *output,
    size_t room, size_t *produced) {
    const uInt given = bounded(count), space = bounded(room);
    state->stream.next_in = const_cast<Bytef *>(input);
    state->stream.avail_in = given;
    state->stream.next_out = output;
    state->stream.avail_out = space;
    const int status = inflate(&state->stream, Z_NO_FLUSH);
    *consumed = given - state->stream.avail_in;
    *produced = space - state->stream.avail_out;
    if (status == Z_STREAM_END) return 1;
    // Z_BUF_ERROR: nothing could be done this time; more input or more room is needed.
    return status == Z_OK || status == Z_BUF_ERROR ? 0 : -1;
}

uint32_t dcm_crc32(uint32_t before, const uint8_t *bytes, size_t count) {
    return static_cast<uint32_t>(crc32_z(before, bytes, count));
}

uint32_t dcm_checksum(uint32_t sum, const uint8_t *bytes, size_t count) {
    return static_cast<uint32_t>(crc32_z(sum, bytes, count));
}
