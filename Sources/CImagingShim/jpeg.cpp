// SPDX-License-Identifier: Apache-2.0
#include "CImagingShim.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include <jpeglib.h>

#include "guarded.h"

namespace {

/// What survives the jump out of libjpeg; only plain values are between there and here.
struct Encoding {
    jpeg_compress_struct info;
    jpeg_error_mgr errors;
    std::jmp_buf failed;
    char reason[JMSG_LENGTH_MAX];
    unsigned char *bytes;
    unsigned long size;
};

void fail(j_common_ptr info) {
    auto *encoding = static_cast<Encoding *>(info->client_data);
    info->err->format_message(info, encoding->reason);
    std::longjmp(encoding->failed, 1);
}

/// Whether the picture is encoded; no C++ object may live in this function.
bool encode(
    Encoding &encoding, const uint8_t *rgb, uint32_t width, uint32_t height, int quality) {
    if (setjmp(encoding.failed) != 0) return false;
    encoding.info.err = jpeg_std_error(&encoding.errors);
    encoding.errors.error_exit = fail;
    encoding.info.client_data = &encoding;
    jpeg_create_compress(&encoding.info);
    jpeg_mem_dest(&encoding.info, &encoding.bytes, &encoding.size);
    encoding.info.image_width = width;
    encoding.info.image_height = height;
    encoding.info.input_components = 3;
    encoding.info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoding.info);
    jpeg_set_quality(&encoding.info, quality, TRUE);
    // Every pixel of a picture that is looked at for its details keeps its own colour.
    encoding.info.comp_info[0].h_samp_factor = 1;
    encoding.info.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&encoding.info, TRUE);
    while (encoding.info.next_scanline < height) {
        JSAMPROW row =
            const_cast<JSAMPROW>(rgb + size_t(3) * width * encoding.info.next_scanline);
        jpeg_write_scanlines(&encoding.info, &row, 1);
    }
    jpeg_finish_compress(&encoding.info);
    return true;
}

}  // namespace

img_status img_jpeg(
    const uint8_t *rgb, uint32_t width, uint32_t height, int quality, uint8_t **out,
    size_t *out_size, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        Encoding encoding = {};
        const bool isDone = encode(encoding, rgb, width, height, quality);
        jpeg_destroy_compress(&encoding.info);
        uint8_t *copy = nullptr;
        if (isDone) copy = static_cast<uint8_t *>(std::malloc(encoding.size ? encoding.size : 1));
        if (copy != nullptr) std::memcpy(copy, encoding.bytes, encoding.size);
        std::free(encoding.bytes);
        if (!isDone) throw std::runtime_error(encoding.reason);
        if (copy == nullptr) throw std::bad_alloc();
        *out = copy;
        *out_size = encoding.size;
        return IMG_OK;
    });
}
