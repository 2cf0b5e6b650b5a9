// SPDX-License-Identifier: Apache-2.0
// The face: a line, its request, its steps and its end.
#include "internal.hpp"

#include <openssl/x509_vfy.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

using namespace tra;

namespace {

constexpr int kStepMilliseconds = 1000;

bool append(List &list, const char *text) {
    curl_slist *longer = curl_slist_append(list.get(), text);
    if (longer == nullptr) return false;
    (void)list.release();
    list.reset(longer);
    return true;
}

void say(char *message, size_t size, const char *text) { std::snprintf(message, size, "%s", text); }

tra_status kind(const Transfer &transfer, long code) {
    if (transfer.reason != TRA_OK) return transfer.reason;
    if (transfer.result == CURLE_OK) return TRA_OK;
    if (transfer.result == CURLE_LOGIN_DENIED) return TRA_LOGIN;
    if (transfer.isMail() && code >= 400) return TRA_MAIL_REFUSED;
    switch (transfer.result) {
    case CURLE_URL_MALFORMAT: return TRA_INVALID;
    case CURLE_COULDNT_RESOLVE_HOST: return TRA_NO_HOST;
    case CURLE_COULDNT_CONNECT: return TRA_NO_CONNECTION;
    case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_CONNECT_ERROR: case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CACERT_BADFILE: case CURLE_SSL_CERTPROBLEM: case CURLE_SSL_CIPHER:
        return TRA_UNTRUSTED;
    case CURLE_OPERATION_TIMEDOUT: return TRA_SLOW;
    case CURLE_FILESIZE_EXCEEDED: return TRA_LARGE;
    case CURLE_TOO_MANY_REDIRECTS: case CURLE_UNSUPPORTED_PROTOCOL: return TRA_REDIRECTED;
    case CURLE_OUT_OF_MEMORY: return TRA_INTERNAL;
    default: return TRA_BROKEN;
    }
}

/// libcurl's own buffer of words may hold addresses; these words never do.
const char *explanation(const Transfer &transfer, CURL *easy) {
    if (transfer.reason == TRA_FILE) return std::strerror(transfer.fileError);
    if (transfer.otherCertificate) return "it is not the certificate with the agreed fingerprint";
    if (transfer.result == CURLE_PEER_FAILED_VERIFICATION) {
        // libcurl says "unspecified" until the chain has failed; a chain that holds leaves the name.
        long verified = X509_V_ERR_UNSPECIFIED;
        curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verified);
        return verified == X509_V_OK || verified == X509_V_ERR_UNSPECIFIED
            ? "the certificate is not for this name"
            : X509_verify_cert_error_string(verified);
    }
    return curl_easy_strerror(transfer.result);
}

}  // namespace

tra_status tra_address(const char *url, char *scheme, char *host, uint32_t *port) {
    return guarded([&] {
        std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
        if (!parsed) return TRA_INTERNAL;
        if (curl_url_set(parsed.get(), CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
            return TRA_INVALID;
        }
        const auto part = [&](CURLUPart which, unsigned int flags) {
            char *text = nullptr;
            (void)curl_url_get(parsed.get(), which, &text, flags);
            const std::string copy = text != nullptr ? text : "";
            curl_free(text);
            return copy;
        };
        if (!part(CURLUPART_USER, 0).empty() || !part(CURLUPART_PASSWORD, 0).empty()) {
            return TRA_INVALID;
        }
        const std::string theScheme = part(CURLUPART_SCHEME, 0);
        const std::string thePort = part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
        std::string name = part(CURLUPART_HOST, 0);
        if (name.size() > 2 && name.front() == '[') name = name.substr(1, name.size() - 2);
        if (theScheme.empty() || theScheme.size() > 15 || thePort.empty() || name.empty()
            || name.size() > 255) {
            return TRA_INVALID;
        }
        std::snprintf(scheme, 16, "%s", theScheme.c_str());
        std::snprintf(host, 256, "%s", name.c_str());
        *port = static_cast<uint32_t>(std::strtoul(thePort.c_str(), nullptr, 10));
        return TRA_OK;
    });
}

tra_line *tra_line_open(void) {
    static std::once_flag once;
    try {
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_ALL); });
        auto line = std::make_unique<tra_line>();
        line->multi.reset(curl_multi_init());
        return line->multi ? line.release() : nullptr;
    } catch (...) {
        return nullptr;
    }
}

void tra_line_close(tra_line *line) {
    tra_clear(line);
    delete line;
}

void tra_clear(tra_line *line) {
    if (line->easy) curl_multi_remove_handle(line->multi.get(), line->easy.get());
    line->easy.reset();
    try {
        line->transfer = std::make_unique<Transfer>();
    } catch (...) {
        line->transfer.reset();
    }
}

tra_status tra_text(tra_line *line, tra_text_field field, const char *value) {
    return guarded([&] {
        if (!line->transfer) return TRA_INTERNAL;
        Transfer &transfer = *line->transfer;
        switch (field) {
        case TRA_URL: transfer.url = value; break;
        case TRA_METHOD: transfer.method = value; break;
        case TRA_HEADER: return append(transfer.headers, value) ? TRA_OK : TRA_INTERNAL;
        case TRA_AUTHORITIES: transfer.authorities = value; break;
        case TRA_FINGERPRINT: transfer.fingerprint = value; break;
        case TRA_DESTINATION: transfer.destination = value; break;
        case TRA_USER: transfer.user = value; break;
        case TRA_PASSWORD: transfer.password = value; break;
        case TRA_SENDER: transfer.sender = value; break;
        case TRA_RECIPIENT: return append(transfer.recipients, value) ? TRA_OK : TRA_INTERNAL;
        }
        return TRA_OK;
    });
}

