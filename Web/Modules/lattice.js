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
 */
export function sampled(volume, cut, lattice, outside) {
    const start = transformed(volume.inverse, cutPoint(cut, lattice.u, lattice.v)).map(snapped);
    const right = difference(volume, cut, lattice, lattice.du, 0).map(snapped);
    const up = difference(volume, cut, lattice, 0, lattice.dv).map(snapped);
    const whole = [...right, ...up].every(Number.isInteger);
    const through = start.filter((x) => !Number.isInteger(x)).length;
    if (whole && through <= 1) return betweenSlices(volume, lattice, start, right, up, outside);
    const values = new Float32Array(lattice.columns * lattice.rows);
    let n = 0;
    for (let row = 0; row < lattice.rows; row += 1) {
        for (let column = 0; column < lattice.columns; column += 1) {
            values[n] = linearValue(
                volume, snapped(start[0] + column * right[0] + row * up[0]),
                snapped(start[1] + column * right[1] + row * up[1]),
                snapped(start[2] + column * right[2] + row * up[2]), outside);
            n += 1;
        }
    }
    return values;
}

/**
 * The usual case, many times as fast: the lattice's points lie on voxel centres but for the way
 * through the slices, so a value is one voxel's, or lies between two.
 * @param {Volume} volume @param {Lattice} lattice @param {number[]} start @param {number[]} right
 * @param {number[]} up @param {number} outside
 */
function betweenSlices(volume, { columns, rows }, start, right, up, outside) {
    const { shape, voxels, slope, intercept } = volume;
    const strides = [1, shape[0], shape[0] * shape[1]];
    const axis = start.findIndex((x) => !Number.isInteger(x));
    const lower = start.map(Math.floor);
    const share = axis < 0 ? 0 : start[axis] - lower[axis];
    const values = new Float32Array(columns * rows);
    // Where one slice lies beyond the grid, its voxels count as what is outside.
    const below = axis < 0 || (lower[axis] >= 0 && lower[axis] < shape[axis]);
    const above = axis >= 0 && lower[axis] + 1 >= 0 && lower[axis] + 1 < shape[axis];
    const step = axis < 0 ? 0 : strides[axis];
    const [nx, ny, nz] = shape;
    const stride = right[0] * strides[0] + right[1] * strides[1] + right[2] * strides[2];
    let n = 0;
    for (let row = 0; row < rows; row += 1) {
        let [x, y, z] = [lower[0] + row * up[0], lower[1] + row * up[1], lower[2] + row * up[2]];
        let at = x * strides[0] + y * strides[1] + z * strides[2];
        for (let column = 0; column < columns; column += 1) {
            const inside = (axis === 0 || (x >= 0 && x < nx)) && (axis === 1 || (y >= 0 && y < ny))
                && (axis === 2 || (z >= 0 && z < nz));
            const first = inside && below ? slope * voxels[at] + intercept : outside;
            if (share === 0) {
                values[n] = first;
            } else {
                const second = inside && above ? slope * voxels[at + step] + intercept : outside;
                values[n] = (1 - share) * first + share * second;
            }
            n += 1;
            x += right[0];
            y += right[1];
            z += right[2];
            at += stride;
        }
    }
    return values;
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
