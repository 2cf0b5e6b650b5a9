// SPDX-License-Identifier: Apache-2.0
// Certificates and keys for TLS, by OpenSSL.
#include "network.hpp"

#include <cstring>

#include <openssl/err.h>
#include <openssl/x509.h>

using namespace shim;

namespace {

/// Peers are known by the fingerprint of their certificate, which the caller compares; nobody's
/// signature on it counts, and the handshake proves that the peer has its key.
int takeAny(int, X509_STORE_CTX *) { return 1; }

}  // namespace

dcm_status dcm_tls_open(
    const char *certificate, const char *key, dcm_tls **out, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        configureNetwork();
        auto tls = std::make_unique<dcm_tls>();
        tls->context = SSL_CTX_new(TLS_method());
        if (tls->context == nullptr) fail(DCM_INTERNAL, "TLS is not available");
        SSL_CTX *context = tls->context;
        // BCP 195 (PS3.15 §B.9): TLS 1.2 with forward secrecy and authenticated encryption, or 1.3.
        (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
        (void)SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
        (void)SSL_CTX_set_num_tickets(context, 0);
        (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_mode(
            context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, takeAny);
        ERR_clear_error();
        if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) {
            fail(DCM_IO, "the certificate cannot be read");
        }
        if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
            SSL_CTX_check_private_key(context) != 1) {
            fail(DCM_IO, "the key cannot be read or belongs to another certificate");
        }
        tls->fingerprint = fingerprint(SSL_CTX_get0_certificate(context));
        *out = tls.release();
    });
}

void dcm_tls_close(dcm_tls *tls) { delete tls; }

void dcm_tls_fingerprint(const dcm_tls *tls, char *text) {
    std::snprintf(text, 65, "%s", tls->fingerprint.c_str());
}
