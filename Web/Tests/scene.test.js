// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { transformed } from "../Modules/geometry.js";
import { bindingOf } from "../Modules/keys.js";
import { middleOf, readoutAt, spoken, writtenValue } from "../Modules/readout.js";
import { baseIndex, fusion, rasFromLPS } from "../Modules/scene.js";
import { edgeLetters, isRadiological, panned, tileAt, tilesOf, toCanvas, toPlane, zoomedAbout } from "../Modules/tiles.js";

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

/** What NiiVue leaves for an axial slice at z = 7, 200 x 100 mm on 400 x 200 pixels at (50, 20), with
 * fractions that WebGL cuts off. */
const niivue = { gl: { canvas: { height: 240 } }, screenSlices: [
    { leftTopWidthHeight: [50.8, 20, 400.9, 200], axCorSag: 0, AxyzMxy: [0, 0, 7, 0, 0], leftTopMM: [100, -50], fovMM: [-200, 100] },
    { leftTopWidthHeight: [450, 20, 100, 100], axCorSag: 4, AxyzMxy: [], leftTopMM: [], fovMM: [1, 0] },
] };

test("pixels and mm of a tile undo each other; the right of the patient is on the left", () => {
    const [tile, ...others] = tilesOf(niivue);
    assert.equal(others.length, 0);
    assert.ok(isRadiological(tile));
    assert.ok(!isRadiological({ ...tile, u: -100, fovU: 200 }));
    assert.deepEqual(toCanvas(tile, 100, 50), [50, 20]);
    assert.deepEqual(toCanvas(tile, -100, -50), [450, 220]);
    assert.deepEqual(toPlane(tile, ...toCanvas(tile, 12, -34)).map((x) => Math.round(x * 1e9) / 1e9), [12, -34]);
    assert.deepEqual(tile.cut, { plane: "axial", w0: 7, slopeU: -0, slopeV: 0 });
    assert.equal(tileAt([tile], 449, 219), tile);
    assert.equal(tileAt([tile], 450, 219), undefined);
});

test("fractions of a pixel go where WebGL's viewport puts them", () => {
    const slice = { ...niivue.screenSlices[0], leftTopWidthHeight: [806.8, 336.5, 430.72, 336.5] };
    const [tile] = tilesOf({ gl: { canvas: { height: 673 } }, screenSlices: [slice] });
    // The viewport is (806, 0, 430, 336) from below, so 336 rows above the bottom of 673.
    assert.deepEqual([tile.left, tile.top, tile.width, tile.height], [806, 337, 430, 336]);
});

test("letters follow the mapping, not the wish", () => {
    const [tile] = tilesOf(niivue);
    assert.deepEqual(edgeLetters(tile), { left: "R", right: "L", top: "A", bottom: "P" });
    assert.deepEqual(edgeLetters({ ...tile, fovU: 200 }), { left: "L", right: "R", top: "A", bottom: "P" });
    assert.deepEqual(edgeLetters({ ...tile, plane: "sagittal" }), { left: "A", right: "P", top: "S", bottom: "I" });
});

test("zoom keeps its point, pan moves by mm on screen", () => {
    const at = [5, -3, 2, 1.5];
    const zoomed = zoomedAbout(at, [10, 20, 30], 4);
    [10, 20, 30].forEach((x, n) => assert.equal(zoomed[3] * x + zoomed[n], at[3] * x + at[n]));
    assert.deepEqual(panned(at, "coronal", 2, 4), [8, -3, 8, 1.5]);
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
    assert.equal(bindingOf(press("c"), true), undefined);
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
