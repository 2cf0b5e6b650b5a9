// SPDX-License-Identifier: Apache-2.0
// JPEG 2000 and HTJ2K code streams through OpenJPEG.
#include "internal.hpp"

#include <openjpeg.h>

#include <cstring>
#include <memory>

namespace shim {
namespace {

struct Source {
    const std::vector<uint8_t> &bytes;
    size_t position;
};

OPJ_SIZE_T readBytes(void *buffer, OPJ_SIZE_T count, void *user) {
    auto *source = static_cast<Source *>(user);
    const size_t left = source->bytes.size() - source->position;
    if (left == 0) return static_cast<OPJ_SIZE_T>(-1);
    const size_t taken = count < left ? count : left;
    std::memcpy(buffer, source->bytes.data() + source->position, taken);
    source->position += taken;
    return taken;
}

OPJ_OFF_T skipBytes(OPJ_OFF_T count, void *user) {
    auto *source = static_cast<Source *>(user);
    const auto left = static_cast<OPJ_OFF_T>(source->bytes.size() - source->position);
    if (count < 0 || left == 0) return -1;
    const OPJ_OFF_T taken = count < left ? count : left;
    source->position += static_cast<size_t>(taken);
    return taken;
}

OPJ_BOOL seekTo(OPJ_OFF_T position, void *user) {
    auto *source = static_cast<Source *>(user);
    if (position < 0 || static_cast<uint64_t>(position) > source->bytes.size()) return OPJ_FALSE;
    source->position = static_cast<size_t>(position);
    return OPJ_TRUE;
}

template <class Word>
void store(uint8_t *destination, size_t index, OPJ_INT32 value) {
    const Word word = static_cast<Word>(value);
    std::memcpy(destination + index * sizeof(Word), &word, sizeof(Word));
}

/// Writes one component with the signedness that the data set states.
template <class Word>
void storeComponent(
    const opj_image_comp_t &component, const dcm_layout &layout, size_t sample,
    uint8_t *destination) {
    const size_t pixels = size_t(layout.rows) * layout.columns;
    const bool extends = layout.is_signed && !component.sgnd && component.prec < 32;
    const unsigned shift = 32 - (component.prec < 32 ? component.prec : 32);
    for (size_t pixel = 0; pixel < pixels; pixel++) {
        OPJ_INT32 value = component.data[pixel];
        if (component.sgnd && !layout.is_signed && value < 0) {
            fail(DCM_MALFORMED, "negative values in an image that is said to be unsigned");
        }
        // The coder was told that the values are unsigned: their top bit is the sign.
        if (extends) {
            value = static_cast<OPJ_INT32>(static_cast<uint32_t>(value) << shift) >> shift;
        }
        store<Word>(destination, pixel * layout.samples + sample, value);
    }
}

void checkImage(const opj_image_t &image, const dcm_layout &layout) {
    if (image.numcomps != layout.samples) {
        fail(DCM_MALFORMED, "the code stream has " + std::to_string(image.numcomps) +
                                " components for " + std::to_string(layout.samples));
    }
    for (OPJ_UINT32 n = 0; n < image.numcomps; n++) {
        const opj_image_comp_t &component = image.comps[n];
        if (component.dx != 1 || component.dy != 1) {
            fail(DCM_UNSUPPORTED, "subsampled components in JPEG 2000");
        }
        if (component.w != layout.columns || component.h != layout.rows) {
            fail(DCM_MALFORMED, "the code stream has " + std::to_string(component.h) + " x " +
                                    std::to_string(component.w) + " pixels for " +
                                    std::to_string(layout.rows) + " x " +
                                    std::to_string(layout.columns));
        }
        if (component.prec > layout.bits_allocated) {
            fail(DCM_MALFORMED, "the code stream has values of " +
                                    std::to_string(component.prec) + " bits");
        }
    }
}

}  // namespace

void decodeJPEG2000(
    const std::vector<uint8_t> &codestream, const dcm_layout &layout, uint8_t *destination) {
    if (codestream.size() < 8) fail(DCM_MALFORMED, "a code stream is cut off");
    const bool isBare = codestream[0] == 0xff && codestream[1] == 0x4f;
    Source source{codestream, 0};
    std::unique_ptr<opj_stream_t, void (*)(opj_stream_t *)> stream(
        opj_stream_create(1 << 20, OPJ_TRUE), [](opj_stream_t *s) { opj_stream_destroy(s); });
    std::unique_ptr<opj_codec_t, void (*)(opj_codec_t *)> codec(
        opj_create_decompress(isBare ? OPJ_CODEC_J2K : OPJ_CODEC_JP2),
        [](opj_codec_t *c) { opj_destroy_codec(c); });
    if (stream == nullptr || codec == nullptr) throw std::bad_alloc();
    opj_stream_set_user_data(stream.get(), &source, nullptr);
    opj_stream_set_user_data_length(stream.get(), codestream.size());
    opj_stream_set_read_function(stream.get(), readBytes);
    opj_stream_set_skip_function(stream.get(), skipBytes);
    opj_stream_set_seek_function(stream.get(), seekTo);
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    // Palettes stay indices, as everywhere in DICOM.
    parameters.flags |= OPJ_DPARAMETERS_IGNORE_PCLR_CMAP_CDEF_FLAG;
    if (!opj_setup_decoder(codec.get(), &parameters)) fail(DCM_INTERNAL, "OpenJPEG set-up");

    opj_image_t *raw = nullptr;
    const bool hasHeader = opj_read_header(stream.get(), codec.get(), &raw);
    std::unique_ptr<opj_image_t, void (*)(opj_image_t *)> image(raw, opj_image_destroy);
    if (!hasHeader || image == nullptr) fail(DCM_MALFORMED, "the JPEG 2000 header is broken");
    checkImage(*image, layout);
    if (!opj_decode(codec.get(), stream.get(), image.get())) {
        fail(DCM_MALFORMED, "the JPEG 2000 code stream is broken or cut off");
    }
    checkImage(*image, layout);
    for (OPJ_UINT32 n = 0; n < image->numcomps; n++) {
        const opj_image_comp_t &component = image->comps[n];
        if (component.data == nullptr) fail(DCM_MALFORMED, "a component has no data");
        switch (layout.bits_allocated) {
        case 8: storeComponent<uint8_t>(component, layout, n, destination); break;
        case 16: storeComponent<uint16_t>(component, layout, n, destination); break;
        case 32: storeComponent<uint32_t>(component, layout, n, destination); break;
        default: fail(DCM_UNSUPPORTED, "bits per value in JPEG 2000");
        }
    }
}

}  // namespace shim
