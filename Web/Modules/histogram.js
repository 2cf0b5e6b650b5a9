// SPDX-License-Identifier: Apache-2.0
// How a structure's dose is spread over its volume, exactly: nothing is binned. The same rules as
// the server's DoseVolumeHistogram, so that both give the same Dx and Vx.

import { bedGy, fillDoses, meanGy } from "./samples.js";

/** @typedef {import("./samples.js").Structure} Structure */
/** @typedef {import("./samples.js").Samples} Samples */
/** @typedef {import("./samples.js").Limit} Limit */
/** @typedef {import("./samples.js").BEDModel} BEDModel */
/**
 * @typedef {object} Histogram
 * @property {Float32Array} dosesGy highest first
 * @property {Float64Array} shares summed shares of the voxels down to each dose
 * @property {number} meanGy
 * @property {number} volumeML
 */

/** A dose this close above its limit, relative, is at it: means are exact, samples are float32. */
const AT_LIMIT = { mean: 1e-12, hottestPercent: 1e-6 };
/** The most bits of a digit that is sorted by at once: its counts still lie near the processor. */
const DIGIT_BITS = 14;

/** Memory that is used again for every histogram: keys and weights, twice; where each digit begins. */
const scratch = {
    size: 0,
    keys: [new Uint32Array(0), new Uint32Array(0)],
    loads: [new Float32Array(0), new Float32Array(0)],
    starts: new Uint32Array(1 << DIGIT_BITS),
};

/** @param {number} size */
function reserve(size) {
    if (size <= scratch.size) return;
    scratch.size = size;
    scratch.keys = [new Uint32Array(size), new Uint32Array(size)];
    scratch.loads = [new Float32Array(size), new Float32Array(size)];
}

/**
 * @param {Structure} structure with samples
 * @param {ArrayLike<number>} activitiesGBq
 * @returns {Histogram}
 */
export function histogram(structure, activitiesGBq) {
    const { weights } = structure;
    if (!weights) throw new RangeError(`'${structure.name}' has a mean dose only.`);
    const count = weights.length;
    reserve(count);
    const dosesGy = new Float32Array(count);
    fillDoses(structure, activitiesGBq, dosesGy);
    const sorted = sortFalling(dosesGy, weights);
    const shares = new Float64Array(count);
    let total = 0;
    for (let n = 0; n < count; n += 1) {
        total += sorted[n];
        shares[n] = total;
    }
    return { dosesGy, shares, meanGy: meanGy(structure, activitiesGBq), volumeML: structure.volumeML };
}

/**
 * Sorts doses, highest first, in place, by digits of no more bits than their range has.
 * @param {Float32Array} doses @param {Float32Array} weights
 * @returns {Float32Array} the weights in that order, until the next call
 */
function sortFalling(doses, weights) {
    const count = doses.length;
    const bits = new Uint32Array(doses.buffer, doses.byteOffset, count);
    const keys = scratch.keys[0];
    let least = 0xffffffff, most = 0;
    for (let n = 0; n < count; n += 1) {
        const b = bits[n];
        // Floats as whole numbers that fall when the float rises.
        const key = (b & 0x80000000 ? b : ~(b | 0x80000000)) >>> 0;
        keys[n] = key;
        if (key < least) least = key;
        if (key > most) most = key;
    }
    scratch.loads[0].set(weights);
    const range = 32 - Math.clz32(most - least);
    const passes = Math.ceil(range / DIGIT_BITS);
    const digits = Math.ceil(range / Math.max(1, passes));
    for (let pass = 0; pass < passes; pass += 1) sortPass(pass & 1, count, least, pass * digits, (1 << digits) - 1);
    const sorted = scratch.keys[passes & 1];
    for (let n = 0; n < count; n += 1) {
        const k = sorted[n];
        bits[n] = k & 0x80000000 ? k : ~k & 0x7fffffff;
    }
    return scratch.loads[passes & 1];
}

/**
 * One pass of a radix sort, into the other half of the memory.
 * @param {number} from which half @param {number} count
 * @param {number} least key @param {number} shift bits of the digits before @param {number} mask of the digit
 */
