// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { inverted, transformed } from "../Modules/geometry.js";
import {
    History, axesOf, emptyMask, encodedRuns, fill, paint, placed, tightBox, volumeML,
} from "../Modules/voi-mask.js";

// Columns to the patient's left, rows to the back, as a CT in RAS: 0.8 x 0.8 x 2.5 mm.
const affine = [-0.8, 0, 0, 40, 0, -0.8, 0, 30, 0, 0, 2.5, -100];
const grid = { shape: [100, 90, 40], affine, inverse: inverted(affine), voxels: new Int16Array(1), slope: 1, intercept: 0 };
const at = (i, j, k) => transformed(affine, [i, j, k]);
const none = () => ({ at: [], before: [] });

test("a dab has the area of its disc and the thickness of its slice, in every plane", () => {
    const spacing = [0.8, 0.8, 2.5];
    for (const plane of ["axial", "coronal", "sagittal"]) {
        const mask = emptyMask(grid);
        const point = at(50.3, 44.8, 20.4);
        const change = none();
        assert.ok(paint(mask, plane, point, point, 24, false, change));
        const { through } = axesOf(mask.volume, plane);
        const expected = Math.PI * 12 * 12 * spacing[through] / 1000;
        // Half a percent in the plane of fine pixels, three where one side of them is 2.5 mm.
        const share = Math.abs(volumeML(mask) / expected - 1);
        assert.ok(share < (plane === "axial" ? 0.005 : 0.03), `${plane}: ${share}`);
        const box = tightBox(mask);
        assert.equal(box.upper[through] - box.lower[through], 1);
        assert.equal(box.lower[through], Math.round([50.3, 44.8, 20.4][through]));
    }
});

test("a stroke is a capsule, however few points the pointer gives", () => {
    const mask = emptyMask(grid);
    paint(mask, "axial", at(30, 40, 20), at(70, 55, 20), 10, false, none());
    const length = Math.hypot(40 * 0.8, 15 * 0.8);
    const expected = (Math.PI * 25 + 10 * length) * 2.5 / 1000;
    assert.ok(Math.abs(volumeML(mask) / expected - 1) < 0.005);
    // Over the same place again nothing changes.
    assert.equal(paint(mask, "axial", at(30, 40, 20), at(70, 55, 20), 10, false, none()), false);
});

test("erasing takes away what painting put there, and nothing beside it", () => {
    const mask = emptyMask(grid);
    paint(mask, "axial", at(50, 45, 20), at(50, 45, 20), 30, false, none());
    const whole = volumeML(mask);
    paint(mask, "axial", at(50, 45, 21), at(50, 45, 21), 30, true, none());
    assert.equal(volumeML(mask), whole);
    paint(mask, "axial", at(50, 45, 20), at(50, 45, 20), 12, true, none());
    const ring = Math.PI * (15 * 15 - 6 * 6) * 2.5 / 1000;
    assert.ok(Math.abs(volumeML(mask) / ring - 1) < 0.01);
    paint(mask, "axial", at(50, 45, 20), at(50, 45, 20), 40, true, none());
    assert.equal(volumeML(mask), 0);
    assert.deepEqual(tightBox(mask), { lower: [0, 0, 0], upper: [0, 0, 0] });
});

test("outside the grid nothing is painted; at its edge what lies inside", () => {
    const mask = emptyMask(grid);
    assert.equal(paint(mask, "axial", at(50, 45, 41), at(50, 45, 41), 20, false, none()), false);
    assert.equal(paint(mask, "axial", at(-60, 45, 20), at(-60, 45, 20), 20, false, none()), false);
    paint(mask, "axial", at(-0.5, 45, 20), at(-0.5, 45, 20), 20, false, none());
    assert.ok(Math.abs(volumeML(mask) / (Math.PI * 100 * 2.5 / 2000) - 1) < 0.01);
});

