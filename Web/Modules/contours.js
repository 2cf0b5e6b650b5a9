// SPDX-License-Identifier: Apache-2.0
// Which lines lie over the images: isodose lines of every dose, outlines of every structure. Pure.

import { onBlack } from "./colours.js";
import { HALF_COVERAGE } from "./readout.js";
import { dosePart } from "./scene.js";

/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./overlay.js").Contour} Contour */

/** Colours of isodose lines from the lowest level up; each line also carries its level. */
const ISODOSE_COLOURS = ["#5ab4ff", "#59e0d0", "#7ee26a", "#f2e34c", "#ffb13d", "#ff6f5e", "#ff8ad8"];
/** @type {number[]} */
const FIRST_DASH = [];
const SECOND_DASH = [7, 4];

/**
 * @param {{layer: import("./scene.js").Layer, volume: Volume}[]} layers @param {number[]} levelsGy in any order
 * @returns {Contour[]}
 */
export function isodoses(layers, levelsGy) {
    const rising = [...levelsGy].sort((a, b) => a - b);
    const doses = layers.map(({ layer, volume }) => ({ layer, volume, dose: dosePart(layer) }))
        .filter(({ dose }) => dose === "first" || dose === "second");
    return doses.flatMap(({ layer, volume, dose }) => rising.map((level, n) => ({
        key: `isodose ${layer.id} ${level}`, label: `${level} Gy`, volume, level, outside: NaN,
        colour: ISODOSE_COLOURS[n % ISODOSE_COLOURS.length],
        dash: dose === "second" ? SECOND_DASH : FIRST_DASH, visible: true, dose,
    })));
}

/** @param {import("./structures.js").ShownStructure[]} structures @returns {Contour[]} */
export function outlines(structures) {
    return structures.map(({ structure, volume, visible }) => ({
        key: `structure ${structure.name}`, label: structure.name, volume, level: HALF_COVERAGE,
        outside: 0, colour: onBlack(structure.colour), dash: structure.dash ?? [], visible,
    }));
}
