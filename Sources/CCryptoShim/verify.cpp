// SPDX-License-Identifier: Apache-2.0
// Signatures of others, by keys that come as numbers.
#include "CCryptoShim.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

namespace {

struct Free {
    void operator()(EVP_PKEY *key) const noexcept { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX *context) const noexcept { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_MD_CTX *context) const noexcept { EVP_MD_CTX_free(context); }
    void operator()(BIGNUM *number) const noexcept { BN_free(number); }
    void operator()(OSSL_PARAM_BLD *list) const noexcept { OSSL_PARAM_BLD_free(list); }
    void operator()(OSSL_PARAM *list) const noexcept { OSSL_PARAM_free(list); }
    void operator()(ECDSA_SIG *signature) const noexcept { ECDSA_SIG_free(signature); }
    void operator()(unsigned char *bytes) const noexcept { OPENSSL_free(bytes); }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

cry_status failed(char *message, size_t size) noexcept {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    std::snprintf(message, size, "%s", reason ? reason : "no reason given");
    ERR_clear_error();
    return CRY_FAILED;
}

Owned<BIGNUM> number(const uint8_t *bytes, size_t count) noexcept {
    return Owned<BIGNUM>(
        count > INT_MAX ? nullptr : BN_bin2bn(bytes, static_cast<int>(count), nullptr));
}

Owned<EVP_PKEY> publicKey(const char *kind, OSSL_PARAM *parameters) noexcept {
    Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
    EVP_PKEY *key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return nullptr;
    return Owned<EVP_PKEY>(key);
}

cry_status verify(
    EVP_PKEY *key, const uint8_t *bytes, size_t count, const uint8_t *signature,
    size_t signature_count, int *is_valid, char *message, size_t message_size) noexcept {
    Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    if (!context ||
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1)
        return failed(message, message_size);
    *is_valid = EVP_DigestVerify(context.get(), signature, signature_count, bytes, count) == 1;
    ERR_clear_error();
    return CRY_OK;
}

}  // namespace

cry_status cry_rsa_verify(
    const uint8_t *modulus, size_t modulus_count, const uint8_t *exponent, size_t exponent_count,
    const uint8_t *bytes, size_t count, const uint8_t *signature, size_t signature_count,
    int *is_valid, char *message, size_t message_size) {
    *is_valid = 0;
    Owned<BIGNUM> n = number(modulus, modulus_count), e = number(exponent, exponent_count);
    Owned<OSSL_PARAM_BLD> list(OSSL_PARAM_BLD_new());
    if (!n || !e || !list ||
        OSSL_PARAM_BLD_push_BN(list.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(list.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return failed(message, message_size);
    Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(list.get()));
    Owned<EVP_PKEY> key = publicKey("RSA", parameters.get());
    if (!key) return failed(message, message_size);
    // PKCS #1 v1.5 is what OpenSSL takes for RSA unless told otherwise.
    return verify(
        key.get(), bytes, count, signature, signature_count, is_valid, message, message_size);
}

cry_status cry_p256_verify(
    const uint8_t x[32], const uint8_t y[32], const uint8_t *bytes, size_t count,
    const uint8_t signature[64], int *is_valid, char *message, size_t message_size) {
    *is_valid = 0;
    uint8_t point[65] = {POINT_CONVERSION_UNCOMPRESSED};
    std::memcpy(point + 1, x, 32);
    std::memcpy(point + 33, y, 32);
    char group[] = "P-256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end()};
    // Refuses a point that is not on the curve.
    Owned<EVP_PKEY> key = publicKey("EC", parameters);
    Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
    Owned<BIGNUM> r = number(signature, 32), s = number(signature + 32, 32);
    if (!key || !pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1)
        return failed(message, message_size);
    // They are the pair's now.
    (void)r.release();
    (void)s.release();
    unsigned char *der = nullptr;
    const int der_count = i2d_ECDSA_SIG(pair.get(), &der);
    Owned<unsigned char> owned(der);
    if (der_count <= 0) return failed(message, message_size);
    return verify(
        key.get(), bytes, count, der, static_cast<size_t>(der_count), is_valid, message,
        message_size);
}
