// SPDX-License-Identifier: Apache-2.0
// What lies under the cursor: every layer's value from its own voxels, and the structures. Pure.

import { nearestValue, spokenPosition, transformed } from "./geometry.js";
import { withSign, writtenNumber } from "./numbers.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./scene.js").Layer} Layer */
/** @typedef {{id: string, label: string, value: number | null, unit: string, note: string, suvPerUnit?: number, loading?: boolean, isDifference?: boolean}} LayerValue */
/** @typedef {{plane: string, positionMM: Vec3, position: string, layers: LayerValue[], structures: string[]}} Readout */

/** Coverage is 0 to 255; a point is inside where half of the voxel is. */
export const HALF_COVERAGE = 127.5;

/**
 * @param {string} plane @param {Vec3} mm RAS
 * @param {{layer: Layer, volume: Volume, preview?: boolean}[]} layers a preview has no value
 * @param {{name: string, volume: Volume}[]} structures
 * @returns {Readout}
 */
export function readoutAt(plane, mm, layers, structures) {
    return {
        plane, positionMM: mm, position: spokenPosition(mm),
        layers: layers.map(({ layer, volume, preview }) => ({
            id: layer.id, label: layer.label, unit: layer.unit, note: layer.note ?? "",
            ...(layer.role === "difference" ? { isDifference: true } : {}),
            ...(layer.suvPerUnit ? { suvPerUnit: layer.suvPerUnit } : {}),
            ...(preview ? { value: null, loading: true } : { value: nearestValue(volume, mm) }),
        })),
        structures: structures.filter(({ volume }) => (nearestValue(volume, mm) ?? 0) >= HALF_COVERAGE)
            .map(({ name }) => name),
    };
}

/**
 * A value as it is written.
 * @param {LayerValue} v
 */
export function writtenValue(v) {
    if (v.loading) return "loading";
    if (v.value === null) return "outside";
    const written = writtenNumber(v.value, v.unit);
    return v.isDifference ? withSign(written) : written;
}

/**
 * What follows a value: its unit, its SUV where the images allow one, what must be known of it.
 * @param {LayerValue} v
 */
export function afterValue(v) {
    const unit = v.value === null ? "" : ` ${v.unit}`;
    const suv = v.value !== null && v.suvPerUnit ? `, SUV ${writtenNumber(v.value * v.suvPerUnit, "SUV")}` : "";
    return unit + suv + (v.note ? ` (${v.note})` : "");
}

/**
 * One sentence per fact, for a screen reader.
 * @param {Readout} r
 */
export function spoken(r) {
    const values = r.layers.map((v) => (v.value === null
        ? `${v.label}: ${writtenValue(v)}.`
        : `${v.label}: ${writtenValue(v)}${afterValue(v)}.`));
    const inside = r.structures.length > 0 ? `Inside ${r.structures.join(", ")}.` : "Inside no structure.";
    return `${r.plane[0].toUpperCase()}${r.plane.slice(1)} plane, ${r.position}. ${values.join(" ")} ${inside}`;
}

/**
 * A point inside a mask: its centroid, or the covered voxel nearest to it, RAS mm.
 * @param {Volume} volume @returns {Vec3 | null} `null` for an empty mask
 */
export function middleOf(volume) {
    const [nx, ny] = volume.shape;
    const inside = [];
    const sum = [0, 0, 0];
    for (let n = 0; n < volume.voxels.length; n += 1) {
        if (volume.voxels[n] < HALF_COVERAGE) continue;
        const p = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
        inside.push(n);
        for (let axis = 0; axis < 3; axis += 1) sum[axis] += p[axis];
    }
    if (inside.length === 0) return null;
    const centre = sum.map((s) => s / inside.length);
    let best = Infinity;
    let at = [0, 0, 0];
    for (const n of inside) {
        const p = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
        const distance = (p[0] - centre[0]) ** 2 + (p[1] - centre[1]) ** 2 + (p[2] - centre[2]) ** 2;
        if (distance < best) {
            best = distance;
            at = p;
        }
    }
    return transformed(volume.affine, at);
}
