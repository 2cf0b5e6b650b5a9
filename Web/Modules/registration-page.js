// SPDX-License-Identifier: Apache-2.0
// Two images of a case on each other: blended or as a checkerboard; the upper one is moved by keys and
// numbers, and where it lies is kept by a form.

import { button, checkbox, element, labelled } from "./elements.js";
import { composed, flipped, inverted } from "./geometry.js";
import { isTextField } from "./keys.js";
import { multiplied, turnAndShift } from "./rigid.js";
import { rasFromLPS } from "./scene.js";
import { fetchedScene } from "./scene-page.js";
import { Viewer } from "./viewer.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").Volume} Volume */

const AXES = [
    { name: "Left", unit: "mm" }, { name: "Back", unit: "mm" }, { name: "Head", unit: "mm" },
    { name: "About left–right", unit: "°" }, { name: "About front–back", unit: "°" }, { name: "About head–feet", unit: "°" },
];
/** Keys of each number, less and more; with Shift ten times as far. */
const NUDGES = [["a", "d"], ["i", "k"], ["x", "e"], ["r", "f"], ["t", "g"], ["y", "b"]];

/**
 * @param {HTMLElement} host @param {string} address of the scene
 */
async function start(host, address) {
    const pair = await fetchedScene(host, address);
    if (!pair) return;
    const { scene, startLPS, start: startWords } = pair;
    const [fixed, moving] = scene.layers;
    // The page shows the two on each other before anybody has said that they may lie so.
    const frame = `moving ${moving.frameOfReferenceUID}`;
    scene.frameOfReferenceUID ||= "fixed";
    fixed.frameOfReferenceUID = scene.frameOfReferenceUID;
    moving.frameOfReferenceUID = frame;
    moving.opacity = 0.5;
    scene.registrations = [{ id: "here", from: frame, to: scene.frameOfReferenceUID, accepted: true, matrixLPS: startLPS }];
    const viewer = new Viewer(host, scene);
    const state = { numbers: [0, 0, 0, 0, 0, 0], start: startLPS, startWords };
    panel(viewer, moving.id, state);
    await viewer.start();
}

/** @param {Viewer} viewer @returns {Vec3} LPS mm of the middle of the image that stays */
function pivotOf(viewer) {
    return flipped(viewer.stage.middle());
}

/**
 * @param {Viewer} viewer @param {string} id of the layer that moves
 * @param {{numbers: number[], start: number[], startWords: string}} state
 */
function panel(viewer, id, state) {
    const box = document.getElementById("nudge");
    if (!box) return;
    const matrixField = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=matrix]"));
    /** @type {Volume | null} as it came, where the start puts it */
    let first = null;
    const matrix = () => {
        const [x, y, z, a, b, c] = state.numbers;
        return multiplied(turnAndShift([a, b, c], pivotOf(viewer), [x, y, z]), state.start);
    };
    const place = () => {
        if (matrixField) matrixField.value = matrix().join(" ");
        const shown = viewer.stack.found(id);
        if (!shown || viewer.layers().length < 2) return;
        first ??= shown.volume;
        const [x, y, z, a, b, c] = state.numbers;
        const affine = composed(rasFromLPS(turnAndShift([a, b, c], pivotOf(viewer), [x, y, z])), first.affine);
        viewer.stage.replace(shown, { ...first, affine, inverse: inverted(affine) });
    };
    const fields = AXES.map(({ name, unit }, n) => {
        const field = element("input", { type: "number", class: "number", step: "0.5", value: "0" });
        field.addEventListener("input", () => {
            if (!Number.isFinite(field.valueAsNumber)) return;
            state.numbers[n] = field.valueAsNumber;
            place();
        });
        return { row: labelled(`${name} (${unit})`, field), field };
    });
    const show = () => fields.forEach(({ field }, n) => { field.value = String(state.numbers[n]); });
    const said = element("p", { role: "status", class: "field-help" });
    const reset = button("Back to the start", () => {
        state.numbers = [0, 0, 0, 0, 0, 0];
        show();
        place();
    });
    const checker = checkbox("Checkerboard", false, (on) => {
        viewer.stage.checkerboard = on;
        viewer.stage.redraw();
    });
    box.replaceChildren(
        checker,
        element("p", { class: "field-help" }, [`The start: ${state.startWords}. Shift, then turn about the middle of the image that stays.`]),
        ...fields.map(({ row }) => row), reset,
        element("details", {}, [
            element("summary", {}, ["Keys, on the images"]),
            element("ul", {}, AXES.map(({ name, unit }, n) => element("li", {}, [
                `${NUDGES[n].join(" and ")}: ${name}, 0.5 ${unit} less and more; with Shift 5 ${unit}`]))),
        ]), said);
    viewer.panes.stage.addEventListener("keydown", (event) => {
        if (isTextField(event.target) || event.ctrlKey || event.metaKey || event.altKey || !viewer.characterKeys()) return;
        const key = event.key.toLowerCase();
        const axis = NUDGES.findIndex((keys) => keys.includes(key));
        if (axis < 0) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        const by = (NUDGES[axis].indexOf(key) * 2 - 1) * (event.shiftKey ? 5 : 0.5);
        state.numbers[axis] = Math.round((state.numbers[axis] + by) * 100) / 100;
        show();
        place();
        viewer.announce(`${AXES[axis].name} ${state.numbers[axis]} ${AXES[axis].unit}`);
    }, { capture: true });
    viewer.host.addEventListener("grevy-arrived", () => place());
    const form = /** @type {HTMLFormElement | null} */ (matrixField?.closest("form"));
    form?.addEventListener("submit", (event) => {
        // The start is the middle of the image that stays: without it nothing is known.
        if (viewer.layers().length >= 2) return;
        event.preventDefault();
        said.textContent = "Wait until both images are there.";
    });
}

const host = document.getElementById("viewer");
if (host?.dataset.scene) await start(host, host.dataset.scene);
