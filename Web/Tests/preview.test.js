// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, stepped } from "../Modules/origin.js";
import { words } from "../Modules/plan-panel.js";
import { figure, preview, typedActivity } from "../Modules/preview.js";
import { parsedSamples } from "../Modules/samples.js";
import { binary } from "./sample-bytes.js";

/** One structure of two voxels with a mean of its own, lungs without voxels, two limits. */
const samples = () => parsedSamples(binary(["right", "left"], [
    { name: "Normal Liver", role: "normal-liver", volumeML: 100, weights: [1, 1], gyPerGBq: [[10, 20], [0, 4]] },
    { name: "Lungs (shunt)", role: "lungs", volumeML: 0, meanGyPerGBq: [1, 1] },
], [
    { name: "Normal Liver", structure: "Normal Liver", measure: "mean", limitGy: 40, provenance: "test" },
    { name: "Lungs (shunt)", structure: "Lungs (shunt)", measure: "mean", limitGy: 30, provenance: "test" },
]));

test("a preview has the mean, D98, limits and total of the activities", () => {
    const found = preview(samples(), [2, 1]);
    assert.equal(found.totalGBq, 3);
    // 2 · 15 + 1 · 2; the colder voxel 2 · 10; lungs 2 + 1.
    assert.deepEqual(found.doses.map((d) => [d.meanGy, d.d98Gy, d.bedGy]), [[32, 20, null], [3, null, null]]);
    assert.deepEqual(found.checks.map((c) => [c.marginGy, c.exceeded, c.binding]), [[8, false, true], [27, false, false]]);
});

test("a dose at its limit but for rounding is kept, one above is not", () => {
    const check = (gbq) => preview(samples(), [gbq, 0]).checks[0].exceeded;
    assert.equal(check(40 / 15 * (1 + 1e-13)), false);
    assert.equal(check(40 / 15 * (1 + 1e-9)), true);
});

test("the words name what is exceeded, what binds and what the server will do", () => {
    assert.equal(words(preview(samples(), [2, 1])),
        "Preview, not saved: 3.000 GBq in all. All limits are kept. Normal Liver binds, with a margin of 8.00 Gy.");
    assert.equal(words(preview(samples(), [4, 0])),
        "Preview, not saved: 4.000 GBq in all. Exceeded: Normal Liver. Normal Liver binds, with a margin of −20.0 Gy. "
        + "Recalculating lowers all activities together to 2.667 GBq.");
});

test("doses read as the server writes them", () => {
    assert.deepEqual([9.994, 9.996, 0, -0.001, -3.256, 123.44, null, NaN].map(figure),
        ["9.99", "10.0", "0.00", "0.00", "−3.26", "123.4", "–", "–"]);
});

test("an untouched field means the plan's own activity, an empty one none", () => {
    assert.deepEqual(["2.574", " 2.574", "2.57", "", "0", "-1", "x"].map((t) => typedActivity(t, "2.574", 2.57432)),
        [2.57432, 2.57432, 2.57, null, null, null, null]);
});

test("arrow keys go from number to number and stop at the ends", () => {
    assert.deepEqual([stepped("ArrowDown", 0, 3), stepped("ArrowRight", 2, 3), stepped("ArrowUp", 0, 3),
        stepped("Home", 2, 3), stepped("End", 0, 3), stepped("a", 1, 3)], [1, 2, 0, 0, 2, null]);
});

test("a number has the facts of its kind, and those of no kind", () => {
    const [all, plan, earlier] = [{ dataset: {} }, { dataset: { of: "plan typed" } }, { dataset: { of: "earlier" } }];
    assert.deepEqual(factsOf("plan", [plan, earlier]), [plan]);
    assert.deepEqual(factsOf("earlier", [all, plan, earlier]), [all, earlier]);
    assert.deepEqual(factsOf("counted", [plan, earlier]), []);
});
