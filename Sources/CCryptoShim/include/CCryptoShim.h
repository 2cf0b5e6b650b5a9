// SPDX-License-Identifier: Apache-2.0
// The few functions of OpenSSL's libcrypto that Grevy uses. Lengths are in bytes.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define CRY_API __attribute__((visibility("default")))

typedef enum { CRY_OK = 0, CRY_FAILED = 1 } cry_status;

/// A SHA-256 under way: a plain value, copied as one; what it holds is libcrypto's.
typedef struct {
    uint64_t words[14];
} cry_sha256;

/// SHA-256 allocates nothing and cannot fail. `cry_sha256_digest` leaves the hash open for more.
CRY_API void cry_sha256_begin(cry_sha256 *hash);
CRY_API void cry_sha256_update(cry_sha256 *hash, const void *bytes, size_t count);
CRY_API void cry_sha256_digest(const cry_sha256 *hash, uint8_t digest[32]);

/// Whether two strings of the same length are equal, in a time that does not depend on them.
CRY_API int cry_equal(const void *a, const void *b, size_t count);

typedef enum { CRY_SHA1 = 0, CRY_SHA256 = 1 } cry_hash;

/// HMAC; `code` takes 20 bytes with SHA-1 and 32 with SHA-256.
CRY_API cry_status cry_hmac(
    cry_hash hash, const uint8_t *key, size_t key_count, const uint8_t *bytes, size_t count,
    uint8_t *code, char *message, size_t message_size);

/// scrypt of RFC 7914; refused when it would need more than `memory_limit` bytes.
CRY_API cry_status cry_scrypt(
    const uint8_t *password, size_t password_count, const uint8_t *salt, size_t salt_count,
    uint64_t n, uint64_t r, uint64_t p, uint64_t memory_limit, uint8_t *key, size_t key_count,
    char *message, size_t message_size);

/// Ed25519 of RFC 8032, with keys as their 32 bytes.
CRY_API cry_status cry_ed25519_public_key(
    const uint8_t private_key[32], uint8_t public_key[32], char *message, size_t message_size);
CRY_API cry_status cry_ed25519_sign(
    const uint8_t private_key[32], const uint8_t *bytes, size_t count, uint8_t signature[64],
    char *message, size_t message_size);
/// Sets `is_valid` to 1 when the signature holds, else to 0.
CRY_API cry_status cry_ed25519_verify(
    const uint8_t public_key[32], const uint8_t *bytes, size_t count, const uint8_t signature[64],
    int *is_valid, char *message, size_t message_size);

/// RSASSA-PKCS1-v1_5 of RFC 8017 with SHA-256; the public key as big-endian numbers.
CRY_API cry_status cry_rsa_verify(
    const uint8_t *modulus, size_t modulus_count, const uint8_t *exponent, size_t exponent_count,
    const uint8_t *bytes, size_t count, const uint8_t *signature, size_t signature_count,
    int *is_valid, char *message, size_t message_size);
/// ECDSA on P-256 with SHA-256; the public key as its point, the signature as r and s.
CRY_API cry_status cry_p256_verify(
    const uint8_t x[32], const uint8_t y[32], const uint8_t *bytes, size_t count,
    const uint8_t signature[64], int *is_valid, char *message, size_t message_size);

/// A certificate that signs itself, with a new key on P-256, both as PEM and ended by a zero.
/// `names` is a subject alternative name as OpenSSL writes it (`DNS:a,IP:127.0.0.1`); the first
/// second of validity is `start`, seconds since 1970.
CRY_API cry_status cry_self_signed_certificate(
    const char *common_name, const char *names, int64_t start, int days, char *certificate,
    size_t certificate_size, char *key, size_t key_size, char *message, size_t message_size);

#undef CRY_API
#ifdef __cplusplus
}
#endif
