// SPDX-License-Identifier: Apache-2.0
// What the server sends to the viewer (Web/README.md), and what may be laid over what. Pure.

import { spacing } from "./geometry.js";

/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {"ct" | "mr" | "activity" | "dose" | "delivered" | "compared" | "difference"} LayerRole `compared`: the dose of a second plan */
/**
 * @typedef {object} Layer
 * @property {string} id
 * @property {LayerRole} role
 * @property {string} label series description
 * @property {string} modality
 * @property {string} date
 * @property {string} unit
 * @property {string} url
 * @property {string} [previewURL] a reduced copy, which is there sooner
 * @property {string} frameOfReferenceUID
 * @property {number} windowLow
 * @property {number} windowHigh
 * @property {string} [colourMap]
 * @property {number} [opacity] 0 to 1
 * @property {string} [note] shown with every value, such as why an SUV is withheld
 * @property {number} [suvPerUnit] SUV by body weight of one unit of the values
 * @property {string} [secondID] of a difference: id of the dose that has so much more than the first
 */
/**
 * @typedef {object} SceneStructure
 * @property {string} name
 * @property {string} role
 * @property {string} colour `#rrggbb`
 * @property {number[]} dash lengths of line and gap in screen pixels; none is a solid line
 * @property {string} url
 * @property {string} [frameOfReferenceUID] that of the scene when it is left out
 */
/**
 * A rigid registration: LPS mm of `from` to LPS mm of `to`, row-major 4 x 4.
 * @typedef {{id: string, from: string, to: string, accepted: boolean, matrixLPS: number[]}} Registration
 */
/**
 * @typedef {object} Scene
 * @property {{name: string, birthDate: string, patientID: string, issuer: string}} patient
 * @property {string} [frameOfReferenceUID] of the planning grid; that of the first layer when left out
 * @property {string} [base] id of the layer below the others; the finest anatomical one when left out
 * @property {Layer[]} layers
 * @property {SceneStructure[]} structures
 * @property {number[]} isodoseLevelsGy
 * @property {Registration[]} [registrations]
 */
/** @typedef {{layer: Layer, matrix: number[] | null}} Fused the matrix is RAS to RAS, 3 x 4 */
/** @typedef {{id: string, label: string, sentence: string, from: string, to: string}} Refusal */

/**
 * A layer whose scene names no window gets the range of its own voxels from zero, or from its least
 * value where that is below.
 * @param {Layer} layer @param {import("./geometry.js").Volume} volume
 * @returns {Layer}
 */
export function windowed(layer, volume) {
    if (layer.windowHigh > layer.windowLow) return layer;
    let low = 0;
    let high = 0;
    for (const voxel of volume.voxels) {
        const value = volume.slope * voxel + volume.intercept;
        if (value < low) low = value;
        if (value > high) high = value;
    }
    return { ...layer, windowLow: low, windowHigh: high > low ? high : low + 1 };
}

/**
 * Decides which layers may lie over each other: those of one frame of reference, and those that an
 * accepted registration brings into it. The rest are refused with a sentence.
 * @param {Scene} scene
 * @returns {{frame: string, fused: Fused[], structures: {structure: SceneStructure, matrix: number[] | null}[], refused: Refusal[]}}
 */
export function fusion(scene) {
    const frame = scene.frameOfReferenceUID ?? scene.layers[0]?.frameOfReferenceUID ?? "";
    /** @type {Refusal[]} */
    const refused = [];
    const placed = (/** @type {string} */ from, /** @type {string} */ id, /** @type {string} */ label) => {
        const found = wayTo(scene, from, frame);
        if (found === undefined) {
            refused.push({ id, label, from, to: frame, sentence: sentence(scene, label, from, frame) });
        }
        return found;
    };
    const fused = scene.layers.flatMap((layer) => {
        const matrix = placed(layer.frameOfReferenceUID, layer.id, layer.label);
        return matrix === undefined ? [] : [{ layer, matrix }];
    });
    const structures = scene.structures.flatMap((structure) => {
        const from = structure.frameOfReferenceUID ?? frame;
        const matrix = placed(from, structure.name, structure.name);
        return matrix === undefined ? [] : [{ structure, matrix }];
    });
    return { frame, fused, structures, refused };
}

