// SPDX-License-Identifier: Apache-2.0
// A C face over libcurl: one HTTP request or one mail at a time on a line, which keeps its connections
// for the next. Times out, stops and counts as it is told; what is asked and what an answer means
// is decided in Swift.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define TRA_API __attribute__((visibility("default")))

typedef struct tra_line tra_line;

typedef enum {
    TRA_OK = 0,
    TRA_INVALID = 1,
    TRA_NO_HOST = 2,
    TRA_NO_CONNECTION = 3,
    TRA_UNTRUSTED = 4,
    TRA_SLOW = 5,
    TRA_LARGE = 6,
    TRA_FILE = 7,
    TRA_REDIRECTED = 8,
    TRA_LOGIN = 9,
    TRA_MAIL_REFUSED = 10,
    TRA_BROKEN = 11,
    TRA_STOPPED = 12,
    TRA_INTERNAL = 99
} tra_status;

typedef enum {
    TRA_URL,
    TRA_METHOD,
    /// "Name: value", or "Name;" for an empty value; each adds one.
    TRA_HEADER,
    /// A PEM file that replaces the system's authorities.
    TRA_AUTHORITIES,
    /// SHA-256 of the server's certificate, 64 lower-case hexadecimal digits: this certificate and no
    /// other, whoever signed it and whatever name it has.
    TRA_FINGERPRINT,
    /// A file to create for the body of an answer with a status from 200 to 299.
    TRA_DESTINATION,
    TRA_USER,
    TRA_PASSWORD,
    TRA_SENDER,
    /// Each adds one.
    TRA_RECIPIENT
} tra_text_field;

typedef enum {
    TRA_CONNECT_SECONDS,
    /// Longest time without a byte in either direction.
    TRA_STALL_SECONDS,
    /// 0 is no limit.
    TRA_TOTAL_SECONDS,
    TRA_MOST_BYTES,
    TRA_MOST_REDIRECTS,
    /// 1 when connections may be without TLS.
    TRA_PLAIN
} tra_number_field;

typedef struct {
    uint64_t sent, received;
} tra_progress;

/// Splits an address as libcurl reads it; TRA_INVALID when it is none or has a user name in it.
/// `scheme` takes 16 bytes, `host` 256, without brackets.
TRA_API tra_status tra_address(const char *url, char *scheme, char *host, uint32_t *port);

/// NULL when memory is short.
TRA_API tra_line *tra_line_open(void);
TRA_API void tra_line_close(tra_line *line);

/// Forgets the request and its answer; the connections stay.
TRA_API void tra_clear(tra_line *line);
TRA_API tra_status tra_text(tra_line *line, tra_text_field field, const char *value);
TRA_API void tra_number(tra_line *line, tra_number_field field, uint64_t value);
/// The body is these pieces, one after the other. Bytes are copied; a file is read while it is sent.
TRA_API tra_status tra_add_bytes(tra_line *line, const uint8_t *bytes, size_t count);
TRA_API tra_status tra_add_file(tra_line *line, const char *path, char *message, size_t size);

TRA_API tra_status tra_begin(tra_line *line, char *message, size_t size);
/// Works until something happened, a second passed, or `tra_wake`. Returns 1 while it goes on.
TRA_API int tra_step(tra_line *line, tra_progress *progress);
/// Ends a step at once; from any thread while the line is open.
TRA_API void tra_wake(tra_line *line);
/// Ends the transfer (TRA_STOPPED when it went on). A destination that is not whole is removed.
/// `code`: the status of the HTTP answer, or the mail server's last reply.
TRA_API tra_status tra_end(tra_line *line, uint32_t *code, char *message, size_t size);

/// The header lines of the answer, and its body when it has no file; valid until the line is cleared
/// or closed.
TRA_API const char *tra_headers(const tra_line *line);
TRA_API const uint8_t *tra_body(const tra_line *line, size_t *count);

#undef TRA_API
#ifdef __cplusplus
}
#endif
