// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { coloured, onBlack } from "../Modules/colours.js";
import { transformed } from "../Modules/geometry.js";
import { bindingOf } from "../Modules/keys.js";
import { colourTable } from "../Modules/palettes.js";
import { afterValue, middleOf, readoutAt, spoken, writtenValue } from "../Modules/readout.js";
import { baseIndex, fusion, rasFromLPS, windowed } from "../Modules/scene.js";
import { boxOf, edgeLetters, isRadiological, tileAt, tilesOf, toCanvas, toPlane, zoomed } from "../Modules/tiles.js";

const layer = (id, frame, more = {}) => ({ id, label: id, role: "ct", frameOfReferenceUID: frame, ...more });
const matrix = [0, -1, 0, 10, 1, 0, 0, 20, 0, 0, 1, 30, 0, 0, 0, 1];

test("layers of another frame of reference are refused with a sentence that says why", () => {
    const scene = {
        frameOfReferenceUID: "F",
        layers: [layer("CT", "F"), layer("MR", "M"), layer("PET", "P"), layer("US", "")],
        structures: [{ name: "Liver" }, { name: "Old", frameOfReferenceUID: "M" }],
        registrations: [{ id: "r", from: "P", to: "F", accepted: false, matrixLPS: matrix }],
    };
    const plan = fusion(scene);
    assert.deepEqual(plan.fused.map((f) => f.layer.id), ["CT"]);
    assert.deepEqual(plan.structures.map((s) => s.structure.name), ["Liver"]);
    assert.deepEqual(plan.refused.map((r) => r.sentence), [
        "MR is not shown: it was taken in another frame of reference and is not registered.",
        "PET is not shown: its registration has not been accepted yet.",
        "US is not shown: it was taken in another frame of reference and is not registered.",
        "Old is not shown: it was taken in another frame of reference and is not registered.",
    ]);
    scene.registrations[0].accepted = true;
    assert.deepEqual(fusion(scene).fused.map((f) => [f.layer.id, f.matrix !== null]), [["CT", false], ["PET", true]]);
    // A registration of the way back is not one of the way there.
    scene.registrations[0] = { id: "r", from: "F", to: "P", accepted: true, matrixLPS: matrix };
    assert.deepEqual(fusion(scene).fused.map((f) => f.layer.id), ["CT"]);
});

test("a motion in LPS is the same motion in RAS", () => {
    const lps = [3, 4, 5];
    const moved = [-4 + 10, 3 + 20, 5 + 30];
    const ras = transformed(rasFromLPS(matrix), [-lps[0], -lps[1], lps[2]]);
    assert.deepEqual(ras, [-moved[0], -moved[1], moved[2]]);
});

test("the finest anatomy is the base, a finer dose is not", () => {
    const volume = (s) => ({ affine: [s, 0, 0, 0, 0, s, 0, 0, 0, 0, s, 0] });
    const loaded = [
        { layer: layer("dose", "F", { role: "dose" }), volume: volume(1) },
        { layer: layer("thick", "F"), volume: volume(3) }, { layer: layer("thin", "F"), volume: volume(2) },
        { layer: layer("same", "F"), volume: volume(1.99999) },
    ];
    assert.equal(baseIndex(loaded), 2);
    assert.equal(baseIndex(loaded.slice(0, 1)), 0);
});

const box = { lower: [-100, -50, -30], upper: [100, 50, 60] };
const view = { centre: [0, 0, 15], zoom: 1, cursor: [10, 20, 7] };
const axial = (more = {}) => tilesOf("axial", 400, 300, box, { ...view, ...more })[0];

test("pixels and mm of a tile undo each other; the right of the patient is on the left", () => {
    const tile = axial();
    assert.ok(isRadiological(tile));
    assert.ok(!isRadiological({ ...tile, fovU: -tile.fovU }));
    // 200 mm on 400 pixels: two pixels per mm, the middle in the middle.
    const rounded = (p) => p.map((x) => Math.round(x * 1e9) / 1e9);
    assert.deepEqual(rounded(toCanvas(tile, 0, 0)), [200, 150]);
    assert.deepEqual(rounded(toCanvas(tile, 100, 50)), [0, 50]);
    assert.deepEqual(toPlane(tile, ...toCanvas(tile, 12, -34)).map((x) => Math.round(x * 1e9) / 1e9), [12, -34]);
    assert.equal(tile.cut.w0, 7);
    assert.equal(tileAt([tile], 399, 299), tile);
    assert.equal(tileAt([tile], 400, 299), undefined);
});