test("undo and redo give back every voxel, stroke by stroke", () => {
    const mask = emptyMask(grid);
    const history = new History();
    const states = [mask.volume.voxels.slice()];
    for (let n = 0; n < 12; n += 1) {
        const change = none();
        paint(mask, n % 3 ? "axial" : "coronal", at(30 + 3 * n, 40, 20), at(40 + n, 50, 20), 9, n % 4 === 3, change);
        history.keep(change);
        states.push(mask.volume.voxels.slice());
    }
    for (let n = 11; n >= 0; n -= 1) {
        assert.ok(history.undo(mask));
        assert.deepEqual(mask.volume.voxels, states[n], `undo ${n}`);
    }
    assert.equal(history.undo(mask), false);
    for (let n = 1; n <= 12; n += 1) {
        assert.ok(history.redo(mask));
        assert.deepEqual(mask.volume.voxels, states[n], `redo ${n}`);
    }
    assert.equal(history.redo(mask), false);
    // Two changes of one voxel in one stroke come back to the first.
    const change = none();
    paint(mask, "axial", at(80, 80, 5), at(80, 80, 5), 6, false, change);
    paint(mask, "axial", at(81, 80, 5), at(81, 80, 5), 6, true, change);
    history.keep(change);
    history.undo(mask);
    assert.deepEqual(mask.volume.voxels, states[12]);
});

test("a drawn ring is filled to the disc; an open area is not", () => {
    const mask = emptyMask(grid);
    let last = at(50 + 15, 45, 20);
    for (let n = 1; n <= 40; n += 1) {
        const next = at(50 + 15 * Math.cos(n * Math.PI / 20), 45 + 15 * Math.sin(n * Math.PI / 20), 20);
        paint(mask, "axial", last, next, 3, false, none());
        last = next;
    }
    assert.equal(fill(mask, "axial", at(90, 45, 20), none()), "open");
    const change = none();
    assert.equal(fill(mask, "axial", at(50, 45, 20), change), "filled");
    // The ring's middle lies 12 mm from the centre, its outer border 13.5 mm.
    assert.ok(Math.abs(volumeML(mask) / (Math.PI * 13.5 * 13.5 * 2.5 / 1000) - 1) < 0.01);
    assert.equal(fill(mask, "axial", at(50, 45, 20), none()), "inside");
    assert.ok(change.at.length > 0);
});

test("what is sent is the tight box in runs, and reads back as it was", () => {
    const mask = emptyMask(grid);
    paint(mask, "axial", at(50, 45, 20), at(60, 45, 20), 14, false, none());
    paint(mask, "axial", at(50, 45, 22), at(50, 45, 22), 8, false, none());
    const bytes = encodedRuns(mask);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    assert.equal(String.fromCharCode(...bytes.subarray(0, 8)), "GREVYVM1");
    const bounds = Array.from({ length: 6 }, (_, n) => view.getInt32(8 + 4 * n, true));
    const [lower, upper] = [bounds.slice(0, 3), bounds.slice(3)];
    assert.deepEqual({ lower, upper }, tightBox(mask));
    const values = [];
    for (let n = 32; n < bytes.length; n += 5) {
        for (let c = view.getUint32(n + 1, true); c > 0; c -= 1) values.push(bytes[n]);
    }
    const sides = lower.map((low, axis) => upper[axis] - low);
    assert.equal(values.length, sides[0] * sides[1] * sides[2]);
    const part = {
        shape: sides, voxels: Uint8Array.from(values), slope: 1, intercept: 0, inverse: [],
        affine: affine.map((x, n) => (n % 4 === 3 ? at(...lower)[(n - 3) / 4] : x)),
    };
    assert.deepEqual(placed(grid, part).volume.voxels, mask.volume.voxels);
    assert.deepEqual([...encodedRuns(emptyMask(grid)).subarray(8)], new Array(24).fill(0));
});

test("a mask of another grid is not placed", () => {
    const part = { shape: [2, 2, 2], voxels: new Uint8Array(8), slope: 1, intercept: 0, inverse: [], affine };
    assert.throws(() => placed(grid, { ...part, affine: affine.map((x, n) => (n === 3 ? x + 0.3 : x)) }), RangeError);
    assert.throws(() => placed(grid, { ...part, shape: [101, 2, 2] }), RangeError);
});
