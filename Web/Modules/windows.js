// SPDX-License-Identifier: Apache-2.0
// Windows: which values lie between black and white, those that people know by name, and moving one.
// Pure.

/** @typedef {import("./scene.js").Layer} Layer */
/** @typedef {import("./scene.js").LayerRole} LayerRole */
/** @typedef {{low: number, high: number}} Window */
/** @typedef {{id: string, name: string, roles: LayerRole[], low: number | null, high: number | null}} Preset `null`: as the scene has it */

/** A window never gets narrower than this, in the layer's unit. */
const LEAST_WIDTH = 1e-6;

/**
 * Windows that people know by name; for CT in HU.
 * @type {Preset[]}
 */
const PRESETS = [
    { id: "abdomen", name: "Abdomen", roles: ["ct"], low: -160, high: 240 },
    { id: "liver", name: "Liver", roles: ["ct"], low: -45, high: 105 },
    { id: "lung", name: "Lung", roles: ["ct"], low: -1350, high: 150 },
    { id: "bone", name: "Bone", roles: ["ct"], low: -500, high: 1300 },
    { id: "pet", name: "PET / SPECT", roles: ["activity"], low: null, high: null },
    { id: "dose", name: "Dose", roles: ["dose", "delivered", "compared"], low: null, high: null },
    { id: "difference", name: "All", roles: ["difference"], low: null, high: null },
    { id: "difference-10", name: "± 10 Gy", roles: ["difference"], low: -10, high: 10 },
    { id: "difference-50", name: "± 50 Gy", roles: ["difference"], low: -50, high: 50 },
    { id: "mr", name: "As sent", roles: ["mr"], low: null, high: null },
];

/** @param {Layer} layer */
export function presetsOf(layer) {
    return PRESETS.filter((p) => p.roles.includes(layer.role));
}

/**
 * What a preset means for a layer.
 * @param {Preset} preset @param {Layer} layer @returns {Window}
 */
export function windowOf(preset, layer) {
    return { low: preset.low ?? layer.windowLow, high: preset.high ?? layer.windowHigh };
}

/**
 * @param {{layer: Layer} & Window} shown
 * @returns {Preset | undefined} the preset it has
 */
export function presetOf({ layer, low, high }) {
    return presetsOf(layer).find((preset) => {
        const window = windowOf(preset, layer);
        return window.low === low && window.high === high;
    });
}

/**
 * The window of a difference lies about zero, as far as the bound that was moved says.
 * @param {Window} window @param {Window} before
 * @returns {Window}
 */
export function windowAboutZero(window, before) {
    const limit = Math.abs(window.high !== before.high ? window.high : window.low);
    return { low: -limit, high: limit };
}

/**
 * @param {Window} window @param {number} wider @param {number} higher shares of its width
 * @returns {Window}
 */
export function shiftedWindow({ low, high }, wider, higher) {
    const width = high - low;
    const half = Math.max(width * (1 + wider), LEAST_WIDTH) / 2;
    const level = (low + high) / 2 + higher * width;
    return { low: level - half, high: level + half };
}
