// SPDX-License-Identifier: Apache-2.0

// SHA256_Init and its like count as deprecated since OpenSSL 3.0 and are there in 4.0 too. Unlike
// EVP they look nothing up and allocate nothing, so a hash cannot fail.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "CCryptoShim.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>

namespace {

struct Free {
    void operator()(EVP_PKEY *key) const noexcept { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX *context) const noexcept { EVP_MD_CTX_free(context); }
    void operator()(X509 *certificate) const noexcept { X509_free(certificate); }
    void operator()(BIGNUM *number) const noexcept { BN_free(number); }
    void operator()(BIO *text) const noexcept { BIO_free(text); }
    void operator()(X509_EXTENSION *extension) const noexcept { X509_EXTENSION_free(extension); }
};
using Certificate = std::unique_ptr<X509, Free>;
using Number = std::unique_ptr<BIGNUM, Free>;
using Text = std::unique_ptr<BIO, Free>;
using Extension = std::unique_ptr<X509_EXTENSION, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

/// Writes what libcrypto gives as the reason, and empties its list of errors for the next call.
cry_status failed(char *message, size_t size) noexcept {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    std::snprintf(message, size, "%s", reason ? reason : "no reason given");
    ERR_clear_error();
    return CRY_FAILED;
}

static_assert(sizeof(SHA256_CTX) <= sizeof(cry_sha256), "a hash under way has its place");
static_assert(alignof(SHA256_CTX) <= alignof(cry_sha256), "and lies as libcrypto wants it");

SHA256_CTX loaded(const cry_sha256 *hash) noexcept {
    SHA256_CTX context;
    std::memcpy(&context, hash, sizeof context);
    return context;
}

constexpr int kSerialBits = 127;
constexpr long kVersion3 = 2;

bool add(X509 *certificate, int kind, const char *value) noexcept {
    Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Fills in everything but the signature.
bool describe(X509 *certificate, EVP_PKEY *key, const char *common_name, const char *names,
              int64_t start, int days) noexcept {
    Number serial(BN_new());
    X509_NAME *subject = X509_get_subject_name(certificate);
    const auto *name = reinterpret_cast<const unsigned char *>(common_name);
    const time_t first = static_cast<time_t>(start);
    return serial && BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) &&
           X509_set_version(certificate, kVersion3) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), first) &&
           ASN1_TIME_adj(X509_getm_notAfter(certificate), first, days, 0) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 &&
           X509_set_pubkey(certificate, key) == 1 &&
           add(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add(certificate, NID_key_usage, "critical,digitalSignature") &&
           add(certificate, NID_ext_key_usage, "serverAuth") &&
           add(certificate, NID_subject_alt_name, names);
}

/// Copies what was written into room that must hold it and a zero.
bool copy(BIO *text, char *out, size_t size) noexcept {
    char *bytes = nullptr;
    const long count = BIO_get_mem_data(text, &bytes);
    if (count <= 0 || static_cast<size_t>(count) >= size) return false;
    std::memcpy(out, bytes, static_cast<size_t>(count));
    out[count] = 0;
    return true;
}

}  // namespace

void cry_sha256_begin(cry_sha256 *hash) {
    SHA256_CTX context;
    SHA256_Init(&context);
    std::memset(hash, 0, sizeof *hash);
    std::memcpy(hash, &context, sizeof context);
}

void cry_sha256_update(cry_sha256 *hash, const void *bytes, size_t count) {
    SHA256_CTX context = loaded(hash);
    SHA256_Update(&context, bytes, count);
    std::memcpy(hash, &context, sizeof context);
}

void cry_sha256_digest(const cry_sha256 *hash, uint8_t digest[32]) {
    SHA256_CTX context = loaded(hash);
    SHA256_Final(digest, &context);
}

int cry_equal(const void *a, const void *b, size_t count) {
    return CRYPTO_memcmp(a, b, count) == 0;
}

cry_status cry_hmac(
    cry_hash hash, const uint8_t *key, size_t key_count, const uint8_t *bytes, size_t count,
    uint8_t *code, char *message, size_t message_size) {
    if (key_count > INT_MAX) {
        std::snprintf(message, message_size, "the key is too long");
        return CRY_FAILED;
    }
    const EVP_MD *digest = hash == CRY_SHA1 ? EVP_sha1() : EVP_sha256();
    if (!HMAC(digest, key, static_cast<int>(key_count), bytes, count, code, nullptr))
        return failed(message, message_size);
    return CRY_OK;
}

cry_status cry_scrypt(
    const uint8_t *password, size_t password_count, const uint8_t *salt, size_t salt_count,
    uint64_t n, uint64_t r, uint64_t p, uint64_t memory_limit, uint8_t *key, size_t key_count,
    char *message, size_t message_size) {
    if (EVP_PBE_scrypt(
            reinterpret_cast<const char *>(password), password_count, salt, salt_count, n, r, p,
            memory_limit, key, key_count) != 1)
        return failed(message, message_size);
    return CRY_OK;
}

cry_status cry_ed25519_public_key(
    const uint8_t private_key[32], uint8_t public_key[32], char *message, size_t message_size) {
    Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, private_key, 32));
    size_t count = 32;
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), public_key, &count) != 1)
        return failed(message, message_size);
    return CRY_OK;
}

cry_status cry_ed25519_sign(
    const uint8_t private_key[32], const uint8_t *bytes, size_t count, uint8_t signature[64],
    char *message, size_t message_size) {
    Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, private_key, 32));
    Context context(EVP_MD_CTX_new());
    size_t length = 64;
    if (!key || !context ||
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), signature, &length, bytes, count) != 1)
        return failed(message, message_size);
    return CRY_OK;
}

cry_status cry_ed25519_verify(
    const uint8_t public_key[32], const uint8_t *bytes, size_t count, const uint8_t signature[64],
    int *is_valid, char *message, size_t message_size) {
    *is_valid = 0;
    Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key, 32));
    Context context(EVP_MD_CTX_new());
    if (!key || !context ||
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1)
        return failed(message, message_size);
    // Anything but 1 is a signature that does not hold; a malformed one leaves an error behind.
    *is_valid = EVP_DigestVerify(context.get(), signature, 64, bytes, count) == 1;
    ERR_clear_error();
    return CRY_OK;
}

cry_status cry_self_signed_certificate(
    const char *common_name, const char *names, int64_t start, int days, char *certificate,
    size_t certificate_size, char *key, size_t key_size, char *message, size_t message_size) {
    Key pair(EVP_EC_gen("P-256"));
    Certificate made(X509_new());
    Text certificate_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_mem()));
    if (!pair || !made || !certificate_text || !key_text ||
        !describe(made.get(), pair.get(), common_name, names, start, days) ||
        X509_sign(made.get(), pair.get(), EVP_sha256()) == 0 ||
        PEM_write_bio_X509(certificate_text.get(), made.get()) != 1 ||
        PEM_write_bio_PrivateKey(
            key_text.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
        !copy(certificate_text.get(), certificate, certificate_size) ||
        !copy(key_text.get(), key, key_size))
        return failed(message, message_size);
    return CRY_OK;
}
