// SPDX-License-Identifier: Apache-2.0
// What a person does to pictures that are no volume: keys, pointer, controls.

import { button, choice, element, group, keyHelp, labelled, numberField } from "./elements.js";
import { isTextField } from "./keys.js";

/** @typedef {import("./frames.js").FrameViewer} FrameViewer */

/** @type {{keys: string[], name: string, what: string, alt?: boolean, shift?: boolean, act: (v: FrameViewer) => void}[]} */
const FRAME_KEYS = [
    { keys: ["PageUp"], name: "Page up", what: "next frame", act: (v) => v.step(1) },
    { keys: ["PageDown"], name: "Page down", what: "previous frame", act: (v) => v.step(-1) },
    { keys: [" "], name: "Space", what: "play or stop", act: (v) => v.toggleFilm() },
    { keys: ["+", "="], name: "+", what: "larger", act: (v) => v.zoomBy(1.25) },
    { keys: ["-", "_"], name: "-", what: "smaller", act: (v) => v.zoomBy(0.8) },
    { keys: ["Home"], name: "Home", what: "whole image", act: (v) => v.whole() },
    { keys: ["ArrowLeft"], shift: true, name: "Shift ←", what: "pan left", act: (v) => v.pan(-0.1, 0) },
    { keys: ["ArrowRight"], shift: true, name: "Shift →", what: "pan right", act: (v) => v.pan(0.1, 0) },
    { keys: ["ArrowUp"], shift: true, name: "Shift ↑", what: "pan up", act: (v) => v.pan(0, -0.1) },
    { keys: ["ArrowDown"], shift: true, name: "Shift ↓", what: "pan down", act: (v) => v.pan(0, 0.1) },
    { keys: ["ArrowRight"], alt: true, name: "Alt →", what: "wider window", act: (v) => v.shiftWindow(0.1, 0) },
    { keys: ["ArrowLeft"], alt: true, name: "Alt ←", what: "narrower window", act: (v) => v.shiftWindow(-0.1, 0) },
    { keys: ["ArrowUp"], alt: true, name: "Alt ↑", what: "higher window", act: (v) => v.shiftWindow(0, 0.1) },
    { keys: ["ArrowDown"], alt: true, name: "Alt ↓", what: "lower window", act: (v) => v.shiftWindow(0, -0.1) },
    { keys: ["p", "P"], name: "p", what: "pin a comment", act: (v) => v.tell("grevy-pin") },
    { keys: ["c", "C"], name: "c", what: "next comment", act: (v) => v.tell("grevy-comment") },
];

/** @param {FrameViewer} viewer */
export function followFrameKeys(viewer) {
    viewer.stage.addEventListener("keydown", (event) => {
        if (isTextField(event.target) || event.ctrlKey || event.metaKey) return;
        const character = event.key.length === 1 && event.key !== " ";
        const binding = FRAME_KEYS.find((k) => k.keys.includes(event.key) && Boolean(k.alt) === event.altKey
            && (character || Boolean(k.shift) === event.shiftKey));
        if (!binding) return;
        event.preventDefault();
        binding.act(viewer);
    });
}

/**
 * Primary: pan; secondary: window. Wheel: frames; with control, or where all views are on show: zoom.
 * @param {FrameViewer} viewer
 */
export function followFramePointer(viewer) {
    const { stage, canvas } = viewer;
    /** @type {{x: number, y: number, kind: "pan" | "window"} | null} */
    let drag = null;
    stage.addEventListener("pointerdown", (event) => {
        if (event.defaultPrevented) return;
        drag = { x: event.clientX, y: event.clientY, kind: event.button === 2 ? "window" : "pan" };
        stage.setPointerCapture(event.pointerId);
        stage.focus({ preventScroll: true });
    });
    stage.addEventListener("pointermove", (event) => {
        if (!drag) return;
        const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
        if (drag.kind === "window") viewer.shiftWindow(dx / 200, dy / 200);
        else viewer.pan(-dx / canvas.clientWidth * viewer.frames().length, -dy / canvas.clientHeight);
        [drag.x, drag.y] = [event.clientX, event.clientY];
    });
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => { drag = null; });
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
    stage.addEventListener("wheel", (event) => {
        event.preventDefault();
        if (event.ctrlKey || viewer.frames().length > 1) viewer.zoomBy(1.15 ** -Math.sign(event.deltaY));
        else viewer.step(Math.sign(event.deltaY));
    }, { passive: false });
}

/** @param {FrameViewer} viewer */
export function frameToolbar(viewer) {
    const { frames, isColour, windowLow, windowHigh } = viewer.data;
    const frame = numberField((x) => viewer.go(Math.round(x)), { min: "1", max: String(frames.length), step: "1" });
    const film = button("Play", () => viewer.toggleFilm());
    const rate = numberField((x) => { viewer.rate = Math.min(60, Math.max(0.1, x)); }, { min: "0.1", max: "60" });
    const low = numberField((x) => viewer.setWindow(x, viewer.high));
    const high = numberField((x) => viewer.setWindow(viewer.low, x));
    const all = { low: windowLow ?? 0, high: windowHigh ?? 255 };
    const presets = choice([
        { value: "1", name: "Whole range" }, { value: "0.3", name: "Lower third" }, { value: "0.1", name: "Lower tenth" },
    ], "1", (share) => viewer.setWindow(all.low, all.low + Number(share) * (all.high - all.low)));
    const single = viewer.frames().length === 1;
    const root = element("div", { class: "viewer-toolbar" }, [
        ...(single && frames.length > 1 ? [group("Frame", [
            button("◀", () => viewer.step(-1), { "aria-label": "Previous frame" }),
            labelled("Frame", frame), element("span", {}, [`of ${frames.length}`]),
            button("▶", () => viewer.step(1), { "aria-label": "Next frame" }),
            film, labelled("Frames a second", rate),
        ])] : []),
        ...(isColour ? [] : [group("Window", [
            labelled("Window", presets), labelled("from", low), labelled("to", high)])]),
        group("View", [
            button("−", () => viewer.zoomBy(0.8), { "aria-label": "Smaller" }),
            button("+", () => viewer.zoomBy(1.25), { "aria-label": "Larger" }),
            button("Whole", () => viewer.whole()),
            keyHelp(FRAME_KEYS.filter(({ alt }) => !(alt && isColour))),
        ]),
    ]);
    const update = () => {
        frame.value = String(viewer.frame);
        rate.value = String(viewer.rate);
        film.textContent = viewer.film ? "Stop" : "Play";
        low.value = String(viewer.low);
        high.value = String(viewer.high);
    };
    return { root, update };
}
