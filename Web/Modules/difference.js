// SPDX-License-Identifier: Apache-2.0
// How much more one dose is than another, voxel by voxel. Pure.

import { linearValue, transformed } from "./geometry.js";

/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./scene.js").Layer} Layer */

/**
 * The second volume less the first, at the voxel centres of the second; the first is linear between its
 * own, and both are at their voxels where the grids are one.
 * @param {Volume} second @param {Volume} first on any grid
 * @returns {Volume} without a value (NaN) where the first has none
 */
export function difference(second, first) {
    const { shape, affine, inverse } = second;
    const voxels = new Float32Array(second.voxels.length);
    const isOneGrid = shape.every((n, axis) => n === first.shape[axis])
        && affine.every((x, n) => x === first.affine[n]);
    let n = 0;
    for (let k = 0; k < shape[2]; k += 1) {
        for (let j = 0; j < shape[1]; j += 1) {
            for (let i = 0; i < shape[0]; i += 1) {
                const other = isOneGrid
                    ? first.slope * first.voxels[n] + first.intercept
                    : valueAt(first, transformed(first.inverse, transformed(affine, [i, j, k])));
                voxels[n] = second.slope * second.voxels[n] + second.intercept - other;
                n += 1;
            }
        }
    }
    return { shape, affine, inverse, voxels, slope: 1, intercept: 0 };
}

/** Rounding of two headers is no way out of a grid: voxels. */
const EDGE = 1e-4;

/** @param {Volume} volume @param {import("./geometry.js").Vec3} at voxel index */
function valueAt(volume, at) {
    const inside = at.map((x, axis) => Math.min(volume.shape[axis] - 1, Math.max(0, x)));
    if (at.some((x, axis) => Math.abs(x - inside[axis]) > EDGE)) return NaN;
    return linearValue(volume, inside[0], inside[1], inside[2], NaN);
}

/**
 * The layer of a difference, windowed to the same below and above zero: to what 99 in 100 of the values
 * other than zero stay below, so that a few noisy voxels do not make all others faint.
 * @param {string} id @param {Layer} second @param {Layer} first @param {Volume} volume the difference
 * @returns {Layer}
 */
export function differenceLayer(id, second, first, volume) {
    const limit = commonLimit(volume.voxels);
    const high = limit > 0 && Number.isFinite(limit) ? limit : 1;
    return {
        id, role: "difference", label: `${second.label} less ${first.label}`,
        modality: second.modality, date: second.date, unit: second.unit, url: "",
        frameOfReferenceUID: second.frameOfReferenceUID, windowLow: -high, windowHigh: high, secondID: second.id,
    };
}

const BINS = 4096;
const SHARE = 0.99;

/**
 * The size that so many of the values other than zero do not exceed, to a bin of the greatest.
 * @param {ArrayLike<number>} values @returns {number}
 */
function commonLimit(values) {
    let greatest = 0;
    for (let n = 0; n < values.length; n += 1) if (Math.abs(values[n]) > greatest) greatest = Math.abs(values[n]);
    if (greatest === 0 || !Number.isFinite(greatest)) return greatest;
    const counts = new Uint32Array(BINS);
    let all = 0;
    for (let n = 0; n < values.length; n += 1) {
        const size = Math.abs(values[n]);
        if (!(size > 0)) continue;
        counts[Math.min(BINS - 1, Math.floor(size / greatest * BINS))] += 1;
        all += 1;
    }
    let [bin, below] = [-1, 0];
    while (below < SHARE * all) below += counts[bin += 1];
    return greatest * (bin + 1) / BINS;
}
