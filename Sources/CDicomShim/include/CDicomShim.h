// SPDX-License-Identifier: Apache-2.0
// A C face over DCMTK and OpenJPEG: read DICOM into a normal form, decode pixels, start the worker
// that does both for untrusted files.
//
// The normal form is DICOM itself: Explicit VR little endian, defined lengths, UTF-8 text, first the
// elements of the meta group, then the data set. Swift reads nothing else.
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

/// Decoded pixels: `bytes` = rows x columns x frames x samples x bits_allocated / 8, rounded up.
typedef struct {
    uint32_t rows, columns, frames, samples;
    uint32_t bits_allocated;
    uint32_t bits_stored;
    uint32_t is_signed;
    uint32_t is_floating_point;
    uint64_t bytes;
} dcm_layout;

/// Which file was opened and in which state, taken before the first byte was read.
typedef struct {
    uint64_t device, inode, size;
    /// When content or facts last changed, in nanoseconds since 1970; programs cannot set it.
    uint64_t changed_ns;
} dcm_identity;

/// Loads codecs and the data dictionary, which the first file would wait for.
DCM_API void dcm_prepare(void);

/// Opens a DICOM file (Part 10, or a bare data set). Long values stay on disk until asked for.
/// Without `with_pixels` reading stops at Pixel Data.
DCM_API dcm_status dcm_open(
    const char *path, int with_pixels, dcm_file **out, char *message, size_t message_size);
DCM_API void dcm_close(dcm_file *file);

DCM_API dcm_identity dcm_file_identity(const dcm_file *file);

/// Returns the normal form without pixel data (7FE0,xxxx), at most `limit` bytes; the caller frees
/// it with dcm_free. Text that cannot be converted to UTF-8 keeps its ASCII; the rest is U+FFFD.
DCM_API dcm_status dcm_header(
    dcm_file *file, size_t limit, uint8_t **bytes, size_t *count, char *message,
    size_t message_size);

/// Checks what the file says about its pixels and returns how they come out decoded.
DCM_API dcm_status dcm_pixel_layout(
    dcm_file *file, size_t limit, dcm_layout *layout, char *message, size_t message_size);

/// Says where in the file native, little-endian, single-sample values lie, for a file opened without
/// pixels; DCM_UNSUPPORTED when they are coded otherwise or do not end the file.
DCM_API dcm_status dcm_native_place(
    dcm_file *file, size_t limit, dcm_layout *layout, uint64_t *offset, uint64_t *file_size,
    char *message, size_t message_size);

/// Decodes all frames into `destination`, which holds `layout.bytes` bytes: stored values, little
/// endian, frames one after the other, colour interleaved.
DCM_API dcm_status dcm_pixels(
    dcm_file *file, const dcm_layout *layout, uint8_t *destination, char *message,
    size_t message_size);

DCM_API void dcm_free(uint8_t *bytes);

/// Writes `folder`/DICOMDIR over all files below `folder`/DICOM, whatever their transfer syntax, with
/// `uid` as the file-set's own identifier. Returns the names, from `folder` and each with a newline,
/// of files that cannot be listed; the caller frees them with dcm_free.
DCM_API dcm_status dcm_directory(
    const char *folder, const char *uid, uint8_t **left_out, size_t *count, char *message,
    size_t message_size);

/// Converts text of a Specific Character Set to UTF-8, never failing for its content; the caller
/// frees it with dcm_free. `is_name`: the value is a Person Name, whose parts switch sets.
DCM_API dcm_status dcm_utf8(
    const char *character_set, const uint8_t *text, size_t text_count, int is_name,
    uint8_t **bytes, size_t *count);

/// Goes on with a checksum (CRC-32 of ISO 3309, as in ZIP) that begins with 0.
DCM_API uint32_t dcm_checksum(uint32_t sum, const uint8_t *bytes, size_t count);

// Deflated streams without a frame (RFC 1951), for archives.

typedef struct dcm_inflate dcm_inflate;
/// NULL when memory is short.
DCM_API dcm_inflate *dcm_inflate_open(void);
DCM_API void dcm_inflate_close(dcm_inflate *state);
/// Unpacks as far as input and room go. Returns 1 at the end of the stream, 0 before it, -1 for
/// bytes that are none.
DCM_API int dcm_inflate_step(
    dcm_inflate *state, const uint8_t *input, size_t count, size_t *consumed, uint8_t *output,
    size_t room, size_t *produced);
/// CRC-32 as in ZIP; `before` is that of the bytes before these, 0 at the start.
DCM_API uint32_t dcm_crc32(uint32_t before, const uint8_t *bytes, size_t count);

// The worker process. Functions return -1 on failure.

/// Creates anonymous shared memory of fixed size, pages allocated when written.
DCM_API int dcm_shared_create(size_t size);
/// Maps shared memory; NULL on failure.
DCM_API uint8_t *dcm_shared_map(int descriptor, size_t size, int writable);
DCM_API void dcm_shared_unmap(uint8_t *start, size_t size);
/// Gives the pages of the first `size` bytes back to the system.
DCM_API void dcm_shared_release(int descriptor, size_t size);

/// Asks for large pages for memory that is about to be written; the system may decline.
DCM_API void dcm_prefer_large_pages(void *start, size_t size);

/// Starts `program dicom-worker` with a socket as descriptors 0 and 1 and the shared memory as 3,
/// without any other descriptor or environment.
DCM_API int dcm_worker_start(
    const char *program, int shared_descriptor, int *process, int *socket_descriptor);
/// Waits for the process to end and returns the signal that ended it, or 0.
DCM_API int dcm_worker_reap(int process);

/// Sends all bytes; never raises SIGPIPE.
DCM_API int dcm_send(int socket_descriptor, const uint8_t *bytes, size_t count);
/// Receives `count` bytes before `milliseconds` are over (-1: waits for ever).
/// Returns 0, or -1 at the end of the stream, or -2 when the time is over.
DCM_API int dcm_receive(int socket_descriptor, uint8_t *bytes, size_t count, int milliseconds);

/// Limits this process: address space beyond what it has now, file size, open files, no core dump,
/// no new privileges.
DCM_API int dcm_limit_process(size_t address_space, size_t file_size);
/// Lets this process use so many more seconds of processor time.
DCM_API int dcm_limit_processor_time(unsigned seconds);

#ifdef __cplusplus
}
#endif

#include "CDicomNetwork.h"
