// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { inverted, transformed } from "../Modules/geometry.js";
import { IDENTITY, multiplied, turnAndShift, undone } from "../Modules/rigid.js";
import { PEAK_DIAMETER_MM, sphereStatistics } from "../Modules/sphere.js";

const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
/** Turned by 0.3 about z, spacing 2, 3, 4 mm. */
const affine = [2 * c, -3 * s, 0, -40, 2 * s, 3 * c, 0, 25, 0, 0, 4, -60];
const shape = [41, 31, 25];

function volume(value, slope = 1, intercept = 0) {
    const voxels = new Float64Array(shape[0] * shape[1] * shape[2]);
    for (let n = 0; n < voxels.length; n += 1) {
        const p = [n % shape[0], Math.floor(n / shape[0]) % shape[1], Math.floor(n / shape[0] / shape[1])];
        voxels[n] = (value(transformed(affine, p), p) - intercept) / slope;
    }
    return { shape, affine, inverse: inverted(affine), voxels, slope, intercept };
}
const near = (a, b, off = 1e-9) => assert.ok(Math.abs(a - b) <= off, `${a}, not ${b}`);
const middle = transformed(affine, [20, 15, 12]);

test("a uniform image has one mean, maximum and peak, through slope and intercept", () => {
    const found = sphereStatistics(volume(() => 7.5, 0.25, -3), middle, 30);
    for (const value of [found.mean, found.max, found.peak]) near(value, 7.5);
    // 14.1 mL of voxels of 24 mm³.
    near(found.voxels * 24, Math.PI / 6 * 30 ** 3, 700);
});

test("a ramp's mean is its value at the middle, its maximum lies within the radius", () => {
    const found = sphereStatistics(volume((p) => 100 + 2 * p[0] - p[1] + 0.5 * p[2]), middle, 30);
    const at = 100 + 2 * middle[0] - middle[1] + 0.5 * middle[2];
    near(found.mean, at, 1e-6);
    const steepest = 15 * Math.hypot(2, 1, 0.5);
    assert.ok(found.max <= at + steepest && found.max > at + 0.85 * steepest, `${found.max - at} of ${steepest}`);
    // Round any voxel a ramp's mean is that voxel's value: the highest one gives the peak.
    near(found.peak, found.max, 1e-6);
});

test("the peak of one hot voxel is its share of a sphere of 1 mL", () => {
    const hot = volume((_, p) => (p.join() === "20,15,12" ? 1000 : 0));
    const found = sphereStatistics(hot, middle, 20);
    assert.equal(found.max, 1000);
    const millilitre = sphereStatistics(volume(() => 1), middle, PEAK_DIAMETER_MM).voxels;
    near(found.peak, 1000 / millilitre, 1e-9);
    near(PEAK_DIAMETER_MM, 12.407, 1e-3);
});

test("at the edge only voxels of the image count; beside it and between voxels there are none", () => {
    const found = sphereStatistics(volume(() => 3), transformed(affine, [0, 0, 0]), 20);
    near(found.mean, 3);
    assert.equal(sphereStatistics(volume(() => 3), [1000, 0, 0], 50), null);
    assert.equal(sphereStatistics(volume(() => 3), transformed(affine, [10.5, 10.5, 10.5]), 1), null);
});

test("a turn leaves its pivot where it is, a motion and its way back are nothing", () => {
    const turn = turnAndShift([0, 0, 90], [10, 20, 30], [1, 2, 3]);
    // The patient's left, 5 mm from the pivot, goes to the back.
    const moved = [0, 1, 2].map((r) => turn[4 * r] * 15 + turn[4 * r + 1] * 20 + turn[4 * r + 2] * 30 + turn[4 * r + 3]);
    [11, 27, 33].forEach((x, n) => near(moved[n], x));
    const any = turnAndShift([12, -7, 33], [4, 5, -6], [-70, 8, 9]);
    multiplied(any, undone(any)).forEach((x, n) => near(x, IDENTITY[n], 1e-12));
    // Angles about x, then y, then z: z · y · x.
    const apart = multiplied(turnAndShift([0, 0, 33], [0, 0, 0], [0, 0, 0]),
        multiplied(turnAndShift([0, -7, 0], [0, 0, 0], [0, 0, 0]), turnAndShift([12, 0, 0], [0, 0, 0], [0, 0, 0])));
    [0, 1, 2, 4, 5, 6, 8, 9, 10].forEach((n) => near(any[n], apart[n], 1e-12));
});
