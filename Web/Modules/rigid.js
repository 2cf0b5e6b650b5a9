// SPDX-License-Identifier: Apache-2.0
// Turns and shifts in the patient, LPS mm, row-major 4 x 4. Pure.

/** @typedef {import("./geometry.js").Vec3} Vec3 */

export const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** @param {number[]} a @param {number[]} b @returns {number[]} first `b`, then `a` */
export function multiplied(a, b) {
    return Array.from({ length: 16 }, (_, n) => {
        const [row, column] = [Math.floor(n / 4), n % 4];
        return [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * row + k] * b[4 * k + column], 0);
    });
}

/**
 * A turn about a point by angles about the patient's x, y and z axes, in this order, then a shift.
 * @param {Vec3} degrees @param {Vec3} pivotMM @param {Vec3} shiftMM
 * @returns {number[]}
 */
export function turnAndShift(degrees, pivotMM, shiftMM) {
    const [a, b, c] = degrees.map((x) => x * Math.PI / 180);
    const x = [1, 0, 0, 0, 0, Math.cos(a), -Math.sin(a), 0, 0, Math.sin(a), Math.cos(a), 0, 0, 0, 0, 1];
    const y = [Math.cos(b), 0, Math.sin(b), 0, 0, 1, 0, 0, -Math.sin(b), 0, Math.cos(b), 0, 0, 0, 0, 1];
    const z = [Math.cos(c), -Math.sin(c), 0, 0, Math.sin(c), Math.cos(c), 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const shift = (/** @type {number[]} */ [u, v, w]) => [1, 0, 0, u, 0, 1, 0, v, 0, 0, 1, w, 0, 0, 0, 1];
    const turn = multiplied(z, multiplied(y, x));
    const about = multiplied(shift(pivotMM), multiplied(turn, shift(pivotMM.map((p) => -p))));
    return multiplied(shift(shiftMM), about);
}

/**
 * The motion back.
 * @param {number[]} m a turn and a shift @returns {number[]}
 */
export function undone(m) {
    const back = [m[0], m[4], m[8], m[1], m[5], m[9], m[2], m[6], m[10]];
    const t = [0, 1, 2].map((row) => -(back[3 * row] * m[3] + back[3 * row + 1] * m[7] + back[3 * row + 2] * m[11]));
    return [...back.slice(0, 3), t[0], ...back.slice(3, 6), t[1], ...back.slice(6, 9), t[2], 0, 0, 0, 1];
}