/**
 * @param {Scene} scene @param {string} from @param {string} to
 * @returns {number[] | null | undefined} `null` when nothing is to be moved, `undefined`: no way
 */
function wayTo(scene, from, to) {
    // An image without a frame of reference is not known to lie anywhere.
    if (from !== "" && from === to) return null;
    const registration = scene.registrations?.find((r) => r.accepted && r.from === from && r.to === to);
    return registration ? rasFromLPS(registration.matrixLPS) : undefined;
}

/** @param {Scene} scene @param {string} label @param {string} from @param {string} to */
function sentence(scene, label, from, to) {
    const waits = scene.registrations?.some((r) => !r.accepted && r.from === from && r.to === to);
    return waits
        ? `${label} is not shown: its registration has not been accepted yet.`
        : `${label} is not shown: it was taken in another frame of reference and is not registered.`;
}

/**
 * The same motion in RAS: both flips are their own inverse.
 * @param {number[]} m row-major 4 x 4 @returns {number[]} row-major 3 x 4
 */
export function rasFromLPS(m) {
    const sign = [-1, -1, 1, 1];
    return Array.from({ length: 12 }, (_, n) => {
        const value = m[n] * sign[Math.floor(n / 4)] * sign[n % 4];
        return value === 0 ? 0 : value;
    });
}

/**
 * Whether a layer shows where things are, not how much of something there is.
 * @param {Layer} layer
 */
export function isAnatomy({ role }) {
    return role === "ct" || role === "mr";
}

/**
 * What a layer is to a comparison of doses: the one compared with, the one compared, or what the second
 * has more than the first; nothing for images.
 * @param {Pick<Layer, "role">} layer @returns {import("./tiles.js").DosePart | undefined}
 */
export function dosePart({ role }) {
    if (role === "dose") return "first";
    if (role === "delivered" || role === "compared") return "second";
    return role === "difference" ? "difference" : undefined;
}

/**
 * Whether a layer is a dose, not how much more one is than another.
 * @param {Pick<Layer, "role">} layer
 */
export function isDose(layer) {
    return ["first", "second"].includes(dosePart(layer) ?? "");
}

/**
 * The layer under the others, by whose slices one steps: the finest anatomical grid, the first of equals; where
 * there is no anatomy, the finest of all. Values and lines come from native grids whatever it is.
 * @param {{layer: Layer, volume: Volume}[]} loaded @returns {number}
 */
export function baseIndex(loaded) {
    const anatomy = loaded.some(({ layer }) => isAnatomy(layer));
    const sizes = loaded.map(({ layer, volume }) =>
        (anatomy && !isAnatomy(layer) ? Infinity : spacing(volume.affine).reduce((a, b) => a * b, 1)));
    // Rounding of the header is not a finer grid.
    return sizes.findIndex((size) => size <= Math.min(...sizes) * 1.0001);
}

/**
 * The layer below the others, where the scene says it or there is no choice; empty when it is the
 * finest of several.
 * @param {Scene} scene @param {{layer: Layer}[]} fused @returns {string} its id
 */
export function baseID(scene, fused) {
    const named = fused.find(({ layer }) => layer.id === scene.base);
    if (named) return named.layer.id;
    const anatomy = fused.filter(({ layer }) => isAnatomy(layer));
    const possible = anatomy.length > 0 ? anatomy : fused;
    return possible.length === 1 ? possible[0].layer.id : "";
}

/**
 * How strongly each role lies over the base at first.
 * @type {Record<LayerRole, number>}
 */
export const OPACITIES = { ct: 1, mr: 0.5, activity: 0.5, dose: 0.35, delivered: 0, compared: 0, difference: 0.7 };
