// SPDX-License-Identifier: Apache-2.0
// Cuts a volume along a plane of the screen. Pure functions.

import { PLANES, linearValue, spacing, transformed, turned } from "./geometry.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/**
 * What is on show in one plane: `w = w0 + slopeU * u + slopeV * v` in RAS mm. The viewer's own
 * planes have no slope.
 * @typedef {object} Cut
 * @property {PlaneName} plane
 * @property {number} w0
 * @property {number} slopeU
 * @property {number} slopeV
 */
/**
 * Points of a plane at `(u, v) = origin + column * (du, 0) + row * (0, dv)`.
 * @typedef {object} Lattice
 * @property {number} u @property {number} v @property {number} du @property {number} dv
 * @property {number} columns @property {number} rows
 */

/** A direction counts as along an axis when it strays less than this share of a voxel per voxel. */
const ALONG = 1e-4;

/**
 * The point of a cut above `(u, v)`, RAS mm.
 * @param {Cut} cut @param {number} u @param {number} v @returns {Vec3}
 */
export function cutPoint(cut, u, v) {
    const axes = PLANES[cut.plane];
    /** @type {Vec3} */
    const p = [0, 0, 0];
    p[axes.u] = u;
    p[axes.v] = v;
    p[axes.w] = cut.w0 + cut.slopeU * u + cut.slopeV * v;
    return p;
}

/**
 * The lattice on which to cut: the voxel centres themselves where the plane runs along the grid,
 * so that nothing is interpolated within the plane; otherwise half the finest spacing. A
 * voxel beyond the grid on every side, so that outlines close.
 * @param {Volume} volume @param {Cut} cut @returns {Lattice | null} `null` when they do not meet
 */
export function latticeOf(volume, cut) {
    const axes = PLANES[cut.plane];
    const corners = cornersOf(volume);
    const range = (/** @type {number} */ axis) => {
        const values = corners.map((p) => p[axis]);
        return [Math.min(...values), Math.max(...values)];
    };
    const [u0, u1] = range(axes.u);
    const [v0, v1] = range(axes.v);
    const [w0, w1] = range(axes.w);
    const heights = [[u0, v0], [u1, v0], [u0, v1], [u1, v1]]
        .map(([u, v]) => cutPoint(cut, u, v)[axes.w]);
    // A mask fades out over the voxel beyond its last.
    const margin = Math.max(...spacing(volume.affine));
    if (Math.max(...heights) < w0 - margin || Math.min(...heights) > w1 + margin) return null;

    const along = alongAxes(volume, cut);
    // Within half a voxel a mask's ramp has no bend, so its outline stays where it is.
    const finest = Math.min(...spacing(volume.affine)) / 2;
    const du = along ? along.du : finest;
    const dv = along ? along.dv : finest;
    const beyond = along ? 1 : 2;
    return {
        u: u0 - beyond * du, v: v0 - beyond * dv, du, dv,
        columns: Math.ceil((u1 - u0) / du - ALONG) + 1 + 2 * beyond,
        rows: Math.ceil((v1 - v0) / dv - ALONG) + 1 + 2 * beyond,
    };
}

/**
 * Centres of the eight corner voxels, RAS mm.
 * @param {Volume} volume
 */
function cornersOf(volume) {
    return [0, 1, 2, 3, 4, 5, 6, 7].map((n) => transformed(volume.affine, [
        (n & 1) * (volume.shape[0] - 1), ((n >> 1) & 1) * (volume.shape[1] - 1),
        (n >> 2) * (volume.shape[2] - 1),
    ]));
}

/**
 * The voxel's size along u and v when the cut lies along the grid.
 * @param {Volume} volume @param {Cut} cut @returns {{du: number, dv: number} | null}
 */
function alongAxes(volume, cut) {
    const axes = PLANES[cut.plane];
    const steps = [axes.u, axes.v].map((axis) => {
        const p = cutPoint({ ...cut, w0: 0 }, axis === axes.u ? 1 : 0, axis === axes.v ? 1 : 0);
        return turned(volume.inverse, p);
    });
    const sizes = steps.map((step) => {
        const largest = Math.max(...step.map(Math.abs));
        const others = step.map(Math.abs).filter((x) => x !== largest);
        return others.length === 2 && Math.max(...others) <= ALONG * largest ? 1 / largest : null;
    });
    return sizes[0] !== null && sizes[1] !== null ? { du: sizes[0], dv: sizes[1] } : null;
}

/**
 * Values of the volume on the lattice, row by row.
 * @param {Volume} volume @param {Cut} cut @param {Lattice} lattice
 * @param {number} outside what counts beyond the grid: 0 closes outlines, NaN leaves lines open
 * @param {Float32Array} [values] filled and returned; at least as many as the lattice has points
 */
export function sampled(volume, cut, lattice, outside, values = new Float32Array(lattice.columns * lattice.rows)) {
    const start = transformed(volume.inverse, cutPoint(cut, lattice.u, lattice.v)).map(snapped);
    const right = difference(volume, cut, lattice, lattice.du, 0).map(snapped);
    const up = difference(volume, cut, lattice, 0, lattice.dv).map(snapped);
    const whole = [...right, ...up].every(Number.isInteger);
    const through = start.filter((x) => !Number.isInteger(x)).length;
    if (whole && through <= 1) betweenSlices(volume, lattice, start, right, up, outside, values);
    else betweenVoxels(volume, lattice, start, right, up, outside, values);
    return values;
}

