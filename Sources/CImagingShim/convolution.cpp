// SPDX-License-Identifier: Apache-2.0
// The inner loop of a convolution: four columns at once, eight where the processor has AVX2, sixteen
// with AVX-512.
#include "CImagingShim.h"

#include <cstring>

// Never a product and a sum in one rounding: each column is rounded alike on every processor.
#pragma clang fp contract(off)

#define INLINE static inline __attribute__((always_inline))

namespace {

/// So many floats, in one register or several: the compiler's choice by target.
template <size_t lanes>
struct Registers {
    typedef float Lanes __attribute__((vector_size(lanes * sizeof(float))));
};

template <class Lanes>
INLINE void load(Lanes &to, const float *from) { std::memcpy(&to, from, sizeof to); }

template <class Lanes>
INLINE void add_pair(Lanes &sum, const float *low, const float *high, float weight) {
    Lanes a, b;
    load(a, low);
    load(b, high);
    sum += (a + b) * weight;
}

/// Adds `blocks` times `lanes` columns to the result, the last of them only in part.
template <size_t lanes, size_t blocks>
INLINE void fold(
    const float *row, const float *weights, size_t taps, float *result, size_t columns) {
    typedef typename Registers<lanes>::Lanes Lanes;
    Lanes sums[blocks];
    for (size_t n = 0; n < blocks; n++) {
        load(sums[n], row + lanes * n);
        sums[n] *= weights[0];
    }
    for (size_t d = 1; d < taps; d++)
        for (size_t n = 0; n < blocks; n++)
            add_pair(sums[n], row + lanes * n - d, row + lanes * n + d, weights[d]);
    if (columns < lanes * blocks) {
        for (size_t i = 0; i < columns; i++) result[i] += sums[0][i];
        return;
    }
    for (size_t n = 0; n < blocks; n++) {
        Lanes old;
        load(old, result + lanes * n);
        old += sums[n];
        std::memcpy(result + lanes * n, &old, sizeof old);
    }
}

template <size_t lanes>
INLINE void fold_rows(
    const float *first, const float *second, float *scratch, const float *weights, size_t taps,
    float *result, size_t count) {
    typedef typename Registers<lanes>::Lanes Lanes;
    const size_t reach = taps - 1;
    const float *row = first;
    if (second) {
        for (size_t n = 0; n < count + 2 * reach + lanes; n += lanes) {
            Lanes a, b;
            load(a, first + n);
            load(b, second + n);
            a += b;
            std::memcpy(scratch + n, &a, sizeof a);
        }
        row = scratch;
    }
    row += reach;
    size_t n = 0;
    // Four chains of sums beside each other: a sum waits for the one before it.
    for (; n + 4 * lanes <= count; n += 4 * lanes)
        fold<lanes, 4>(row + n, weights, taps, result + n, 4 * lanes);
    for (; n + lanes <= count; n += lanes)
        fold<lanes, 1>(row + n, weights, taps, result + n, lanes);
    if (n < count) fold<lanes, 1>(row + n, weights, taps, result + n, count - n);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) void fold_rows_avx2(
    const float *first, const float *second, float *scratch, const float *weights, size_t taps,
    float *result, size_t count) {
    fold_rows<8>(first, second, scratch, weights, taps, result, count);
}

// Without the second attribute the compiler would take two registers of eight.
__attribute__((target("avx512f,avx512vl"), min_vector_width(512))) void fold_rows_avx512(
    const float *first, const float *second, float *scratch, const float *weights, size_t taps,
    float *result, size_t count) {
    fold_rows<16>(first, second, scratch, weights, taps, result, count);
}

const bool has_avx2 = (__builtin_cpu_init(), __builtin_cpu_supports("avx2"));
const bool has_avx512 =
    __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
#endif

}  // namespace

void img_fold_rows(
    const float *first, const float *second, float *scratch, const float *weights, size_t taps,
    float *result, size_t count) {
#ifdef __x86_64__
    if (has_avx512) {
        fold_rows_avx512(first, second, scratch, weights, taps, result, count);
        return;
    }
    if (has_avx2) {
        fold_rows_avx2(first, second, scratch, weights, taps, result, count);
        return;
    }
#endif
    fold_rows<8>(first, second, scratch, weights, taps, result, count);
}
