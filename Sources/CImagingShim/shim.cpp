// SPDX-License-Identifier: Apache-2.0
#include "CImagingShim.h"

#include "itk_prefix.h"

#include <itkVersion.h>

const char *img_itk_version(void) { return itk::Version::GetITKVersion(); }
