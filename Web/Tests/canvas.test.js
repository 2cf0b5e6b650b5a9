// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { clipped, pixelAt } from "../Modules/canvas.js";

test("a pointer is found on the canvas's own pixels", () => {
    const canvas = { width: 800, getBoundingClientRect: () => ({ left: 10, top: 20, width: 400 }) };
    assert.deepEqual(pixelAt(canvas, { clientX: 110, clientY: 45 }), { x: 200, y: 50, ratio: 2 });
});

test("a canvas that is not on show yet divides by nothing", () => {
    const canvas = { width: 0, getBoundingClientRect: () => ({ left: 0, top: 0, width: 0 }) };
    assert.deepEqual(pixelAt(canvas, { clientX: 5, clientY: 5 }), { x: 0, y: 0, ratio: 0 });
});

test("what is drawn in a part is drawn between clipping and going back", () => {
    const calls = [];
    const context = Object.fromEntries(["save", "beginPath", "rect", "clip", "restore"].map(
        (name) => [name, (...values) => calls.push([name, ...values].join(" "))]));
    clipped(context, { left: 1, top: 2, width: 3, height: 4 }, () => calls.push("draw"));
    assert.deepEqual(calls, ["save", "beginPath", "rect 1 2 3 4", "clip", "draw", "restore"]);
});