test("tiles fill the canvas without a gap or an overlap, whatever its size", () => {
    for (const [width, height] of [[1278, 673], [1111, 777], [641, 481]]) {
        for (const name of ["three", "quad"]) {
            const tiles = tilesOf(name, width, height, box, view);
            assert.equal(tiles.length, 3);
            const area = tiles.reduce((sum, t) => sum + t.width * t.height, 0);
            const render = name === "quad" ? (width - Math.round(width / 2)) * Math.round(height / 2) : 0;
            assert.equal(area + render, width * height);
        }
    }
});

test("the box of a grid holds its voxels, also of a turned one", () => {
    const turned = { shape: [3, 5, 7], affine: [0, -2, 0, 10, 3, 0, 0, 0, 0, 0, -1, 6] };
    assert.deepEqual(boxOf(turned, 0.5), { lower: [1, -1.5, -0.5], upper: [11, 7.5, 6.5] });
    assert.deepEqual(boxOf(turned, 0), { lower: [2, 0, 0], upper: [10, 6, 6] });
});

test("letters follow the mapping, not the wish", () => {
    const tile = axial();
    assert.deepEqual(edgeLetters(tile), { left: "R", right: "L", top: "A", bottom: "P" });
    assert.deepEqual(edgeLetters({ ...tile, fovU: 200 }), { left: "L", right: "R", top: "A", bottom: "P" });
    assert.deepEqual(edgeLetters({ ...tile, plane: "sagittal" }), { left: "A", right: "P", top: "S", bottom: "I" });
});

test("zoom keeps the crosshair where it is on screen", () => {
    const places = (v) => tilesOf("three", 900, 600, box, v).map((t) => {
        const { u, v: up } = { axial: { u: 0, v: 1 }, coronal: { u: 0, v: 2 }, sagittal: { u: 1, v: 2 } }[t.plane];
        return toCanvas(t, v.cursor[u], v.cursor[up]).map((x) => Math.round(x * 1e6) / 1e6);
    });
    const nearer = zoomed(view, 3.7);
    assert.deepEqual(places(nearer), places(view));
    assert.ok(Math.abs(tilesOf("axial", 400, 300, box, nearer)[0].fovU * 3.7 - axial().fovU) < 1e-9);
});

test("colours: the table's ends, the window, what is below it, and rows from the top", () => {
    const rgb = (c) => [c & 255, (c >> 8) & 255, (c >> 16) & 255];
    const gray = colourTable("gray");
    assert.deepEqual([rgb(gray[0]), rgb(gray[255])], [[0, 0, 0], [255, 255, 255]]);
    const values = Float32Array.from([0, 60, 100, NaN, -10, 200]);
    const pixels = new Uint32Array(6);
    coloured(values, 3, 2, true, { low: 0, high: 100, fromZero: false, table: gray }, pixels);
    assert.deepEqual([...pixels].map((c) => (c === 0 ? null : rgb(c)[0])), [255, 0, null, 255, 153, 0]);
    coloured(values, 3, 2, false, { low: 40, high: 100, fromZero: true, table: gray }, pixels);
    assert.deepEqual([...pixels].map((c) => (c === 0 ? null : rgb(c)[0])), [null, null, 255, null, 153, 255]);
});

test("keys: characters can be turned off, control belongs to the browser, shift chooses", () => {
    const press = (key, more = {}) => ({ key, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...more });
    assert.equal(bindingOf(press("w"), true)?.what, "next window preset");
    assert.equal(bindingOf(press("w"), false), undefined);
    assert.equal(bindingOf(press("w", { ctrlKey: true }), true), undefined);
    assert.equal(bindingOf(press("+", { shiftKey: true }), true)?.what, "larger");
    assert.equal(bindingOf(press("PageUp"), false)?.what, "next slice");
    assert.equal(bindingOf(press("PageUp", { shiftKey: true }), false)?.what, "ten slices on");
    assert.equal(bindingOf(press("ArrowUp", { altKey: true }), false)?.what, "higher window");
    assert.equal(bindingOf(press("N", { shiftKey: true }), true)?.what, "previous structure");
    // NiiVue has C, P and V for itself: the first two are comments here, the third is nothing.
    assert.equal(bindingOf(press("c"), true)?.what, "next comment");
    assert.equal(bindingOf(press("p"), true)?.what, "pin a comment at the crosshair");
    assert.equal(bindingOf(press("v"), true), undefined);
});