void tra_number(tra_line *line, tra_number_field field, uint64_t value) {
    if (!line->transfer) return;
    Transfer &transfer = *line->transfer;
    switch (field) {
    case TRA_CONNECT_SECONDS: transfer.connectSeconds = value; break;
    case TRA_STALL_SECONDS: transfer.stallSeconds = value; break;
    case TRA_TOTAL_SECONDS: transfer.totalSeconds = value; break;
    case TRA_MOST_BYTES: transfer.mostBytes = value; break;
    case TRA_MOST_REDIRECTS: transfer.mostRedirects = value; break;
    case TRA_PLAIN: transfer.plain = value != 0; break;
    }
}

tra_status tra_add_bytes(tra_line *line, const uint8_t *bytes, size_t count) {
    return guarded([&] {
        if (!line->transfer) return TRA_INTERNAL;
        Piece piece;
        if (count > 0) piece.bytes.assign(reinterpret_cast<const char *>(bytes), count);
        piece.size = count;
        line->transfer->pieces.push_back(std::move(piece));
        return TRA_OK;
    });
}

tra_status tra_add_file(tra_line *line, const char *path, char *message, size_t size) {
    return guarded([&] {
        if (!line->transfer) return TRA_INTERNAL;
        struct stat facts = {};
        if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) {
            say(message, size, errno != 0 ? std::strerror(errno) : "not a file");
            return TRA_FILE;
        }
        Piece piece;
        piece.path = path;
        piece.size = static_cast<uint64_t>(facts.st_size);
        line->transfer->pieces.push_back(std::move(piece));
        return TRA_OK;
    });
}

tra_status tra_begin(tra_line *line, char *message, size_t size) {
    return guarded([&] {
        line->easy.reset(curl_easy_init());
        if (!line->easy || !line->transfer) return TRA_INTERNAL;
        // The thread is the caller's own, for transfers alone; a peer that hangs up is an error.
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        const CURLcode taken = setOptions(line);
        if (taken != CURLE_OK) {
            say(message, size, curl_easy_strerror(taken));
            return TRA_INTERNAL;
        }
        const CURLMcode added = curl_multi_add_handle(line->multi.get(), line->easy.get());
        if (added == CURLM_OK) return TRA_OK;
        say(message, size, curl_multi_strerror(added));
        return TRA_INTERNAL;
    });
}

int tra_step(tra_line *line, tra_progress *progress) {
    Transfer &transfer = *line->transfer;
    int running = 0;
    CURLMcode status = curl_multi_perform(line->multi.get(), &running);
    if (status == CURLM_OK && running > 0) {
        status = curl_multi_poll(line->multi.get(), nullptr, 0, kStepMilliseconds, nullptr);
    }
    if (status != CURLM_OK) {
        transfer.reason = TRA_INTERNAL;
        transfer.done = true;
    }
    int left = 0;
    while (CURLMsg *news = curl_multi_info_read(line->multi.get(), &left)) {
        if (news->msg != CURLMSG_DONE) continue;
        transfer.result = news->data.result;
        transfer.done = true;
    }
    curl_off_t sent = 0;
    curl_easy_getinfo(line->easy.get(), CURLINFO_SIZE_UPLOAD_T, &sent);
    progress->sent = sent > 0 ? static_cast<uint64_t>(sent) : 0;
    progress->received = transfer.received;
    return transfer.done ? 0 : 1;
}

void tra_wake(tra_line *line) { curl_multi_wakeup(line->multi.get()); }

tra_status tra_end(tra_line *line, uint32_t *code, char *message, size_t size) {
    return guarded([&] {
        Transfer &transfer = *line->transfer;
        long response = 0;
        curl_easy_getinfo(line->easy.get(), CURLINFO_RESPONSE_CODE, &response);
        *code = response > 0 ? static_cast<uint32_t>(response) : 0;
        tra_status status = transfer.done ? kind(transfer, response) : TRA_STOPPED;
        if (status == TRA_OK && !transfer.destination.empty() && !transfer.made && response >= 200
            && response < 300) {
            // An empty body makes an empty file.
            transfer.target.open(
                transfer.destination.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
            if (transfer.target.number < 0) {
                (void)fail(transfer, TRA_FILE, errno);
                status = TRA_FILE;
            }
        }
        if (status != TRA_OK) {
            say(message, size, explanation(transfer, line->easy.get()));
            transfer.target.close();
            if (transfer.made) (void)unlink(transfer.destination.c_str());
        }
        transfer.target.close();
        curl_multi_remove_handle(line->multi.get(), line->easy.get());
        line->easy.reset();
        return status;
    });
}

const char *tra_headers(const tra_line *line) { return line->transfer->answerHeaders.c_str(); }

const uint8_t *tra_body(const tra_line *line, size_t *count) {
    *count = line->transfer->body.size();
    return reinterpret_cast<const uint8_t *>(line->transfer->body.data());
}
