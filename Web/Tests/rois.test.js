// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { boxBetween, cornersOf, opposite, outlineOf, written } from "../Modules/rois.js";

test("a box holds the whole pixels between two points, whichever comes first, and stays on the image", () => {
    assert.deepEqual(boxBetween([2.4, 7.6], [5.5, 3.2], 20, 30), [3, 8, 2, 6]);
    assert.deepEqual(boxBetween([-9, -9], [99, 99], 20, 30), [0, 19, 0, 29]);
    assert.deepEqual(boxBetween([4.2, 4.2], [4.3, 4.3], 20, 30), [4, 4, 4, 4]);
});

test("the line round a box runs along its pixels' edges", () => {
    assert.deepEqual(outlineOf({ part: "liver", box: [3, 8, 2, 6] }), [[1.5, 2.5], [6.5, 2.5], [6.5, 8.5], [1.5, 8.5]]);
    assert.deepEqual(outlineOf({ part: "liver", corners: [[1, 2], [3, 4], [5, 0]] }), [[1, 2], [3, 4], [5, 0]]);
});

test("the posterior view is the mirror of the anterior one: first column on last, twice is nothing", () => {
    assert.deepEqual(opposite([0, 5], 256), [255, 5]);
    assert.deepEqual(opposite(opposite([17.25, 5], 256), 256), [17.25, 5]);
});

test("corners are read as people type them, and refused when they are no polygon", () => {
    assert.deepEqual(cornersOf(" 1,2  3.5,4; 5,-6 "), [[1, 2], [3.5, 4], [5, -6]]);
    for (const text of ["", "1,2 3,4", "1,2 3,4 5", "1,2 3,4 5,x", "1,2 3,4 5,", "1,2,3 4,5,6 7,8,9"]) {
        assert.equal(cornersOf(text), null, text);
    }
    assert.equal(written({ part: "lungs", box: [0, 9, 3, 4] }), "rows 0 to 9, columns 3 to 4");
});
