// SPDX-License-Identifier: Apache-2.0
// What the parts of the shim share.
#pragma once
#include "CDicomShim.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace shim {

struct Failure {
    dcm_status status;
    std::string text;
};

[[noreturn]] inline void fail(dcm_status status, const std::string &text) {
    throw Failure{status, text};
}

/// Runs the body of an exported function; no exception leaves it.
template <class Body>
dcm_status guarded(char *message, size_t size, Body body) noexcept {
    try {
        body();
        return DCM_OK;
    } catch (const Failure &f) {
        std::snprintf(message, size, "%s", f.text.c_str());
        return f.status;
    } catch (const std::bad_alloc &) {
        std::snprintf(message, size, "more memory than one file may use");
        return DCM_LIMIT;
    } catch (const std::exception &e) {
        std::snprintf(message, size, "%s", e.what());
        return DCM_INTERNAL;
    } catch (...) {
        std::snprintf(message, size, "unknown C++ exception");
        return DCM_INTERNAL;
    }
}

inline void check(const OFCondition &condition, dcm_status status) {
    if (condition.bad()) fail(status, condition.text());
}

/// Converts all text of the data set to UTF-8, item by item, never failing.
void convertText(DcmItem &item, const OFString &inheritedCharacterSet);

/// A 16-bit number of the data set; `fallback` when it is not there, a failure when that is below 0.
uint32_t word(DcmItem &data, const DcmTagKey &tag, const char *name, int fallback = -1);

/// What the header says about the pixels, which lie in element `tag`; checked, within `limit`.
dcm_layout statedLayout(DcmItem &data, const DcmTagKey &tag, size_t limit);

/// Decodes one JPEG 2000 or HTJ2K frame; integers of `bits_allocated`, colour interleaved.
void decodeJPEG2000(
    const std::vector<uint8_t> &codestream, const dcm_layout &layout, uint8_t *destination);

/// Decodes one RLE frame (PS3.5 Annex G) into interleaved little-endian values.
void decodeRLE(
    const std::vector<uint8_t> &frame, const dcm_layout &layout, uint8_t *destination);

}  // namespace shim

struct dcm_file {
    DcmFileFormat format;
    /// Size of the file in bytes: no value can be longer, unless the data set is deflated.
    uint64_t size = 0;
    dcm_identity identity = {};
    /// Transfer Syntax UID as the meta group has it, or as found out.
    std::string syntax;
    /// Why what follows the header could not be read; empty when all could.
    std::string damage;
    /// Where the value of Pixel Data begins and how long it is, when it is native, little endian
    /// and ends the file; else 0.
    uint64_t native_offset = 0;
    uint64_t native_length = 0;
};
