// SPDX-License-Identifier: Apache-2.0
// No C++ exception leaves a function of the shim.
#pragma once
#include <cstdio>
#include <exception>
#include <new>

#include "CImagingShim.h"

template <class Body>
img_status guarded(char *message, size_t size, Body body) noexcept {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        std::snprintf(message, size, "out of memory");
    } catch (const std::exception &e) {
        std::snprintf(message, size, "%s", e.what());
    } catch (...) {
        std::snprintf(message, size, "unknown C++ exception");
    }
    return IMG_FAILED;
}
