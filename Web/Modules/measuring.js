// SPDX-License-Identifier: Apache-2.0
// What a sphere holds of every layer, in words: mean, greatest value and peak. Pure.

import { spokenPosition } from "./geometry.js";
import { withSign, writtenMean } from "./numbers.js";
import { sphereStatistics } from "./sphere.js";

/** @typedef {{name: string, unit: string, voxels: string, mean: string, max: string, peak: string}} MeasuredRow */

/**
 * @param {{layer: import("./scene.js").Layer, volume: import("./geometry.js").Volume, preview: boolean}[]} layers
 *   a preview has no values
 * @param {import("./geometry.js").Vec3} centre RAS mm @param {number} diameterMM
 * @returns {{title: string, rows: MeasuredRow[]}}
 */
export function measuredSphere(layers, centre, diameterMM) {
    const rows = layers.filter(({ preview }) => !preview).flatMap(({ layer, volume }) => {
        const found = sphereStatistics(volume, centre, diameterMM);
        const row = (/** @type {string} */ unit, /** @type {number} */ factor) => {
            const value = (/** @type {"mean" | "max" | "peak"} */ what) => {
                const written = found ? writtenMean(found[what] * factor, unit) : "none";
                return layer.role === "difference" ? withSign(written) : written;
            };
            return {
                name: layer.label, unit, voxels: String(found?.voxels ?? 0),
                mean: value("mean"), max: value("max"), peak: value("peak"),
            };
        };
        return [row(layer.unit, 1), ...(layer.suvPerUnit ? [row("SUV", layer.suvPerUnit)] : [])];
    });
    return { title: `Sphere of ${diameterMM} mm at ${spokenPosition(centre)}`, rows };
}
