// SPDX-License-Identifier: Apache-2.0
// A C face over ITK.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define IMG_API __attribute__((visibility("default")))

/// The ITK version linked, e.g. "5.2.1"; static storage.
IMG_API const char *img_itk_version(void);

#ifdef __cplusplus
}
#endif
