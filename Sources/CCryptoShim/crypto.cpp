// SPDX-License-Identifier: Apache-2.0

// SHA256_Init and its like count as deprecated since OpenSSL 3.0 and are there in 4.0 too. Unlike
// EVP they look nothing up and allocate nothing, so a hash cannot fail.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "CCryptoShim.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>

namespace {

struct Free {
    void operator()(EVP_PKEY *key) const noexcept { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX *context) const noexcept { EVP_MD_CTX_free(context); }
};
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