function sortPass(from, count, least, shift, mask) {
    const { starts } = scratch;
    const keys = scratch.keys[from], loads = scratch.loads[from];
    const toKeys = scratch.keys[1 - from], toLoads = scratch.loads[1 - from];
    starts.fill(0, 0, mask + 1);
    for (let n = 0; n < count; n += 1) starts[((keys[n] - least) >>> shift) & mask] += 1;
    let at = 0;
    for (let digit = 0; digit <= mask; digit += 1) {
        const many = starts[digit];
        starts[digit] = at;
        at += many;
    }
    for (let n = 0; n < count; n += 1) {
        const key = keys[n];
        const digit = ((key - least) >>> shift) & mask;
        const to = starts[digit];
        starts[digit] = to + 1;
        toKeys[to] = key;
        toLoads[to] = loads[n];
    }
}

/**
 * Dx: the least dose of the hottest x percent, Gy.
 * @param {Histogram} h @param {number} percent
 */
export function doseAtPercent(h, percent) {
    if (!(percent >= 0 && percent <= 100)) throw new RangeError(`Not a percentage: ${percent}`);
    // Sums of shares round; a billionth of the volume is not a voxel.
    const wanted = percent / 100 * h.shares[h.shares.length - 1] * (1 - 1e-9);
    let low = 0, high = h.shares.length - 1;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (h.shares[middle] < wanted) low = middle + 1; else high = middle;
    }
    return h.dosesGy[low];
}

/**
 * Vx: the share of the volume with at least this dose, percent.
 * @param {Histogram} h @param {number} doseGy
 */
export function percentAtDose(h, doseGy) {
    let low = 0, high = h.dosesGy.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (h.dosesGy[middle] >= doseGy) low = middle + 1; else high = middle;
    }
    return low === 0 ? 0 : 100 * h.shares[low - 1] / h.shares[h.shares.length - 1];
}

/**
 * Volume-weighted mean of the voxels' BED, Gy.
 * @param {Histogram} h @param {BEDModel} model
 */
export function meanBED(h, model) {
    let sum = 0, before = 0;
    for (let n = 0; n < h.dosesGy.length; n += 1) {
        sum += (h.shares[n] - before) * bedGy(model, h.dosesGy[n]);
        before = h.shares[n];
    }
    return sum / before;
}

/**
 * BED at a point of the histogram, Gy: BED rises with dose.
 * @param {Histogram} h @param {BEDModel} model @param {number} percent
 */
export function bedAtPercent(h, model, percent) {
    return bedGy(model, doseAtPercent(h, percent));
}

/**
 * One limit held against a plan.
 * @typedef {object} Check
 * @property {Limit} limit @property {number} doseGy @property {number} marginGy
 * @property {boolean} exceeded
 * @property {number | null} maximumTotalGBq with this split; `null`: nothing limits it
 * @property {boolean} binding allows the least activity of all
 */
/**
 * Holds activities against every limit, by the server's rule: with the split fixed every dose is
 * proportional to the total, so a limit allows total * limit / dose; the least one binds.
 * @param {Samples} samples @param {ArrayLike<number>} activitiesGBq
 * @param {Map<string, Histogram>} histograms by structure
 * @returns {Check[]}
 */
export function checkedLimits(samples, activitiesGBq, histograms) {
    const total = Array.from(activitiesGBq).reduce((sum, a) => sum + a, 0);
    const found = samples.limits.map((limit) => {
        const structure = samples.structures.find((s) => s.name === limit.structure);
        if (!structure) throw new RangeError(`A limit names '${limit.structure}', which has no samples.`);
        const h = histograms.get(limit.structure);
        if (limit.measure !== "mean" && !h) throw new RangeError(`'${limit.structure}' has no histogram.`);
        const doseGy = limit.measure === "mean"
            ? meanGy(structure, activitiesGBq) : doseAtPercent(/** @type {Histogram} */ (h), limit.percent ?? 0);
        return { limit, doseGy, allowed: doseGy > 0 ? limit.limitGy / doseGy : null };
    });
    const least = Math.min(...found.map((f) => f.allowed ?? Infinity));
    const first = found.findIndex((f) => f.allowed === least);
    return found.map(({ limit, doseGy, allowed }, n) => ({
        limit, doseGy, marginGy: limit.limitGy - doseGy,
        exceeded: doseGy > limit.limitGy * (1 + AT_LIMIT[limit.measure]),
        maximumTotalGBq: allowed === null ? null : allowed * total, binding: n === first,
    }));
}

/**
 * Every histogram of a plan.
 * @param {Samples} samples @param {ArrayLike<number>} activitiesGBq @returns {Map<string, Histogram>}
 */
export function histograms(samples, activitiesGBq) {
    return new Map(samples.structures.filter((s) => s.weights)
        .map((s) => [s.name, histogram(s, activitiesGBq)]));
}
