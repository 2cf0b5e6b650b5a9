// SPDX-License-Identifier: Apache-2.0
// The viewer's keys. They work while the images have the focus, never in a field; those that type a
// character can be turned off (WCAG 2.1.4).

import { LAYOUT_PRESETS } from "./layouts.js";

/** @typedef {"axial" | "coronal" | "sagittal"} PlaneName */
/**
 * @typedef {object} KeyTarget
 * @property {(plane: PlaneName) => void} activate
 * @property {(count: number) => void} stepActive
 * @property {(right: number, up: number) => void} moveCursor in voxels on screen
 * @property {(right: number, up: number) => void} panActive in tenths of the view
 * @property {(factor: number) => void} zoom
 * @property {() => void} resetView
 * @property {(wider: number, higher: number) => void} shiftWindow
 * @property {() => void} nextPreset
 * @property {() => void} nextLayer
 * @property {() => void} toggleLayer
 * @property {(by: number) => void} nextStructure
 * @property {() => void} measure
 * @property {() => void} nextPalette
 * @property {{next: () => void, choosePreset: (id: string) => void}} layouts
 * @property {() => void} showDifference
 * @property {(name: string) => void} tell
 */
/** @typedef {{keys: string[], shift?: boolean, alt?: boolean, character: boolean, what: string, act: (t: KeyTarget) => void}} KeyBinding */

/** @type {KeyBinding[]} */
export const KEYS = [
    { keys: ["PageUp"], character: false, what: "next slice", act: (t) => t.stepActive(1) },
    { keys: ["PageDown"], character: false, what: "previous slice", act: (t) => t.stepActive(-1) },
    { keys: ["PageUp"], shift: true, character: false, what: "ten slices on", act: (t) => t.stepActive(10) },
    { keys: ["PageDown"], shift: true, character: false, what: "ten slices back", act: (t) => t.stepActive(-10) },
    { keys: ["ArrowLeft"], character: false, what: "crosshair left", act: (t) => t.moveCursor(-1, 0) },
    { keys: ["ArrowRight"], character: false, what: "crosshair right", act: (t) => t.moveCursor(1, 0) },
    { keys: ["ArrowUp"], character: false, what: "crosshair up", act: (t) => t.moveCursor(0, 1) },
    { keys: ["ArrowDown"], character: false, what: "crosshair down", act: (t) => t.moveCursor(0, -1) },
    { keys: ["ArrowLeft"], shift: true, character: false, what: "pan left", act: (t) => t.panActive(-1, 0) },
    { keys: ["ArrowRight"], shift: true, character: false, what: "pan right", act: (t) => t.panActive(1, 0) },
    { keys: ["ArrowUp"], shift: true, character: false, what: "pan up", act: (t) => t.panActive(0, 1) },
    { keys: ["ArrowDown"], shift: true, character: false, what: "pan down", act: (t) => t.panActive(0, -1) },
    { keys: ["ArrowRight"], alt: true, character: false, what: "wider window", act: (t) => t.shiftWindow(0.1, 0) },
    { keys: ["ArrowLeft"], alt: true, character: false, what: "narrower window", act: (t) => t.shiftWindow(-0.1, 0) },
    { keys: ["ArrowUp"], alt: true, character: false, what: "higher window", act: (t) => t.shiftWindow(0, 0.1) },
    { keys: ["ArrowDown"], alt: true, character: false, what: "lower window", act: (t) => t.shiftWindow(0, -0.1) },
    { keys: ["Home"], character: false, what: "whole image", act: (t) => t.resetView() },
    { keys: ["+", "="], character: true, what: "larger", act: (t) => t.zoom(1.25) },
    { keys: ["-", "_"], character: true, what: "smaller", act: (t) => t.zoom(0.8) },
    { keys: ["1"], character: true, what: "axial plane", act: (t) => t.activate("axial") },
    { keys: ["2"], character: true, what: "coronal plane", act: (t) => t.activate("coronal") },
    { keys: ["3"], character: true, what: "sagittal plane", act: (t) => t.activate("sagittal") },
    { keys: ["w", "W"], character: true, what: "next window preset", act: (t) => t.nextPreset() },
    { keys: ["l", "L"], character: true, what: "next layer", act: (t) => t.nextLayer() },
    { keys: ["h", "H"], character: true, what: "hide or show the layer", act: (t) => t.toggleLayer() },
    { keys: ["n"], character: true, what: "next structure", act: (t) => t.nextStructure(1) },
    { keys: ["N"], shift: true, character: true, what: "previous structure", act: (t) => t.nextStructure(-1) },
    { keys: ["m", "M"], character: true, what: "measure the sphere at the crosshair", act: (t) => t.measure() },
    { keys: ["q", "Q"], character: true, what: "next palette", act: (t) => t.nextPalette() },
    { keys: ["o", "O"], character: true, what: "next layout", act: (t) => t.layouts.next() },
    ...LAYOUT_PRESETS.map(({ id, name, key }) => ({
        keys: [key], character: true, what: `layout: ${name}`,
        act: (/** @type {KeyTarget} */ t) => t.layouts.choosePreset(id) })),
    { keys: ["s", "S"], character: true, what: "how the second dose differs from the first", act: (t) => t.showDifference() },
    { keys: ["p", "P"], character: true, what: "pin a comment at the crosshair", act: (t) => t.tell("grevy-pin") },
    { keys: ["c", "C"], character: true, what: "next comment", act: (t) => t.tell("grevy-comment") },
];

/**
 * Whether keys typed there are text.
 * @param {EventTarget | null} target
 */
export function isTextField(target) {
    return target instanceof HTMLElement
        && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

/**
 * The binding of a key press. Pure.
 * @param {{key: string, shiftKey: boolean, altKey: boolean, ctrlKey: boolean, metaKey: boolean}} event
 * @param {boolean} characters whether single characters are on
 * @returns {KeyBinding | undefined}
 */
export function bindingOf(event, characters) {
    if (event.ctrlKey || event.metaKey) return undefined;
    return KEYS.find((k) => {
        if (!k.keys.includes(event.key) || (k.character && !characters)) return false;
        if (Boolean(k.alt) !== event.altKey) return false;
        // Shift is part of typing a character; for the others it chooses.
        return k.character || Boolean(k.shift) === event.shiftKey;
    });
}

/** @param {HTMLElement} element @param {KeyTarget} target @param {() => boolean} characters @param {AbortSignal} signal */
export function followKeys(element, target, characters, signal) {
    element.addEventListener("keydown", (event) => {
        if (isTextField(event.target)) return;
        const binding = bindingOf(event, characters());
        if (!binding) return;
        event.preventDefault();
        event.stopPropagation();
        binding.act(target);
    }, { signal });
}