/**
 * @param {Volume} volume @param {Lattice} lattice @param {number[]} start @param {number[]} right
 * @param {number[]} up @param {number} outside @param {Float32Array} values filled
 */
function betweenVoxels(volume, { columns, rows }, start, right, up, outside, values) {
    const [rx, ry, rz] = right;
    let n = 0;
    for (let row = 0; row < rows; row += 1) {
        const x = start[0] + row * up[0], y = start[1] + row * up[1], z = start[2] + row * up[2];
        for (let column = 0; column < columns; column += 1) {
            values[n] = linearValue(
                volume, snapped(x + column * rx), snapped(y + column * ry), snapped(z + column * rz), outside);
            n += 1;
        }
    }
}

/**
 * The usual case, many times as fast: the lattice's points lie on voxel centres but for the way
 * through the slices, so a value is one voxel's, or lies between two.
 * @param {Volume} volume @param {Lattice} lattice @param {number[]} start @param {number[]} right
 * @param {number[]} up @param {number} outside @param {Float32Array} values filled
 */
function betweenSlices(volume, { columns, rows }, start, right, up, outside, values) {
    const { shape, voxels, slope, intercept } = volume;
    const strides = [1, shape[0], shape[0] * shape[1]];
    const axis = start.findIndex((x) => !Number.isInteger(x));
    const lower = start.map(Math.floor);
    const share = axis < 0 ? 0 : start[axis] - lower[axis];
    const [lowIn, highIn] = [0, 1].map((n) => axis < 0 || (lower[axis] + n >= 0 && lower[axis] + n < shape[axis]));
    values.fill(outside, 0, columns * rows);
    if (!lowIn && !(highIn && share > 0)) return;
    // Where one slice lies beyond the grid, its voxels count as what is outside.
    const beyond = (lowIn ? 0 : 1 - share) + (highIn ? 0 : share);
    const line = {
        low: lowIn ? 1 - share : 0, high: highIn ? share : 0, slope,
        constant: intercept * (1 - beyond) + (beyond > 0 ? outside * beyond : 0),
        stride: right[0] * strides[0] + right[1] * strides[1] + right[2] * strides[2],
        step: axis < 0 ? 0 : strides[axis],
    };
    for (let row = 0; row < rows; row += 1) {
        const at = lower.map((x, n) => x + row * up[n]);
        const [first, end] = columnsInside(at, right, axis, shape, columns);
        const from = at[0] * strides[0] + at[1] * strides[1] + at[2] * strides[2] + first * line.stride;
        fillLine(values.subarray(row * columns + first, row * columns + end), voxels, from, line);
    }
}

/**
 * Values along a line of voxels, of which `low` and `high` are the shares of the lower slice and of the upper one.
 * @param {Float32Array} values filled @param {Volume["voxels"]} voxels @param {number} from index of the first voxel
 * @param {{low: number, high: number, slope: number, constant: number, stride: number, step: number}} line `step`:
 *   from a voxel of the lower slice to that of the upper one
 */
function fillLine(values, voxels, from, { low, high, slope, constant, stride, step }) {
    const [a, b] = [slope * low, slope * high];
    let at = low === 0 ? from + step : from;
    if (low === 0 || high === 0) {
        for (let n = 0; n < values.length; n += 1, at += stride) values[n] = (a + b) * voxels[at] + constant;
    } else {
        for (let n = 0; n < values.length; n += 1, at += stride) values[n] = a * voxels[at] + b * voxels[at + step] + constant;
    }
}

/**
 * Which columns of a row lie inside the grid, but for the way through its slices.
 * @param {number[]} at voxel of the row's first column @param {number[]} right whole voxels from column to column
 * @param {number} axis through the slices; below 0: none @param {readonly number[]} shape @param {number} columns
 * @returns {[number, number]} the first and the one after the last
 */
function columnsInside(at, right, axis, shape, columns) {
    let [first, end] = [0, columns];
    for (let n = 0; n < 3; n += 1) {
        if (n === axis) continue;
        if (right[n] === 0) {
            if (at[n] < 0 || at[n] >= shape[n]) return [0, 0];
            continue;
        }
        const edges = [-at[n] / right[n], (shape[n] - 1 - at[n]) / right[n]];
        first = Math.max(first, Math.ceil(Math.min(...edges)));
        end = Math.min(end, Math.floor(Math.max(...edges)) + 1);
    }
    return [first, Math.max(first, end)];
}

/**
 * Voxel steps of one lattice step.
 * @param {Volume} volume @param {Cut} cut @param {Lattice} at @param {number} du @param {number} dv
 */
function difference(volume, cut, at, du, dv) {
    const a = transformed(volume.inverse, cutPoint(cut, at.u, at.v));
    const b = transformed(volume.inverse, cutPoint(cut, at.u + du, at.v + dv));
    return [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
}

/**
 * Rounding in the affine is not a way between voxels.
 * @param {number} x
 */
function snapped(x) {
    const nearest = Math.round(x);
    return Math.abs(x - nearest) < ALONG ? nearest : x;
}
