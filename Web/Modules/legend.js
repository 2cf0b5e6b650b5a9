// SPDX-License-Identifier: Apache-2.0
// The colours of the layers on show with the values they stand for, drawn by what colours the slices.

import { pen } from "./canvas.js";
import { coloured } from "./colours.js";
import { element } from "./elements.js";
import { short, withSign } from "./numbers.js";
import { colourTable, palettesOf } from "./palettes.js";
import { isAnatomy, isDose } from "./scene.js";

/** @typedef {import("./stage.js").Shown} Shown */

const STEPS = 256;

/**
 * The values at a legend's ends: those of the palette's ends. Pure.
 * @param {Shown} shown @param {boolean} isBase
 * @returns {{foot: number, top: number, fromZero: boolean}} `fromZero`: below the window nothing is seen
 */
export function ends({ layer, low, high }, isBase) {
    const fromZero = !isBase && !isAnatomy(layer) && layer.role !== "difference";
    return { foot: fromZero ? Math.min(0, low) : low, top: high, fromZero };
}

/**
 * What there is to say of the windows of several doses on show; nothing of one dose alone. Pure.
 * @param {Shown[]} shown
 */
export function windowsOfDoses(shown) {
    const [first, ...others] = shown.filter(({ layer, visible }) => visible && isDose(layer));
    if (others.length === 0) return "";
    return others.every(({ low, high }) => low === first.low && high === first.high)
        ? "One window for all doses." : "Each dose has a window of its own: the same colour is not the same dose.";
}

/**
 * A bar for a layer.
 * @param {Shown} shown @param {boolean} isBase
 */
export function legend(shown, isBase) {
    const { layer, low, high, palette } = shown;
    const { foot, top, fromZero } = ends(shown, isBase);
    const values = Float32Array.from({ length: STEPS }, (_, n) => foot + (top - foot) * n / (STEPS - 1));
    const canvas = element("canvas", { width: String(STEPS), height: "1", class: "legend-bar", "aria-hidden": "true" });
    const context = pen(canvas);
    const image = context?.createImageData(STEPS, 1);
    if (context && image) {
        coloured(values, STEPS, 1, false, { low, high, fromZero, table: colourTable(palette) }, new Uint32Array(image.data.buffer));
        context.putImageData(image, 0, 0);
    }
    const written = (/** @type {number} */ x) => (layer.role === "difference" ? withSign(short(x)) : short(x));
    const name = palettesOf(layer.role).find(({ id }) => id === palette)?.name ?? "";
    return element("li", { class: "legend", "data-layer": layer.id, "data-palette": palette }, [
        element("span", {}, [layer.label]),
        element("span", { class: "legend-scale" }, [written(foot), canvas, `${written(top)} ${layer.unit}`]),
        element("span", { class: "visually-hidden" }, [`, palette ${name}`]),
    ]);
}
