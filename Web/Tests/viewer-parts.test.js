// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrival } from "../Modules/arrival.js";
import { isodoses, outlines } from "../Modules/contours.js";
import { inverted } from "../Modules/geometry.js";
import { LayerStack } from "../Modules/layer-stack.js";
import { measuredSphere } from "../Modules/measuring.js";
import { short, writtenMean, writtenNumber } from "../Modules/numbers.js";
import { StructureList } from "../Modules/structures.js";
import { planesOf, tile3D } from "../Modules/tiles.js";

/** A cube of 11 voxels of so many mm, all of one value. */
function cube(spacingMM, value) {
    const affine = [spacingMM, 0, 0, 0, 0, spacingMM, 0, 0, 0, 0, spacingMM, 0];
    return { shape: [11, 11, 11], affine, inverse: inverted(affine), voxels: new Int16Array(1331).fill(value), slope: 1, intercept: 0 };
}

const arrived = (id, role = "ct", spacingMM = 1) => ({
    layer: { id, label: id, role, unit: "HU", windowLow: 0, windowHigh: 100 },
    volume: cube(spacingMM, 0), moved: false, preview: false,
});

/** What an arrival shows, in order. */
function told(base) {
    const shown = [];
    const arrival = new Arrival(base, {
        begin: ({ layer }) => shown.push(`begin ${layer.id}`), add: ({ layer }) => shown.push(`add ${layer.id}`) });
    return { arrival, shown };
}

test("what comes before the base waits for it", () => {
    const { arrival, shown } = told("ct");
    arrival.take(arrived("pet"));
    arrival.take(arrived("dose"));
    assert.deepEqual(shown, []);
    arrival.take(arrived("ct"));
    arrival.take(arrived("mr"));
    arrival.settle();
    assert.deepEqual(shown, ["begin ct", "add pet", "add dose", "add mr"]);
});

test("without a known base the finest of those that came is it; a base that failed may come later", () => {
    const { arrival, shown } = told("ct");
    arrival.take(arrived("thick", "mr", 3));
    arrival.take(arrived("thin", "mr", 2));
    arrival.settle();
    arrival.take(arrived("ct"));
    assert.deepEqual(shown, ["begin thin", "add thick", "add ct"]);
    const nothing = told("");
    nothing.arrival.settle();
    assert.deepEqual(nothing.shown, []);
});

/** A stack with a CT, over a stage that only keeps its layers. */
function stackOf(...ids) {
    const written = [];
    const stage = { shown: [], show(shown) { this.shown = shown; }, replace(s, volume) { s.volume = volume; }, redraw() {} };
    const scene = { layers: ["ct", "pet", "dose"].map((id) => ({ id })) };
    const stack = new LayerStack(stage, scene, { labels: () => written.push("labels"), controls: () => written.push("controls") });
    stack.begin(arrived("ct"));
    for (const id of ids) stack.add(arrived(id, id === "pet" ? "activity" : "dose"));
    return { stack, written };
}

test("layers lie in the order of the scene, and the active one stays active", () => {
    const { stack } = stackOf("dose", "pet");
    assert.deepEqual(stack.all().map((s) => s.layer.id), ["ct", "pet", "dose"]);
    assert.equal(stack.active.layer.id, "ct");
    assert.deepEqual([stack.next(), stack.next(), stack.next()].map((s) => s.layer.id), ["pet", "dose", "ct"]);
    stack.select("nobody");
    assert.equal(stack.active.layer.id, "ct");
});

test("a layer takes the place of its preview", () => {
    const { stack } = stackOf("dose");
    const volume = cube(2, 7);
    assert.equal(stack.add({ ...arrived("dose", "dose"), volume }), false);
    assert.equal(stack.all().length, 2);
    assert.equal(stack.found("dose").volume, volume);
});

test("only a window that has a width is taken, and whoever writes is told", () => {
    const { stack, written } = stackOf();
    stack.setWindow("ct", 5, 5);
    assert.deepEqual([stack.active.low, stack.active.high, written.length], [0, 100, 0]);
    stack.setWindow("ct", 5, 6);
    assert.deepEqual([stack.active.low, stack.active.high, ...written], [5, 6, "labels", "controls"]);
});

test("presets follow each other round", () => {
    const { stack } = stackOf();
    assert.deepEqual([1, 2, 3, 4, 5].map(() => stack.nextPreset()), ["Abdomen", "Liver", "Lung", "Bone", "Abdomen"]);
});

