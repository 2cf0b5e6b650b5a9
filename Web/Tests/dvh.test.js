// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { curvePoints, roundStep } from "../Modules/dvh.js";

test("an axis has round steps", () => {
    assert.deepEqual([7, 60, 100, 119, 1300, 0.4].map((m) => Number(roundStep(m, 6).toPrecision(3))),
        [2, 10, 20, 20, 500, 0.1]);
});

test("a curve starts at all of the volume and falls to none", () => {
    const histogram = { dosesGy: Float32Array.from([40, 30, 20, 10]), shares: Float64Array.from([1, 2, 3, 4]), meanGy: 25, volumeML: 1 };
    assert.deepEqual(curvePoints(histogram, 50, 5), [[0, 100], [10, 100], [20, 75], [30, 50], [40, 25], [50, 0]]);
});
