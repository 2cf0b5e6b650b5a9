// SPDX-License-Identifier: Apache-2.0
// The inner loop of sharing a voxel out over a turned grid: four parts at once, then four columns.
#include "CImagingShim.h"

#include <cmath>
#include <cstring>

// Never a product and a sum in one rounding: each amount is rounded alike on every processor.
#pragma clang fp contract(off)

#define INLINE static inline __attribute__((always_inline))

namespace {

constexpr size_t lanes = 4;
/// Parts that are cut before they are added: what is kept of them stays in the first cache.
constexpr size_t batch = 32;
/// One register of four doubles, or two of two: the compiler's choice by target.
typedef double Lanes __attribute__((vector_size(lanes * sizeof(double))));
typedef int64_t Mask __attribute__((vector_size(lanes * sizeof(int64_t))));

INLINE void load(Lanes &to, const double *from) { std::memcpy(&to, from, sizeof to); }
INLINE void store(double *to, const Lanes &from) { std::memcpy(to, &from, sizeof from); }
INLINE void keep(Lanes &values, const Mask &where) {
    const Mask kept = (Mask)values & where;
    std::memcpy(&values, &kept, sizeof values);
}

/// Which share of four intervals around `at` lies in each of `count` voxels from `first` on.
///
/// An interval overlaps one voxel or two: the lower gets `low`, the next 1 - `low`.
template <size_t count>
INLINE void weigh(const Lanes &at, double half, double first, Lanes (&weights)[count]) {
    // Added to a number far smaller, the whole number nearest to that.
    constexpr double rounding = 0x1.8p52;
    const Lanes start = at - half + 0.5;
    Lanes voxel = (start + rounding) - rounding;
    Lanes one = Lanes{} + 1;
    keep(one, voxel > start);
    voxel -= one;
    const Lanes boundary = voxel + 0.5;
    // 1 where the interval ends before the boundary, else what lies before it.
    Lanes low = (boundary - at + half) / (2 * half);
    Lanes whole = Lanes{} + 1;
    const Mask crosses = at + half > boundary;
    keep(low, crosses);
    keep(whole, ~crosses);
    low += whole;
    const Lanes high = 1 - low;
    const Lanes place = voxel - first;
    Mask before = {};
    for (size_t c = 0; c < count; c++) {
        const Mask here = place == double(c);
        Lanes own = low, other = high;
        keep(own, here);
        keep(other, before);
        weights[c] = own + other;
        before = here;
    }
}

/// Where the box of a voxel begins, and its strides.
struct Box {
    double first[3];
    double *sums;
    size_t columns, plane;
};

template <size_t rows, size_t slices>
INLINE void add(
    const img_parts &parts, double amount, const double *centre, const Box &box) {
    // By part, its weights of four columns; by row of the box, those of the parts times the amount.
    double across[batch * lanes], along[rows * slices][batch];
    for (size_t from = 0; from < parts.count; from += batch) {
        const size_t count = parts.count - from < batch ? parts.count - from : batch;
        for (size_t n = 0; n < count; n += lanes) {
            Lanes at, x[lanes], y[rows], z[slices];
            load(at, parts.x + from + n);
            weigh(centre[0] + at, parts.half[0], box.first[0], x);
            load(at, parts.y + from + n);
            weigh(centre[1] + at, parts.half[1], box.first[1], y);
            load(at, parts.z + from + n);
            weigh(centre[2] + at, parts.half[2], box.first[2], z);
            for (size_t c = 0; c < slices; c++) {
                const Lanes part = amount * z[c];
                for (size_t b = 0; b < rows; b++) store(along[rows * c + b] + n, part * y[b]);
            }
            for (size_t part = 0; part < lanes; part++)
                store(
                    across + lanes * (n + part),
                    Lanes{x[0][part], x[1][part], x[2][part], x[3][part]});
        }
        // A voxel of the target adds its parts in their order; 0 changes no sum.
        Lanes sums[rows * slices];
        for (size_t r = 0; r < rows * slices; r++)
            load(sums[r], box.sums + box.columns * (r % rows) + box.plane * (r / rows));
        for (size_t n = 0; n < count; n++) {
            Lanes weights;
            load(weights, across + lanes * n);
            for (size_t r = 0; r < rows * slices; r++) sums[r] += along[r][n] * weights;
        }
        for (size_t r = 0; r < rows * slices; r++)
            store(box.sums + box.columns * (r % rows) + box.plane * (r / rows), sums[r]);
    }
}

template <size_t rows>
INLINE void add(
    const img_parts &parts, double amount, const double *centre, const Box &box, size_t slices) {
    if (slices <= 2) {
        add<rows, 2>(parts, amount, centre, box);
    } else if (slices == 3) {
        add<rows, 3>(parts, amount, centre, box);
    } else {
        add<rows, 4>(parts, amount, centre, box);
    }
}

INLINE int share_voxel(
    const img_parts &parts, double amount, const double *centre, double *sums, size_t columns,
    size_t plane, ptrdiff_t first_slice) {
    // Wider than the parts, so that rounding puts none outside.
    constexpr double slack = 1e-6;
    Box box = {{}, sums, columns, plane};
    size_t counts[3];
    for (int a = 0; a < 3; a++) {
        box.first[a] = std::floor(centre[a] - parts.reach[a] - slack + 0.5);
        const double last = std::floor(centre[a] + parts.reach[a] + slack + 0.5);
        // Also refuses what is no number.
        const double least = a == 2 ? double(first_slice) : 0;
        if (!(box.first[a] >= least && last - box.first[a] < double(lanes)))
            return 0;
        counts[a] = size_t(last - box.first[a]) + 1;
    }
    box.sums += size_t(box.first[0]) + columns * size_t(box.first[1])
        + plane * size_t(box.first[2] - double(first_slice));
    if (counts[1] <= 2) {
        add<2>(parts, amount, centre, box, counts[2]);
    } else if (counts[1] == 3) {
        add<3>(parts, amount, centre, box, counts[2]);
    } else {
        add<4>(parts, amount, centre, box, counts[2]);
    }
    return 1;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) int share_voxel_avx2(
    const img_parts &parts, double amount, const double *centre, double *sums, size_t columns,
    size_t plane, ptrdiff_t first_slice) {
    return share_voxel(parts, amount, centre, sums, columns, plane, first_slice);
}

const bool has_avx2 = (__builtin_cpu_init(), __builtin_cpu_supports("avx2"));
#endif

}  // namespace

int img_share_voxel(
    const img_parts *parts, double amount, double x, double y, double z, double *sums,
    size_t columns, size_t plane, ptrdiff_t first_slice) {
    const double centre[3] = {x, y, z};
#ifdef __x86_64__
    if (has_avx2) return share_voxel_avx2(*parts, amount, centre, sums, columns, plane, first_slice);
#endif
    return share_voxel(*parts, amount, centre, sums, columns, plane, first_slice);
}
