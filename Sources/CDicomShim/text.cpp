// SPDX-License-Identifier: Apache-2.0
// Character sets (PS3.5 §6.1) to UTF-8.
#include "internal.hpp"

#include <dcmtk/dcmdata/dcspchrs.h>

namespace shim {
namespace {

/// Replaces what is not ASCII, escape sequences included, by U+FFFD.
void repair(DcmElement &element) {
    OFString text;
    if (element.getOFStringArray(text).bad()) return;
    std::string repaired;
    for (const char c : text) {
        const bool isPlain = static_cast<unsigned char>(c) < 0x80 && c != 0x1b;
        repaired += isPlain ? std::string(1, c) : "\xef\xbf\xbd";
    }
    if (repaired != text.c_str()) (void)element.putString(repaired.c_str());
}

bool isText(DcmEVR vr) {
    switch (vr) {
    case EVR_LO: case EVR_LT: case EVR_PN: case EVR_SH: case EVR_ST: case EVR_UC: case EVR_UT:
        return true;
    default: return false;
    }
}

}  // namespace

void convertText(DcmItem &item, const OFString &inheritedCharacterSet) {
    OFString name = inheritedCharacterSet;
    const bool hasOwn = item.tagExistsWithValue(DCM_SpecificCharacterSet);
    if (hasOwn) (void)item.findAndGetOFStringArray(DCM_SpecificCharacterSet, name);
    DcmSpecificCharacterSet converter;
    const bool isKnown = converter.selectCharacterSet(name).good();
    DcmObject *at = nullptr;
    while ((at = item.nextInContainer(at)) != nullptr) {
        if (at->ident() == EVR_SQ) {
            auto *sequence = static_cast<DcmSequenceOfItems *>(at);
            for (unsigned long n = 0; n < sequence->card(); n++) {
                convertText(*sequence->getItem(n), name);
            }
        } else if (isText(at->ident())) {
            auto *element = static_cast<DcmElement *>(at);
            if (!isKnown || element->convertCharacterSet(converter).bad()) repair(*element);
        }
    }
    if (hasOwn) (void)item.putAndInsertString(DCM_SpecificCharacterSet, "ISO_IR 192");
}

}  // namespace shim
