// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { circlePoints, distance, drawnOn, fieldsOf, normalOf, pictureFields, spoken, withEnd } from "../Modules/session-shapes.js";
import { tilesOf } from "../Modules/tiles.js";

const BOX = { lower: [-100, -100, -100], upper: [100, 100, 100] };
const tiles = (cursor) => tilesOf("axial", 400, 400, BOX, { centre: [0, 0, 0], zoom: 1, cursor });

test("all corners of a circle lie at its radius", () => {
    const points = circlePoints([[-10, 0, 5], [10, 0, 5], [0, -10, 5], [0, 10, 5]]);
    for (const point of points) assert.ok(Math.abs(distance(point, [0, 0, 5]) - 10) < 1e-9);
});

test("a line is drawn in the slice that it lies in, at its length, and in no other", () => {
    const line = { shape: "diameters", points: [[-20, 0, 5], [20, 0, 5]] };
    const [drawn] = drawnOn(line, tiles([0, 0, 5]));
    // 200 mm are 400 pixels.
    assert.equal(Math.abs(drawn.points[0][0] - drawn.points[1][0]), 80);
    assert.equal(drawn.isClosed, false);
    assert.equal(drawnOn(line, tiles([0, 0, 20])).length, 0);
});

test("a line across slices is drawn in none of them", () => {
    assert.equal(drawnOn({ shape: "diameters", points: [[0, 0, 0], [0, 0, 40]] }, tiles([0, 0, 0])).length, 0);
});

test("two diameters are two lines, a circle is one closed one", () => {
    const two = { shape: "diameters", points: [[-20, 0, 5], [20, 0, 5], [0, -5, 5], [0, 5, 5]] };
    assert.equal(drawnOn(two, tiles([0, 0, 5])).length, 2);
    const circle = { shape: "circle", points: [[-10, 0, 5], [10, 0, 5], [0, -10, 5], [0, 10, 5]] };
    const [drawn] = drawnOn(circle, tiles([0, 0, 5]));
    assert.equal(drawn.isClosed, true);
});

test("what was drawn is sent as LPS, a circle with its plane", () => {
    assert.deepEqual(fieldsOf({ shape: "diameters", ends: [[1, 2, 3], [4, 5, 6]] }), { shape: "diameters", ends: "-1,-2,3,-4,-5,6" });
    const circle = fieldsOf({ shape: "circle", centre: [1, 2, 3], radiusMM: 7.5, plane: "coronal" });
    assert.equal(circle.centre, "-1,-2,3");
    assert.equal(circle.normal, normalOf("coronal").join());
    assert.equal(circle.normal, "0,1,0");
    assert.equal(circle.radius, "7.5");
});

test("a measurement is said with its numbers and units", () => {
    assert.equal(spoken({ label: "Target 1", values: [
        { quantity: "long-diameter", value: 31.25, unit: "mm" }, { quantity: "mean", value: 154.4, unit: "HU" }] }),
    "Target 1: long diameter 31.3 mm, mean 154 HU");
});

test("a length on the detector says that the patient's is less", () => {
    const text = spoken({ label: "Vessel", isOnDetector: true, values: [{ quantity: "long-diameter", value: 12, unit: "mm" }] });
    assert.equal(text, "Vessel: long diameter 12.0 mm on the detector, in the patient less");
});

test("ends on one frame make two lines; a fifth, or one on another frame, begins anew", () => {
    let draft = null;
    for (const n of [1, 2, 3, 4]) draft = withEnd(draft, 7, [n, 10 * n]);
    assert.deepEqual(pictureFields(draft), { shape: "diameters", frame: "7", ends: "1,10,2,20,3,30,4,40" });
    assert.deepEqual(withEnd(draft, 7, [5, 5]).ends, [[5, 5]]);
    assert.deepEqual(withEnd(withEnd(null, 7, [1, 1]), 8, [5, 5]), { shape: "diameters", frame: 8, ends: [[5, 5]] });
});
