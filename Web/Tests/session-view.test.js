// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { hasSameImages, haveChanged, pictureOf, show, showPicture, stepped, viewOf } from "../Modules/session-view.js";

/** A viewer with nothing to draw. */
function fake(layers) {
    const viewer = {
        stage: {
            layout: "three", redraw() {},
            view: { cursor: [1, 2, 3], centre: [10, 20, 30], zoom: 1.5 },
        },
        state: { plane: "axial" },
        layers: () => layers,
        stack: {
            setOpacity: (id, opacity) => { layers.find((l) => l.layer.id === id).opacity = opacity; },
            setVisible: (id, visible) => { layers.find((l) => l.layer.id === id).visible = visible; },
        },
        setLayout: (name) => { viewer.stage.layout = name; },
        activate: (plane) => { viewer.state.plane = plane; },
        setWindow: (id, low, high) => Object.assign(layers.find((l) => l.layer.id === id), { low, high }),
        setCursor: (mm) => { viewer.stage.view = { ...viewer.stage.view, cursor: mm }; },
    };
    return viewer;
}

const layer = (id, low, high) => ({ layer: { id }, low, high, opacity: 1, visible: true });

test("what one viewer shows, another shows after it was sent", () => {
    const from = fake([layer("se-1", -100, 200), layer("se-2", 0, 9)]);
    from.stage.layout = "coronal";
    from.state.plane = "coronal";
    from.layers()[1].opacity = 0.4;
    from.layers()[1].visible = false;
    const to = fake([layer("se-1", 0, 1), layer("se-2", 0, 1)]);
    const sent = JSON.parse(JSON.stringify(viewOf(from, ["se-1", "se-2"], null)));
    show(to, sent);
    assert.deepEqual(viewOf(to, ["se-1", "se-2"], null), sent);
    assert.deepEqual(to.stage.view, from.stage.view);
    assert.equal(to.layers()[1].visible, false);
});

/** A viewer of pictures that counts what it is asked to do. */
function pictures(count, isPlanar = false) {
    const viewer = {
        frame: 1, low: 0, high: 255, view: { zoom: 1, x: 0.5, y: 0.5 }, shown: new Map([[1, {}]]),
        data: { frames: Array(count).fill({}) }, asked: [],
        frames: () => (isPlanar ? viewer.data.frames.map((_, n) => n + 1) : [viewer.frame]),
        stop: () => viewer.asked.push("stop"), draw: () => viewer.asked.push("draw"),
        show: async () => { viewer.asked.push("show"); },
    };
    return viewer;
}

test("the frame, window, zoom and pointer of a picture are shown after they were sent", () => {
    const from = pictures(9);
    Object.assign(from, { frame: 4, low: -3.5, high: 70, view: { zoom: 2.44140625, x: 1 / 3, y: 0.25 } });
    const sent = JSON.parse(JSON.stringify(pictureOf(from, ["se-1"], [10.5, -0.5])));
    assert.deepEqual(sent.pointer, [10.5, -0.5]);
    const to = pictures(9);
    showPicture(to, sent);
    assert.deepEqual(pictureOf(to, ["se-1"], sent.pointer), sent);
    assert.deepEqual(to.asked, ["stop", "show"]);
});

test("what is there already is drawn, not asked for again", () => {
    const viewer = pictures(2);
    showPicture(viewer, { ...pictureOf(viewer, ["se-1"], null), zoom: 3, middle: [0.1, 0.2] });
    assert.deepEqual(viewer.asked, ["stop", "draw"]);
    assert.deepEqual(viewer.view, { zoom: 3, x: 0.1, y: 0.2 });
});

test("a frame that a series does not have is passed over, and before a picture came nothing is sent", () => {
    const viewer = pictures(3);
    showPicture(viewer, { ...pictureOf(viewer, ["se-1"], null), frame: 4, low: 7 });
    assert.deepEqual([viewer.frame, viewer.low, viewer.asked], [1, 0, []]);
    viewer.shown.clear();
    assert.equal(pictureOf(viewer, ["se-1"], null), null);
});

test("planar views side by side are sent by the first, and a pointer only while somebody points", () => {
    const view = pictureOf(pictures(2, true), ["se-1"], null);
    assert.equal(view.frame, 1);
    assert.equal("pointer" in view, false);
});

test("places are sent as LPS with all their digits, and a pointer only while somebody points", () => {
    const viewer = fake([layer("se-1", 0, 1)]);
    viewer.stage.view = { ...viewer.stage.view, cursor: [1.23456, -2, 3] };
    const view = viewOf(viewer, ["se-1"], [4, 5, 6]);
    assert.deepEqual(view.cursorMM, [-1.23456, 2, 3]);
    assert.deepEqual(view.pointerMM, [-4, -5, 6]);
    assert.equal("pointerMM" in viewOf(viewer, ["se-1"], null), false);
});

test("only ids and numbers are sent", () => {
    const named = layer("se-1", 0, 1);
    named.layer.label = "CT of Somebody";
    const text = JSON.stringify(viewOf(fake([named]), ["se-1"], null));
    assert.equal(text.includes("Somebody"), false);
});

test("a viewer without images neither sends nor shows", () => {
    const empty = fake([]);
    assert.equal(viewOf(empty, ["se-1"], null), null);
    show(empty, viewOf(fake([layer("se-1", 0, 1)]), ["se-1"], null));
    assert.deepEqual(empty.stage.view.cursor, [1, 2, 3]);
});

test("the list does not go on beyond its ends", () => {
    assert.equal(stepped(0, -1, 3), 0);
    assert.equal(stepped(1, 1, 3), 2);
    assert.equal(stepped(2, 1, 3), 2);
});

test("other images, or the same in another order, are told apart", () => {
    assert.equal(hasSameImages(["se-1", "se-2"], ["se-2", "se-1"]), false);
    assert.equal(hasSameImages(["se-1", "se-2"], ["se-1", "se-2"]), true);
    assert.equal(hasSameImages([], []), true);
});

test("an image on show that came or went between two lists is noticed, another one is not", () => {
    const list = (...ids) => ids.map((id) => ({ id }));
    assert.equal(haveChanged(["se-1", "se-2"], list("se-1", "se-2"), list("se-1")), true);
    assert.equal(haveChanged(["se-1", "se-2"], list("se-1"), list("se-1", "se-2")), true);
    assert.equal(haveChanged(["se-1"], list("se-1", "se-2"), list("se-3", "se-1")), false);
    assert.equal(haveChanged(["se-9"], list("se-1"), list("se-1", "se-2")), false);
});