test("the base cannot be hidden; a layer shown again has a strength", () => {
    const { stack } = stackOf("dose");
    assert.equal(stack.toggle().visible, true);
    stack.select("dose");
    stack.setOpacity("dose", 0);
    assert.equal(stack.active.visible, false);
    assert.deepEqual([stack.toggle().visible, stack.active.opacity > 0], [true, true]);
    assert.equal(stack.toggle().visible, false);
});

const structure = (name) => ({ name, role: "tumour", colour: "#ffd166", dash: [2, 3], url: name });

test("structures stand in the order of the scene, and one goes on from where one was", () => {
    const [a, b, c] = ["a", "b", "c"].map(structure);
    const list = new StructureList([a, b, c]);
    assert.equal(list.next(1), undefined);
    list.add({ structure: c, volume: cube(1, 0) });
    list.add({ structure: b, volume: cube(1, 0) });
    assert.equal(list.next(1).structure, b);
    list.add({ structure: a, volume: cube(1, 0) });
    assert.deepEqual(list.all.map((s) => s.structure.name), ["a", "b", "c"]);
    assert.deepEqual([list.next(1), list.next(1), list.next(-1)].map((s) => s.structure.name), ["c", "a", "c"]);
    list.setVisible("b", false);
    assert.deepEqual(list.all.map((s) => s.visible), [true, false, true]);
});

test("the first step back goes to the last structure", () => {
    const [a, b] = ["a", "b"].map(structure);
    const list = new StructureList([a, b]);
    for (const s of [a, b]) list.add({ structure: s, volume: cube(1, 0) });
    assert.equal(list.next(-1).structure, b);
});

test("every dose has every level, from the lowest up; delivered doses are dashed; outlines close", () => {
    const layers = [arrived("ct"), arrived("dose", "dose"), arrived("pet", "delivered")];
    const lines = isodoses(layers, [50, 20]);
    assert.deepEqual(lines.map((l) => l.key), ["isodose dose 20", "isodose dose 50", "isodose pet 20", "isodose pet 50"]);
    assert.equal(lines[0].colour, lines[2].colour);
    assert.deepEqual([lines[0].dash, lines[2].dash.length > 0], [[], true]);
    assert.ok(Number.isNaN(lines[0].outside));
    const [outline] = outlines([{ structure: structure("Liver"), volume: cube(1, 0), visible: false }]);
    assert.deepEqual([outline.key, outline.level, outline.outside, outline.visible], ["structure Liver", 127.5, 0, false]);
});

test("a sphere is written with its place; a preview has no row; outside there is nothing", () => {
    const layers = [{ ...arrived("CT"), volume: cube(4, -7) }, { ...arrived("MR"), preview: true }];
    const inside = measuredSphere(layers, [20, 20, 20], 20);
    assert.equal(inside.title, "Sphere of 20 mm at R 20.0, A 20.0, S 20.0 mm");
    assert.equal(inside.rows.length, 1);
    assert.deepEqual([inside.rows[0].mean, inside.rows[0].max, inside.rows[0].peak], ["−7.0", "−7.0", "−7.0"]);
    const pet = { layer: { ...arrived("PET").layer, unit: "Bq/mL", suvPerUnit: 0.0005 }, volume: cube(4, 6000), preview: false };
    assert.deepEqual(measuredSphere([pet], [20, 20, 20], 20).rows.map((r) => [r.unit, r.mean, r.max, r.peak]),
        [["Bq/mL", "6000", "6000", "6000"], ["SUV", "3", "3", "3"]]);
    const [outside] = measuredSphere(layers, [500, 0, 0], 20).rows;
    assert.deepEqual([outside.voxels, outside.mean], ["0", "none"]);
});

test("numbers have a true minus sign and no more digits than they are good for", () => {
    assert.deepEqual([short(-159.96), short(12345)], ["−160", "12300"]);
    assert.deepEqual([writtenNumber(-3.6, "HU"), writtenMean(-3.64, "HU")], ["−4", "−3.6"]);
    assert.deepEqual([writtenNumber(95.3999, "Gy"), writtenNumber(-2e-4, "Gy"), writtenMean(310.74, "kBq/mL")],
        ["95.4", "−2.00e-4", "310.7"]);
    assert.equal(writtenNumber(NaN, "Gy"), "no value");
});

test("a layout shows planes, and perhaps the 3D view", () => {
    assert.deepEqual(planesOf("quad"), ["axial", "coronal", "sagittal"]);
    assert.deepEqual([planesOf("3d"), planesOf("coronal")], [[], ["coronal"]]);
    assert.deepEqual([tile3D("three"), tile3D("3d")?.position], [undefined, [0, 0, 1, 1]]);
});
