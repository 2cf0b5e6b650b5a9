// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { presetOf, presetsOf, shiftedWindow, windowOf } from "../Modules/windows.js";

const ct = { role: "ct", windowLow: -100, windowHigh: 300 };
const dose = { role: "dose", windowLow: 20, windowHigh: 120 };

test("a window moves and widens by shares of its width, about its middle", () => {
    assert.deepEqual(shiftedWindow({ low: 0, high: 100 }, 0.5, 0), { low: -25, high: 125 });
    assert.deepEqual(shiftedWindow({ low: 0, high: 100 }, 0, -0.25), { low: -25, high: 75 });
});

test("a window that is narrowed to nothing still has a width", () => {
    const { low, high } = shiftedWindow({ low: 5, high: 6 }, -3, 0);
    assert.ok(high > low && Math.abs((low + high) / 2 - 5.5) < 1e-9);
});

test("a layer has the presets of its role, in HU or as the scene has it", () => {
    assert.deepEqual(presetsOf(ct).map((p) => p.id), ["abdomen", "liver", "lung", "bone"]);
    assert.deepEqual(windowOf(presetsOf(ct)[1], ct), { low: -45, high: 105 });
    assert.deepEqual(windowOf(presetsOf(dose)[0], dose), { low: 20, high: 120 });
});

test("a preset is known by its window", () => {
    assert.equal(presetOf({ layer: ct, low: -1350, high: 150 })?.id, "lung");
    assert.equal(presetOf({ layer: ct, low: -1350, high: 151 }), undefined);
    assert.equal(presetOf({ layer: dose, low: 20, high: 120 })?.id, "dose");
    // The window of another role's preset is none of this layer's.
    assert.equal(presetOf({ layer: dose, low: -45, high: 105 }), undefined);
});
