// SPDX-License-Identifier: Apache-2.0
// What libcurl is told of a request, and what it calls while the request runs.
#include "internal.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

using namespace tra;

size_t tra::fail(Transfer &transfer, tra_status reason, int error) {
    transfer.reason = reason;
    transfer.fileError = error;
    return CURL_READFUNC_ABORT;
}

namespace {

/// All header lines of an answer together, in bytes.
constexpr size_t kMostHeaderBytes = 64 << 10;
/// The body of an answer that is no success, when its destination is a file.
constexpr uint64_t kMostRefusalBytes = 1 << 20;
size_t readBody(char *buffer, size_t one, size_t count, void *context) {
    auto &transfer = *static_cast<Transfer *>(context);
    const size_t room = one * count;
    while (transfer.piece < transfer.pieces.size()) {
        const Piece &piece = transfer.pieces[transfer.piece];
        const auto some =
            static_cast<size_t>(std::min<uint64_t>(room, piece.size - transfer.offset));
        if (some == 0) {
            transfer.piece += 1;
            transfer.offset = 0;
            transfer.source.close();
            continue;
        }
        if (piece.path.empty()) {
            std::memcpy(buffer, piece.bytes.data() + transfer.offset, some);
            transfer.offset += some;
            return some;
        }
        if (transfer.source.number < 0) {
            transfer.source.open(piece.path.c_str(), O_RDONLY | O_CLOEXEC);
            if (transfer.source.number < 0) return fail(transfer, TRA_FILE, errno);
        }
        const ssize_t got = pread(
            transfer.source.number, buffer, some, static_cast<off_t>(transfer.offset));
        if (got < 0) return fail(transfer, TRA_FILE, errno);
        // Shorter than when its size was announced.
        if (got == 0) return fail(transfer, TRA_FILE, EIO);
        transfer.offset += static_cast<uint64_t>(got);
        return static_cast<size_t>(got);
    }
    return 0;
}

/// libcurl begins again on a new connection when a kept one turns out to be dead.
int rewindBody(void *context, curl_off_t offset, int origin) {
    if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    auto &transfer = *static_cast<Transfer *>(context);
    transfer.piece = 0;
    transfer.offset = 0;
    transfer.source.close();
    return CURL_SEEKFUNC_OK;
}

size_t takeHeader(char *text, size_t one, size_t count, void *context) {
    auto *line = static_cast<tra_line *>(context);
    Transfer &transfer = *line->transfer;
    const size_t size = one * count;
    try {
        // The first line of each answer; only the last answer's lines stay.
        if (size >= 5 && std::memcmp(text, "HTTP/", 5) == 0) transfer.answerHeaders.clear();
        if (transfer.answerHeaders.size() + size > kMostHeaderBytes) {
            transfer.reason = TRA_LARGE;
            return 0;
        }
        transfer.answerHeaders.append(text, size);
        return size;
    } catch (...) {
        transfer.reason = TRA_INTERNAL;
        return 0;
    }
}

bool writeWhole(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        const ssize_t some = write(descriptor, bytes, count);
        if (some < 0 && errno == EINTR) continue;
        if (some < 0) return false;
        bytes += some;
        count -= static_cast<size_t>(some);
    }
    return true;
}

