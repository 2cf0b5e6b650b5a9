// SPDX-License-Identifier: Apache-2.0
// Layouts, and presets of them: what each task looks at, in which layout. Pure.

import { dosePart } from "./scene.js";

/** @typedef {import("./scene.js").LayerRole} LayerRole */
/** @typedef {import("./tiles.js").LayoutName} LayoutName */
/** @typedef {{id: string, name: string, key: string, layout: LayoutName, roles: LayerRole[]}} LayoutPreset `roles`: of the layers that are seen over the base */

/** @type {LayoutPreset[]} */
export const LAYOUT_PRESETS = [
    { id: "work-up", name: "Work-up", key: "4", layout: "three", roles: ["ct", "mr", "activity"] },
    { id: "plan", name: "Plan", key: "5", layout: "three", roles: ["ct", "mr", "dose"] },
    { id: "verify", name: "Verify", key: "6", layout: "beside", roles: ["ct", "mr", "dose", "delivered", "compared", "difference"] },
    { id: "follow-up", name: "Follow-up", key: "7", layout: "axial", roles: ["ct", "mr", "activity"] },
];

/** @type {{value: LayoutName, name: string}[]} */
const NAMES = [
    { value: "three", name: "Three planes" }, { value: "quad", name: "Three planes and 3D" },
    { value: "axial", name: "Axial" }, { value: "coronal", name: "Coronal" }, { value: "sagittal", name: "Sagittal" },
    { value: "3d", name: "3D" }, { value: "beside", name: "Doses side by side" },
];

/** @param {{layers: {role: LayerRole}[]}} scene */
export function hasTwoDoses({ layers }) {
    const parts = layers.map(dosePart);
    return parts.includes("first") && parts.includes("second");
}

/**
 * The layouts in which a scene can be shown.
 * @param {import("./scene.js").Scene} scene
 */
export function layoutsOf(scene) {
    return NAMES.filter(({ value }) => value !== "beside" || hasTwoDoses(scene));
}

/**
 * The presets that mean something for a scene: none without a dose.
 * @param {import("./scene.js").Scene} scene
 */
export function layoutPresetsOf(scene) {
    if (!scene.layers.some(dosePart)) return [];
    return LAYOUT_PRESETS.filter(({ layout }) => layout !== "beside" || hasTwoDoses(scene));
}
