// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { commentOf, following, pinsOnFrames, pinsOnTiles } from "../Modules/pins.js";
import { tilesOf } from "../Modules/tiles.js";

const BOX = { lower: [-100, -100, -100], upper: [100, 100, 100] };
const VIEW = { centre: [0, 0, 0], zoom: 1, cursor: [10, 20, 30] };
const tiles = (layout, view = VIEW) => tilesOf(layout, 600, 600, BOX, view);

test("a comment lies where the patient's point is, in each plane through it", () => {
    // LPS of the crosshair: in RAS the first two signs are turned.
    const pins = pinsOnTiles([{ id: 1, lpsMM: [-10, -20, 30] }], tiles("quad"));
    assert.deepEqual(pins.map(({ part }) => part.split(" ")[0]), ["axial", "coronal", "sagittal"]);
    // 200 mm on 300 pixels; the patient's right (+ in RAS) on the left of the screen, up is up.
    const [axial, coronal, sagittal] = pins.map(({ x, y }) => [x, y]);
    assert.deepEqual(axial, [135, 120]);
    assert.deepEqual(coronal, [135, 405]);
    assert.deepEqual(sagittal, [420, 405]);
});

test("a point is seen within 2.5 mm of a slice, and not outside the part of it that is shown", () => {
    const shown = (lpsMM, view) => pinsOnTiles([{ lpsMM }], tiles("axial", view)).length;
    assert.equal(shown([0, 0, 32.5]), 1);
    assert.equal(shown([0, 0, 27.5]), 1);
    assert.equal(shown([0, 0, 32.6]), 0);
    assert.equal(shown([0, 0, -30]), 0);
    assert.equal(shown([80, 0, 30]), 1);
    assert.equal(shown([80, 0, 30], { ...VIEW, zoom: 2 }), 0);
    assert.equal(pinsOnTiles([{ frame: 1, pixel: [0, 0] }], tiles("axial")).length, 0);
});

test("a place on a frame lies on that frame only, the first pixel's centre being 0, 0", () => {
    const frames = [
        { frame: 3, left: 0, top: 0, width: 100, height: 80, scale: 4, x: 2, y: 2 },
        { frame: 4, left: 100, top: 0, width: 100, height: 80, scale: 4, x: 102, y: 2 },
    ];
    const comments = [{ id: 1, frame: 4, pixel: [5, 10] }, { id: 2, frame: 5, pixel: [0, 0] }, { id: 3, lpsMM: [0, 0, 0] }];
    assert.deepEqual(pinsOnFrames(comments, frames).map(({ comment, x, y }) => [comment.id, x, y]), [[1, 122, 42]]);
    assert.deepEqual(pinsOnFrames([{ frame: 3, pixel: [25, 0] }], frames), []);
});

test("the next comment follows the chosen one, and the first follows the last", () => {
    const all = [{ id: 4 }, { id: 9 }];
    assert.equal(following(all, null)?.id, 4);
    assert.equal(following(all, 4)?.id, 9);
    assert.equal(following(all, 9)?.id, 4);
    assert.equal(following([], 9), undefined);
});

test("an address leads to one comment or to none", () => {
    assert.equal(commentOf("#comment-17"), 17);
    for (const hash of ["", "#comment-", "#comment-x", "#comment-17x", "#comments", "#comment-1e9"]) assert.equal(commentOf(hash), null);
});