test("the read-out names every layer with value and unit, and the structures at the point", () => {
    const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
    const volume = (values) => ({ shape: [values.length, 1, 1], affine, inverse: affine, voxels: values, slope: 1, intercept: 0 });
    const r = readoutAt("axial", [1, 0, 0], [
        { layer: { id: "ct", label: "CT", unit: "HU" }, volume: volume([0, -50.4]) },
        { layer: { id: "pet", label: "PET", unit: "kBq/mL", note: "SUV withheld: no weight" }, volume: volume([0, 1234.56]) },
        { layer: { id: "dose", label: "Dose", unit: "Gy" }, volume: volume([1]) },
    ], [{ name: "Liver", volume: volume([0, 128]) }, { name: "Lung", volume: volume([255, 127]) }]);
    assert.equal(spoken(r), "Axial plane, R 1.0, A 0.0, S 0.0 mm. CT: −50 HU. "
        + "PET: 1235 kBq/mL (SUV withheld: no weight). Dose: outside. Inside Liver.");
    const [pet] = readoutAt("axial", [1, 0, 0],
        [{ layer: { id: "pet", label: "PET", unit: "Bq/mL", suvPerUnit: 0.0004 }, volume: volume([0, 12000]) }], []).layers;
    assert.equal(writtenValue(pet) + afterValue(pet), "12000 Bq/mL, SUV 4.8");
    assert.equal(afterValue({ ...pet, value: null }), "");
    assert.equal(writtenValue({ value: 0.000123, unit: "Gy" }), "1.23e-4");
    assert.equal(writtenValue({ value: NaN, unit: "Gy" }), "no value");
});

test("the middle of a ring is a voxel of the ring, and an empty mask has none", () => {
    const affine = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0];
    const ring = Uint8Array.from([255, 255, 255, 255, 0, 255, 255, 255, 255]);
    const middle = middleOf({ shape: [3, 3, 1], affine, voxels: ring });
    assert.notDeepEqual(middle, [2, 2, 0]);
    assert.equal(ring[middle[0] / 2 + 3 * middle[1] / 2], 255);
    assert.equal(middleOf({ shape: [3, 3, 1], affine, voxels: new Uint8Array(9) }), null);
});

test("a layer without a window gets the range of its own values", () => {
    const volume = { voxels: Float32Array.of(2, 50, 10), slope: 2, intercept: 0 };
    const open = { ...layer("a", "F"), windowLow: 0, windowHigh: 0 };
    assert.deepEqual([windowed(open, volume).windowLow, windowed(open, volume).windowHigh], [0, 100]);
    const below = windowed(open, { ...volume, intercept: -24 });
    assert.deepEqual([below.windowLow, below.windowHigh], [-20, 76]);
    const empty = windowed(open, { ...volume, voxels: Float32Array.of(0, 0) });
    assert.ok(empty.windowHigh > empty.windowLow);
    const given = { ...open, windowHigh: 7 };
    assert.equal(windowed(given, volume), given);
});

test("colours of paper: bright ones stay, dark ones are lightened in their hue until black shows them", () => {
    assert.equal(onBlack("#ffff00"), "#ffff00");
    assert.equal(onBlack("#ffffff"), "#ffffff");
    assert.equal(onBlack("rgb(1, 2, 3)"), "rgb(1, 2, 3)");
    // Pure blue has luminance 0.0722, contrast 2.44 with black.
    const blue = onBlack("#0000ff");
    assert.match(blue, /^#([0-9a-f]{2})\1ff$/);
    const grey = Number.parseInt(onBlack("#000000").slice(1, 3), 16);
    // 7:1 is luminance 0.3, which is the grey 149; white comes in steps of a twentieth.
    assert.ok(grey >= 149 && grey < 149 + 13, String(grey));
});
