// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { comparedScene } from "../Modules/compare-images.js";
import { KEYS } from "../Modules/keys.js";
import { LayerStack } from "../Modules/layer-stack.js";
import { LayoutChoice } from "../Modules/layout-choice.js";
import { LAYOUT_PRESETS, layoutPresetsOf, layoutsOf } from "../Modules/layouts.js";
import { windowsOfDoses } from "../Modules/legend.js";
import { leftOutBecause, noteIn3D, reductionFor } from "../Modules/render.js";
import { isSeenIn, planesOf, tileAt, tilesOf } from "../Modules/tiles.js";

/** The browser's storage, as far as it is used. */
function withStorage(act) {
    const kept = new Map();
    globalThis.localStorage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
    try { act(kept); } finally { delete globalThis.localStorage; }
}

const layer = (id, role, more = {}) => ({ id, role, label: id, unit: "Gy", windowLow: 0, windowHigh: 100, ...more });
const arrived = (l) => ({ layer: l, volume: { shape: [1, 1, 1], voxels: [0], slope: 1, intercept: 0 }, moved: false, preview: false });
const SCENE = [layer("ct", "ct"), layer("pet", "activity"), layer("A", "dose"), layer("B", "delivered"), layer("C", "delivered")];

/** What a layout choice asks of a viewer, with a stack over a stage that only keeps its layers. */
function viewerOf(layers) {
    const stage = { shown: [], layout: "three", show(shown) { this.shown = shown; }, redraw() {} };
    const viewer = {
        stage, scene: { layers }, said: [], doseDifference: { isWanted: false, afterArrival() {} },
        stack: new LayerStack(stage, { layers }, { labels() {}, controls() {} }),
        setLayout(name) { stage.layout = name; }, announce(text) { viewer.said.push(text); },
    };
    return { viewer, choice: new LayoutChoice(viewer) };
}
const visible = (viewer) => viewer.stack.all().filter((s) => s.visible).map((s) => s.layer.id);

test("a preset shows its images and doses in its layout, also those still to come", () => {
    const { viewer, choice } = viewerOf(SCENE);
    viewer.stack.begin(arrived(SCENE[0]));
    viewer.stack.add(arrived(SCENE[1]));
    choice.apply("verify");
    assert.deepEqual([viewer.stage.layout, viewer.doseDifference.isWanted, visible(viewer)], ["beside", true, ["ct"]]);
    for (const l of [SCENE[4], SCENE[2], SCENE[3]]) viewer.stack.add(arrived(l));
    // Of two delivered doses the first is shown.
    assert.deepEqual(visible(viewer), ["ct", "A", "B"]);
    assert.ok(viewer.stack.found("B").opacity > 0);
    choice.apply("work-up");
    assert.deepEqual([viewer.stage.layout, visible(viewer)], ["three", ["ct", "pet"]]);
});

test("the browser remembers what was chosen, a page with a task of its own apart", () => withStorage((kept) => {
    const first = viewerOf(SCENE);
    first.choice.choosePreset("follow-up");
    assert.equal(kept.size, 0);
    first.choice.goOn();
    first.choice.choosePreset("follow-up");
    assert.deepEqual(first.viewer.said, ["Layout: Follow-up", "Layout: Follow-up"]);
    const second = viewerOf(SCENE);
    second.choice.goOn();
    assert.deepEqual([second.choice.preset, second.viewer.stage.layout], ["follow-up", "axial"]);
    const task = viewerOf(SCENE);
    task.choice.goOn("verify");
    assert.equal(task.choice.preset, "verify");
    task.choice.choose("coronal");
    const again = viewerOf(SCENE);
    again.choice.goOn("verify");
    assert.deepEqual([again.choice.preset, again.viewer.stage.layout], ["", "coronal"]);
}));

test("a layout that a scene has not, or nobody knows, is not gone on with", () => withStorage((kept) => {
    for (const name of ["verify", "beside", "__proto__", "nonsense"]) {
        kept.set("viewer-layout", name);
        const { viewer, choice } = viewerOf(SCENE.slice(0, 3));
        choice.goOn();
        assert.deepEqual([viewer.stage.layout, choice.preset], ["three", ""]);
    }
}));

test("layouts and presets are those that a scene can fill", () => {
    const ids = (layers) => [layoutPresetsOf({ layers }).map((p) => p.id), layoutsOf({ layers }).some((l) => l.value === "beside")];
    assert.deepEqual(ids(SCENE), [["work-up", "plan", "verify", "follow-up"], true]);
    assert.deepEqual(ids(SCENE.slice(0, 3)), [["work-up", "plan", "follow-up"], false]);
    assert.deepEqual(ids(SCENE.slice(0, 2)), [[], false]);
});

test("no two keys mean the same, and every preset has one", () => {
    const all = KEYS.flatMap((k) => k.keys.map((key) => `${key} ${Boolean(k.shift) && !k.character} ${Boolean(k.alt)}`));
    assert.equal(new Set(all).size, all.length);
    for (const { key } of LAYOUT_PRESETS) assert.equal(KEYS.filter((k) => k.keys.includes(key)).length, 1);
});

