// SPDX-License-Identifier: Apache-2.0
// Character sets (PS3.5 §6.1) to UTF-8.
#include "internal.hpp"

#include <dcmtk/dcmdata/dcspchrs.h>

#include <iconv.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace shim {
namespace {

/// Replaces what is not ASCII, escape sequences included, by U+FFFD.
std::string repaired(const std::string &text) {
    std::string plain;
    for (const char c : text) {
        const bool isPlain = static_cast<unsigned char>(c) < 0x80 && c != 0x1b;
        plain += isPlain ? std::string(1, c) : "\xef\xbf\xbd";
    }
    return plain;
}

/// Japanese with code extensions as EUC-JP, which has a place for each of its four sets.
///
/// The glibc converter that DCMTK asks for ISO 2022 IR 13, 87 and 159 does not exist. Returns
/// an empty string for any other escape sequence.
std::string japaneseAsEUC(const std::string &text) {
    struct Escape {
        const char *sequence;
        int bytesPerCharacter;
        const char *prefix;
    };
    // PS3.3 C.12.1.1.2: ASCII, ISO-IR 14 (taken for ASCII), 13, 87, 159.
    static const Escape escapes[] = {
        {"\x1b(B", 1, ""}, {"\x1b(J", 1, ""}, {"\x1b)I", 1, ""}, {"\x1b$B", 2, ""},
        {"\x1b$@", 2, ""}, {"\x1b$(D", 2, "\x8f"}};
    std::string euc;
    const Escape *active = &escapes[0];
    for (size_t n = 0; n < text.size();) {
        const unsigned char c = static_cast<unsigned char>(text[n]);
        if (c == 0x1b) {
            const Escape *found = nullptr;
            for (const Escape &escape : escapes) {
                const size_t length = std::strlen(escape.sequence);
                if (text.compare(n, length, escape.sequence) == 0) found = &escape;
            }
            if (found == nullptr) return "";
            active = found;
            n += std::strlen(found->sequence);
        } else if (active->bytesPerCharacter == 2 && c > 0x20 && c < 0x7f && n + 1 < text.size()) {
            euc += active->prefix;
            euc += static_cast<char>(c | 0x80);
            euc += static_cast<char>(text[n + 1] | 0x80);
            n += 2;
        } else if (c >= 0xa1 && c <= 0xdf) {
            // Half-width katakana of ISO-IR 13 lie in the upper half, whatever the lower one is.
            euc += '\x8e';
            euc += text[n++];
        } else {
            euc += text[n++];
        }
    }
    return euc;
}

/// Converts with the system's tables; empty when a character has no place.
std::string converted(const std::string &text, const char *from) {
    const iconv_t converter = iconv_open("UTF-8", from);
    if (converter == reinterpret_cast<iconv_t>(-1)) return "";
    std::string result(text.size() * 4 + 4, '\0');
    char *in = const_cast<char *>(text.data());
    char *out = result.data();
    size_t inLeft = text.size(), outLeft = result.size();
    const size_t status = iconv(converter, &in, &inLeft, &out, &outLeft);
    iconv_close(converter);
    if (status == static_cast<size_t>(-1)) return "";
    result.resize(result.size() - outLeft);
    return result;
}

bool isJapanese(const std::string &characterSets) {
    for (const char *name : {"IR 13", "IR 87", "IR 159", "IR_13"}) {
        if (characterSets.find(name) != std::string::npos) return true;
    }
    return false;
}

/// Converts a value that DCMTK cannot convert as far as possible.
void rescue(DcmElement &element, const std::string &characterSets) {
    OFString value;
    if (element.getOFStringArray(value).bad()) return;
    const std::string text(value.c_str(), value.length());
    std::string result;
    if (isJapanese(characterSets)) result = converted(japaneseAsEUC(text), "EUC-JP");
    if (result.empty()) result = repaired(text);
    if (result != text) (void)element.putString(result.c_str());
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
            if (!isKnown || element->convertCharacterSet(converter).bad()) {
                rescue(*element, name.c_str());
            }
        }
    }
    if (hasOwn) (void)item.putAndInsertString(DCM_SpecificCharacterSet, "ISO_IR 192");
}

}  // namespace shim

dcm_status dcm_utf8(
    const char *character_set, const uint8_t *text, size_t text_count, int is_name,
    uint8_t **bytes, size_t *count) {
    char message[64];
    return shim::guarded(message, sizeof message, [&] {
        DcmItem item;
        const DcmTagKey tag = is_name ? DCM_PatientName : DCM_TextValue;
        const std::string value(reinterpret_cast<const char *>(text), text_count);
        shim::check(item.putAndInsertString(DCM_SpecificCharacterSet, character_set), DCM_INTERNAL);
        shim::check(
            item.putAndInsertString(tag, value.c_str(), static_cast<Uint32>(value.size())),
            DCM_MALFORMED);
        shim::convertText(item, "");
        OFString converted;
        shim::check(item.findAndGetOFStringArray(tag, converted), DCM_MALFORMED);
        auto *copy = static_cast<uint8_t *>(std::malloc(converted.length() + 1));
        if (copy == nullptr) throw std::bad_alloc();
        std::memcpy(copy, converted.c_str(), converted.length());
        *bytes = copy;
        *count = converted.length();
    });
}
