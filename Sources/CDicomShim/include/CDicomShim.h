// SPDX-License-Identifier: Apache-2.0
// A C face over DCMTK and OpenJPEG: read DICOM into a normal form, decode pixels, write Part 10.
//
// The normal form is DICOM itself: Explicit VR little endian, defined lengths, UTF-8 text, first the
// elements of the meta group (if there are any), then the data set. Swift reads nothing else.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define DCM_API __attribute__((visibility("default")))

typedef struct dcm_file dcm_file;

typedef enum {
    DCM_OK = 0,
    DCM_NOT_DICOM = 1,
    DCM_IO = 2,
    DCM_MALFORMED = 3,
    DCM_UNSUPPORTED = 4,
    DCM_LIMIT = 5,
    DCM_INTERNAL = 99
} dcm_status;

/// Opens a DICOM file (Part 10, or a bare data set). Pixel data stays on disk until asked for.
DCM_API dcm_status dcm_open(
    const char *path, dcm_file **out, char *message, size_t message_size);
DCM_API void dcm_close(dcm_file *file);

/// Returns the normal form without pixel data (7FE0,xxxx). The caller frees it with dcm_free.
DCM_API dcm_status dcm_header(
    dcm_file *file, uint8_t **bytes, size_t *count, char *message, size_t message_size);

/// Returns the decoded stored values of all frames, little endian, as BitsAllocated says, frames
/// one after the other, colour interleaved. At most `limit` bytes; the caller frees them.
DCM_API dcm_status dcm_pixels(
    dcm_file *file, size_t limit, uint8_t **bytes, size_t *count, char *message,
    size_t message_size);

DCM_API void dcm_free(uint8_t *bytes);

#ifdef __cplusplus
}
#endif