size_t takeBody(char *bytes, size_t one, size_t count, void *context) {
    auto *line = static_cast<tra_line *>(context);
    Transfer &transfer = *line->transfer;
    const size_t size = one * count;
    long code = 0;
    curl_easy_getinfo(line->easy.get(), CURLINFO_RESPONSE_CODE, &code);
    const bool toFile = !transfer.destination.empty() && code >= 200 && code < 300;
    const uint64_t most = transfer.destination.empty() || toFile
        ? transfer.mostBytes
        : std::min(transfer.mostBytes, kMostRefusalBytes);
    if (size > most - std::min(most, transfer.received)) {
        transfer.reason = TRA_LARGE;
        return 0;
    }
    try {
        if (!toFile) {
            transfer.body.append(bytes, size);
        } else {
            if (!transfer.made) {
                transfer.target.open(
                    transfer.destination.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
                if (transfer.target.number < 0) {
                    (void)fail(transfer, TRA_FILE, errno);
                    return 0;
                }
                transfer.made = true;
            }
            if (!writeWhole(transfer.target.number, bytes, size)) {
                (void)fail(transfer, TRA_FILE, errno);
                return 0;
            }
        }
        transfer.received += size;
        return size;
    } catch (...) {
        transfer.reason = TRA_INTERNAL;
        return 0;
    }
}

int checkCertificate(X509_STORE_CTX *chain, void *context) {
    auto &transfer = *static_cast<Transfer *>(context);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int count = 0;
    char text[2 * EVP_MAX_MD_SIZE + 1] = "";
    const X509 *leaf = X509_STORE_CTX_get0_cert(chain);
    if (leaf != nullptr && X509_digest(leaf, EVP_sha256(), digest, &count) == 1) {
        for (unsigned int n = 0; n < count; n++) {
            std::snprintf(text + 2 * n, 3, "%02x", digest[n]);
        }
    }
    const bool isSame = transfer.fingerprint == text;
    transfer.otherCertificate = !isSame;
    X509_STORE_CTX_set_error(chain, isSame ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return isSame ? 1 : 0;
}

CURLcode prepareTLS(CURL *, void *tls, void *context) {
    SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX *>(tls), checkCertificate, context);
    return CURLE_OK;
}

/// Sets options one after the other and remembers whether all were taken.
struct Options {
    CURL *easy;
    CURLcode result = CURLE_OK;
    template <class Value> void set(CURLoption option, Value value) {
        if (result == CURLE_OK) result = curl_easy_setopt(easy, option, value);
    }
    void number(CURLoption option, uint64_t value) {
        set(option, static_cast<long>(std::min<uint64_t>(value, 1 << 30)));
    }
};

void setTrust(Options &options, Transfer &transfer) {
    options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    options.set(CURLOPT_SSL_VERIFYPEER, 1L);
    options.set(CURLOPT_SSL_VERIFYHOST, transfer.fingerprint.empty() ? 2L : 0L);
    if (!transfer.fingerprint.empty()) {
        options.set(CURLOPT_SSL_CTX_FUNCTION, prepareTLS);
        options.set(CURLOPT_SSL_CTX_DATA, static_cast<void *>(&transfer));
    } else if (!transfer.authorities.empty()) {
        options.set(CURLOPT_CAINFO, transfer.authorities.c_str());
        options.set(CURLOPT_CAPATH, static_cast<char *>(nullptr));
    }
}

void setCommon(Options &options, tra_line *line) {
    Transfer &transfer = *line->transfer;
    options.set(CURLOPT_URL, transfer.url.c_str());
    options.set(CURLOPT_NOSIGNAL, 1L);
    // A proxy named in the environment would see what was meant for one host.
    options.set(CURLOPT_PROXY, "");
    options.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    options.number(CURLOPT_CONNECTTIMEOUT, transfer.connectSeconds);
    options.number(CURLOPT_TIMEOUT, transfer.totalSeconds);
    options.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    options.number(CURLOPT_LOW_SPEED_TIME, transfer.stallSeconds);
    options.set(CURLOPT_WRITEFUNCTION, takeBody);
    options.set(CURLOPT_WRITEDATA, static_cast<void *>(line));
    options.set(CURLOPT_READFUNCTION, readBody);
    options.set(CURLOPT_READDATA, static_cast<void *>(&transfer));
    options.set(CURLOPT_SEEKFUNCTION, rewindBody);
    options.set(CURLOPT_SEEKDATA, static_cast<void *>(&transfer));
    setTrust(options, transfer);
}

void setWeb(Options &options, tra_line *line) {
    Transfer &transfer = *line->transfer;
    const char *protocols = transfer.plain ? "http,https" : "https";
    options.set(CURLOPT_PROTOCOLS_STR, protocols);
    options.set(CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    options.set(CURLOPT_FOLLOWLOCATION, transfer.mostRedirects > 0 ? 1L : 0L);
    options.number(CURLOPT_MAXREDIRS, transfer.mostRedirects);
    options.set(CURLOPT_HEADERFUNCTION, takeHeader);
    options.set(CURLOPT_HEADERDATA, static_cast<void *>(line));
    if (transfer.method == "HEAD") {
        options.set(CURLOPT_NOBODY, 1L);
    } else {
        if (!transfer.pieces.empty()) {
            options.set(CURLOPT_UPLOAD, 1L);
            options.set(
                CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(transfer.bodySize()));
        }
        if (transfer.method != "GET" || !transfer.pieces.empty()) {
            options.set(CURLOPT_CUSTOMREQUEST, transfer.method.c_str());
        }
    }
    options.set(CURLOPT_HTTPHEADER, transfer.headers.get());
}

void setMail(Options &options, Transfer &transfer) {
    options.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    options.set(
        CURLOPT_USE_SSL, static_cast<long>(transfer.plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    options.set(CURLOPT_MAIL_FROM, transfer.sender.c_str());
    options.set(CURLOPT_MAIL_RCPT, transfer.recipients.get());
    options.set(CURLOPT_UPLOAD, 1L);
    options.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(transfer.bodySize()));
    if (!transfer.user.empty()) {
        options.set(CURLOPT_USERNAME, transfer.user.c_str());
        options.set(CURLOPT_PASSWORD, transfer.password.c_str());
    }
}

}  // namespace

CURLcode tra::setOptions(tra_line *line) {
    Options options{line->easy.get()};
    setCommon(options, line);
    if (line->transfer->isMail()) setMail(options, *line->transfer);
    else setWeb(options, line);
    return options.result;
}