test("side by side, each column has its own dose, and every column one place", () => {
    const view = { centre: [0, 0, 15], zoom: 1, cursor: [10, 20, 7] };
    const tiles = tilesOf("beside", 901, 600, { lower: [-100, -50, -30], upper: [100, 50, 60] }, view);
    assert.deepEqual(tiles.map((t) => t.dose), ["first", "second", "difference", "first", "second", "difference"]);
    assert.equal(tiles.reduce((sum, t) => sum + t.width * t.height, 0), 901 * 600);
    assert.deepEqual(planesOf("beside"), ["axial", "coronal"]);
    assert.equal(tileAt(tiles, 450, 10), tiles[1]);
    assert.ok(tiles.slice(1, 3).every((t) => t.u === tiles[0].u || Math.abs(t.fovU - tiles[0].fovU) < 1));
    assert.deepEqual([isSeenIn(tiles[0], "first"), isSeenIn(tiles[0], "second"), isSeenIn(tiles[0], undefined)], [true, false, true]);
    assert.equal(isSeenIn({}, "difference"), true);
});

test("a palette holds for every dose, on the next page too, and a difference keeps its own", () => withStorage(() => {
    const { viewer: { stack } } = viewerOf(SCENE);
    stack.begin(arrived(SCENE[0]));
    for (const l of SCENE.slice(1)) stack.add(arrived(l));
    stack.add(arrived(layer("B less A", "difference")));
    stack.setPalette("B", "viridis");
    stack.setPalette("pet", "gray-inverted");
    stack.setPalette("ct", "viridis");
    const palettes = (s) => s.all().map(({ layer: { id }, palette }) => `${id} ${palette}`);
    const wanted = ["ct gray", "pet gray-inverted", "A viridis", "B viridis", "C viridis", "B less A difference"];
    assert.deepEqual(palettes(stack), wanted);
    const next = viewerOf(SCENE).viewer.stack;
    next.begin(arrived(SCENE[0]));
    for (const l of SCENE.slice(1)) next.add(arrived({ ...l, colourMap: "hot" }));
    assert.deepEqual(palettes(next), wanted.slice(0, 5));
    next.select("A");
    assert.equal(next.nextPalette(), "Cividis");
}));

test("all doses have one window until somebody unties them, and again when somebody ties them", () => {
    const { viewer: { stack } } = viewerOf(SCENE);
    stack.begin(arrived(SCENE[0]));
    // In another order than the scene's, with windows of their own: the first of the scene leads.
    for (const [n, high] of [[4, 70], [1, 50], [3, 80], [2, 120]]) stack.add(arrived({ ...SCENE[n], windowHigh: high }));
    stack.add(arrived(layer("B less A", "difference", { windowLow: -9, windowHigh: 9 })));
    const windows = () => stack.all().map(({ low, high }) => `${low} ${high}`).join(", ");
    assert.equal(windows(), "0 100, 0 50, 0 120, 0 120, 0 120, -9 9");
    assert.equal(windowsOfDoses(stack.all()), "");
    for (const id of ["B", "C"]) stack.setVisible(id, true);
    assert.equal(windowsOfDoses(stack.all()), "One window for all doses.");
    stack.setWindow("C", 10, 60);
    stack.setWindow("pet", 1, 2);
    assert.equal(windows(), "0 100, 1 2, 10 60, 10 60, 10 60, -9 9");
    stack.tieDoses(false);
    stack.setWindow("B", 5, 30);
    assert.equal(windows(), "0 100, 1 2, 10 60, 5 30, 10 60, -9 9");
    assert.match(windowsOfDoses(stack.all()), /of its own/);
    stack.select("B");
    stack.tieDoses(true);
    assert.equal(windows(), "0 100, 1 2, 5 30, 5 30, 5 30, -9 9");
});

test("the 3D view says of a difference, and of what a registration has moved, that it leaves them out", () => {
    const shown = (url, moved) => ({ layer: { url }, moved });
    assert.equal(leftOutBecause(shown("/volumes/1", false)), "");
    assert.match(leftOutBecause(shown("", true)), /differences/);
    assert.match(leftOutBecause(shown("/volumes/1", true)), /registration/);
});

test("the 3D view says by how much a volume beyond the device's limit is reduced", () => {
    assert.equal(reductionFor([512, 512, 2048], 2048), 1);
    assert.equal(reductionFor([512, 512, 2049], 2048), 2);
    assert.equal(reductionFor([512, 512, 300], 256), 2);
    assert.equal(reductionFor([513, 512, 300], 256), 3);
    const shown = (url, moved) => ({ layer: { url }, moved, volume: { shape: [300, 10, 10] } });
    assert.deepEqual(noteIn3D(shown("/volumes/1", false), 2048), { why: "", note: "" });
    assert.equal(noteIn3D(shown("/volumes/1", false), 100).note, "reduced by 3: no measuring");
    assert.equal(noteIn3D(shown("/volumes/1", true), 100).note, "");
});

test("two plans: the second one's dose over the first one's images, in its window", () => {
    const a = { base: "ct", layers: [layer("ct", "ct"), layer("d1", "dose")], structures: [{ name: "Liver" }], registrations: [{ id: "own" }] };
    const b = { base: "ct2", layers: [layer("ct2", "ct"), layer("d2", "dose", { windowHigh: 300 })], structures: [] };
    const both = comparedScene(a, b, [{ id: "kept" }]);
    assert.deepEqual(both.layers.map((l) => [l.role, l.label, l.windowHigh]),
        [["ct", "ct", 100], ["dose", "A: d1", 100], ["compared", "B: d2", 100]]);
    assert.deepEqual(both.registrations.map((r) => r.id), ["own", "kept"]);
    assert.equal(both.structures.length, 1);
    // A plan beside itself has nothing to compare.
    assert.equal(comparedScene(a, a, []).layers.length, 2);
});
