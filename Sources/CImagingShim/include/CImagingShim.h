// SPDX-License-Identifier: Apache-2.0
// A C face over ITK (registration), libpng and libjpeg (pictures) and zlib (gzip), and the one loop that needs
// instructions which not every x86-64 has.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define IMG_API __attribute__((visibility("default")))

typedef enum { IMG_OK = 0, IMG_REFUSED = 1, IMG_FAILED = 2 } img_status;

/// The ITK version linked, e.g. "5.2.1"; static storage.
IMG_API const char *img_itk_version(void);

/// A grid of floats in the patient, `i` fastest, millimetres; `direction` by rows, its columns are
/// the grid's axes.
typedef struct {
    size_t size[3];
    double spacing[3];
    double origin[3];
    double direction[9];
} img_grid;

/// How one resolution level is optimised. Lengths are millimetres.
typedef struct {
    int bins;
    int iterations;
    double first_step;
    double last_step;
    double relaxation;
    double centre[3];
    double rotation_radius;
} img_level;

/// What one level gave: `y = rotation * x + translation` (rotation by rows).
typedef struct {
    double rotation[9];
    double translation[3];
    double metric_start;
    double metric_end;
    int iterations;
    int converged;
} img_result;

/// Mattes mutual information of two volumes, optimised over rigid transforms from the identity by
/// regular-step gradient descent, on one thread.
///
/// `points` holds 3 * `point_count` coordinates (mm) in the fixed frame at which the images are
/// compared.
IMG_API img_status img_register(
    const img_grid *fixed_grid, const float *fixed, const img_grid *moving_grid,
    const float *moving, const double *points, size_t point_count, const img_level *level,
    img_result *result, char *message, size_t message_size);

/// Encodes 8-bit RGB rows as PNG. `*out` is freed with `img_free`.
IMG_API img_status img_png(
    const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t **out, size_t *out_size,
    char *message, size_t message_size);

/// Encodes 8-bit RGB rows as baseline JPEG without subsampling of colour; `quality` from 1 to 100.
/// `*out` is freed with `img_free`.
IMG_API img_status img_jpeg(
    const uint8_t *rgb, uint32_t width, uint32_t height, int quality, uint8_t **out,
    size_t *out_size, char *message, size_t message_size);

/// Compresses bytes as gzip without name and time, so that the same bytes give the same file.
IMG_API img_status img_gzip(
    const uint8_t *bytes, size_t size, uint8_t **out, size_t *out_size, char *message,
    size_t message_size);

/// Decompresses gzip; refuses more than `limit` bytes.
IMG_API img_status img_gunzip(
    const uint8_t *bytes, size_t size, size_t limit, uint8_t **out, size_t *out_size,
    char *message, size_t message_size);

IMG_API void img_free(uint8_t *bytes);

/// Adds to each of `count` values of `result` the sum over d of weights[|d|] * (first + second) at
/// d columns from it, |d| < `taps`; `second` may be null. The same bytes on every processor.
///
/// Rows begin `taps` - 1 columns before the result; they and `scratch` have room for
/// `count` + 2 * (`taps` - 1) + 16 values, of which those beyond the result's reach change nothing.
IMG_API void img_fold_rows(
    const float *first, const float *second, float *scratch, const float *weights, size_t taps,
    float *result, size_t count);

#ifdef __cplusplus
}
#endif
