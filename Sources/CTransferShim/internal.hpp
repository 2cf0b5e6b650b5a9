// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "CTransferShim.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

namespace tra {

// CURL and CURLM are both void.
struct FreeEasy {
    void operator()(CURL *easy) const noexcept { curl_easy_cleanup(easy); }
};
struct FreeMulti {
    void operator()(CURLM *multi) const noexcept { curl_multi_cleanup(multi); }
};
struct Free {
    void operator()(curl_slist *list) const noexcept { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, Free>;

class Descriptor {
public:
    Descriptor() = default;
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() { close(); }
    void open(const char *path, int flags) { close(); number = ::open(path, flags, 0600); }
    void close() {
        if (number >= 0) ::close(number);
        number = -1;
    }
    int number = -1;
};

/// A piece of the request's body: bytes, or a file when it has a path.
struct Piece {
    std::string bytes, path;
    uint64_t size = 0;
};

/// What is asked and what came back; a new transfer begins with a new one.
struct Transfer {
    std::string url, method, authorities, fingerprint, destination, user, password, sender;
    List headers, recipients;
    uint64_t connectSeconds = 10, stallSeconds = 60, totalSeconds = 0, mostBytes = 0;
    uint64_t mostRedirects = 0;
    bool plain = false;
    std::vector<Piece> pieces;

    size_t piece = 0;
    uint64_t offset = 0;
    Descriptor source, target;
    bool made = false, done = false, otherCertificate = false;
    CURLcode result = CURLE_OK;
    /// Why one of our own functions ended the transfer.
    tra_status reason = TRA_OK;
    int fileError = 0;
    uint64_t received = 0;
    std::string answerHeaders, body;

    uint64_t bodySize() const {
        uint64_t size = 0;
        for (const auto &each : pieces) size += each.size;
        return size;
    }
    bool isMail() const { return !sender.empty(); }
};

template <class Body> tra_status guarded(Body body) noexcept {
    try {
        return body();
    } catch (...) {
        return TRA_INTERNAL;
    }
}

}  // namespace tra

struct tra_line {
    std::unique_ptr<CURLM, tra::FreeMulti> multi;
    // Declared after `multi`: an easy handle goes before the multi handle that it was part of.
    std::unique_ptr<CURL, tra::FreeEasy> easy;
    std::unique_ptr<tra::Transfer> transfer = std::make_unique<tra::Transfer>();
};

namespace tra {

/// Notes why a function of ours ends the transfer; returns what libcurl takes for that when it reads.
size_t fail(Transfer &transfer, tra_status reason, int error);

/// Gives libcurl the line's request.
CURLcode setOptions(tra_line *line);

}  // namespace tra
