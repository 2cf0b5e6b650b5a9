// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { difference, differenceLayer } from "../Modules/difference.js";
import { DoseDifference } from "../Modules/dose-difference.js";
import { inverted, transformed } from "../Modules/geometry.js";
import { LayerStack } from "../Modules/layer-stack.js";
import { readoutAt, writtenValue } from "../Modules/readout.js";
import { windowAboutZero } from "../Modules/windows.js";

/** A volume with a value of each place, kept by halves above an intercept as files keep them. */
function volume(shape, affine, value) {
    const voxels = new Float64Array(shape[0] * shape[1] * shape[2]);
    let n = 0;
    for (let k = 0; k < shape[2]; k += 1) {
        for (let j = 0; j < shape[1]; j += 1) {
            for (let i = 0; i < shape[0]; i += 1) voxels[n++] = (value(transformed(affine, [i, j, k])) - 7) / 0.5;
        }
    }
    return { shape, affine, inverse: inverted(affine), voxels, slope: 0.5, intercept: 7 };
}

const plain = [2, 0, 0, -10, 0, 2, 0, -10, 0, 0, 2, -10];
const [cos, sin] = [Math.cos(0.4), Math.sin(0.4)];
/** Turned about z, with voxels of 3 x 3 x 4 mm. */
const turned = [3 * cos, -3 * sin, 0, -12, 3 * sin, 3 * cos, 0, -16, 0, 0, 4, -11];

test("on one grid the difference is each voxel's own", () => {
    const first = volume([5, 4, 3], plain, ([x]) => x * x);
    const second = volume([5, 4, 3], plain, ([x, y]) => x * x + y);
    const made = difference(second, first);
    made.voxels.forEach((value, n) => assert.ok(Math.abs(value - (-10 + 2 * (Math.floor(n / 5) % 4))) < 1e-5));
});

test("on another grid, turned, the difference of linear fields is theirs at the second's voxel centres", () => {
    const first = volume([11, 11, 11], plain, ([x, y, z]) => 1 + 2 * x - y + 0.5 * z);
    const second = volume([6, 7, 5], turned, ([x, y, z]) => 20 - x + 3 * y + z);
    const made = difference(second, first);
    let [inside, outside] = [0, 0];
    let n = 0;
    for (let k = 0; k < 5; k += 1) {
        for (let j = 0; j < 7; j += 1) {
            for (let i = 0; i < 6; i += 1) {
                const [x, y, z] = transformed(turned, [i, j, k]);
                if ([x, y, z].every((c) => Math.abs(c) <= 10)) {
                    assert.ok(Math.abs(made.voxels[n] - (19 - 3 * x + 4 * y + 0.5 * z)) < 1e-4);
                    inside += 1;
                } else {
                    assert.ok(Number.isNaN(made.voxels[n]));
                    outside += 1;
                }
                n += 1;
            }
        }
    }
    assert.ok(inside > 20 && outside > 20, `${inside} inside, ${outside} outside`);
    assert.deepEqual([made.affine, made.shape], [turned, [6, 7, 5]]);
});

const dose = (id, role) => ({ id, role, label: id, modality: "RTDOSE", date: "2026-03-02", unit: "Gy", url: id,
    frameOfReferenceUID: "F", windowLow: 0, windowHigh: 100 });

test("the window of a difference lies about zero, and stays there", () => {
    const made = { voxels: Float32Array.of(-3, 12, NaN, -40) };
    const layer = differenceLayer("d", dose("B", "delivered"), dose("A", "dose"), made);
    assert.deepEqual([layer.windowLow, layer.windowHigh, layer.label, layer.role], [-40, 40, "B less A", "difference"]);
    const none = differenceLayer("d", dose("B", "delivered"), dose("A", "dose"), { voxels: Float32Array.of(0, NaN) });
    assert.deepEqual([none.windowLow, none.windowHigh], [-1, 1]);
    assert.deepEqual(windowAboutZero({ low: -40, high: 25 }, { low: -40, high: 40 }), { low: -25, high: 25 });
    assert.deepEqual(windowAboutZero({ low: -15, high: 40 }, { low: -40, high: 40 }), { low: -15, high: 15 });
});

/** A stack over a stage that only keeps its layers. */
function stackOf(...layers) {
    const stage = { shown: [], show(shown) { this.shown = shown; }, redraw() {} };
    const stack = new LayerStack(stage, { layers }, { labels() {}, controls() {} });
    return stack;
}
const arrived = (layer, value) => ({ layer, volume: volume([3, 3, 3], plain, () => value), moved: false, preview: false });

test("the difference is made of the scene's first second dose when it comes, else of any, with its sign", () => {
    const layers = [dose("ct", "ct"), dose("A", "dose"), dose("B", "delivered"), dose("C", "delivered")];
    const stack = stackOf(...layers);
    const made = new DoseDifference(stack);
    stack.begin(arrived(layers[0], 0));
    for (const n of [3, 1]) stack.add(arrived(layers[n], 10 * n));
    made.afterArrival(false);
    assert.equal(stack.all().length, 3);
    made.isWanted = true;
    made.afterArrival(false);
    assert.equal(stack.all().length, 3);
    stack.add(arrived(layers[2], 13.5));
    made.afterArrival(false);
    made.afterArrival(true);
    assert.deepEqual(stack.all().map((s) => s.layer.id), ["ct", "A", "B", "C", "B less A"]);
    const values = readoutAt("axial", [-8, -8, -8], stack.all(), []).layers.map(writtenValue);
    assert.deepEqual(values.slice(1), ["10", "13.5", "30", "+3.5"]);
    stack.select("C");
    const { layer } = made.make(true);
    assert.deepEqual([layer.id, layer.secondID, stack.found("B less A").layer.secondID], ["C less A", "C", "B"]);
    stack.setWindow("C less A", -5, 20);
    assert.deepEqual([stack.found("C less A").low, stack.found("C less A").high], [-5, 5]);
});

test("where only another second dose has come, it is compared", () => {
    const layers = [dose("ct", "ct"), dose("A", "dose"), dose("B", "delivered"), dose("C", "delivered")];
    const stack = stackOf(...layers);
    const made = new DoseDifference(stack);
    made.isWanted = true;
    stack.begin(arrived(layers[0], 0));
    stack.add(arrived(layers[1], 1));
    assert.equal(made.make(true), undefined);
    stack.add(arrived(layers[3], 1));
    made.afterArrival(true);
    assert.equal(stack.all().at(-1).layer.id, "C less A");
});
