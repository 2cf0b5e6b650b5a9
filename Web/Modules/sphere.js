// SPDX-License-Identifier: Apache-2.0
// Mean, greatest value and peak of a sphere, from the voxels as they lie in the file. Pure.

import { spacing, transformed } from "./geometry.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {{voxels: number, mean: number, max: number, peak: number}} SphereStatistics */

/** The sphere of one millilitre in which the peak is the mean: 12.4 mm across. */
export const PEAK_DIAMETER_MM = 2 * Math.cbrt(3 * 1000 / (4 * Math.PI));
export const MOST_DIAMETER_MM = 100;

/**
 * Calls for every voxel whose centre lies within a distance of a point.
 * @param {Volume} volume @param {Vec3} centre RAS mm @param {number} radiusMM
 * @param {(index: number, i: number, j: number, k: number) => void} act
 */
function eachWithin({ shape, affine, inverse }, centre, radiusMM, act) {
    const middle = transformed(inverse, centre);
    const steps = spacing(affine);
    const [low, high] = [-1, 1].map((sign) => middle.map((m, n) => (sign < 0
        ? Math.max(0, Math.ceil(m - radiusMM / steps[n])) : Math.min(shape[n] - 1, Math.floor(m + radiusMM / steps[n])))));
    // The axes are at right angles, so distances add up in voxels.
    const limit = radiusMM * radiusMM * (1 + 1e-9);
    for (let k = low[2]; k <= high[2]; k += 1) {
        const z = ((k - middle[2]) * steps[2]) ** 2;
        for (let j = low[1]; j <= high[1]; j += 1) {
            const yz = z + ((j - middle[1]) * steps[1]) ** 2;
            for (let i = low[0]; i <= high[0]; i += 1) {
                if (yz + ((i - middle[0]) * steps[0]) ** 2 <= limit) act(i + shape[0] * (j + shape[1] * k), i, j, k);
            }
        }
    }
}

/**
 * @param {Volume} volume @param {Vec3} centre RAS mm @param {number} diameterMM
 * @returns {SphereStatistics | null} `null` when no voxel's centre lies inside. The peak is the greatest
 *   mean of a sphere of 1 mL round any of the voxels inside
 */
export function sphereStatistics(volume, centre, diameterMM) {
    const { voxels, slope, intercept, affine } = volume;
    let [count, sum, max, peak] = [0, 0, -Infinity, -Infinity];
    eachWithin(volume, centre, diameterMM / 2, (index, i, j, k) => {
        const value = slope * voxels[index] + intercept;
        count += 1;
        sum += value;
        max = Math.max(max, value);
        let [inside, total] = [0, 0];
        eachWithin(volume, transformed(affine, [i, j, k]), PEAK_DIAMETER_MM / 2, (near) => {
            inside += 1;
            total += slope * voxels[near] + intercept;
        });
        peak = Math.max(peak, total / inside);
    });
    return count > 0 ? { voxels: count, mean: sum / count, max, peak } : null;
}
