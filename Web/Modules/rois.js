// SPDX-License-Identifier: Apache-2.0
// Regions on planar views: boxes and polygons in pixels of the anterior view; the centre of the first
// pixel is (0, 0), columns run to the right, rows down. Pure.

import { inside } from "./geometry.js";

/** @typedef {"lungs" | "liver" | "background"} Part */
/**
 * A box `[firstRow, lastRow, firstColumn, lastColumn]`, both ends inside, or corners `[column, row]`.
 * @typedef {{part: Part, box?: number[], corners?: number[][]}} Shape
 */
/** @typedef {[number, number]} Point column, row */

/**
 * The whole pixels between two points.
 * @param {Point} a @param {Point} b @param {number} rows @param {number} columns
 * @returns {number[]}
 */
export function boxBetween(a, b, rows, columns) {
    const whole = (/** @type {number} */ x, /** @type {number} */ count) => inside(Math.round(x), count);
    return [
        whole(Math.min(a[1], b[1]), rows), whole(Math.max(a[1], b[1]), rows),
        whole(Math.min(a[0], b[0]), columns), whole(Math.max(a[0], b[0]), columns),
    ];
}

/**
 * The line round a region; that of a box runs along its pixels' edges.
 * @param {Shape} shape @returns {Point[]}
 */
export function outlineOf({ box, corners }) {
    if (!box) return /** @type {Point[]} */ (corners ?? []);
    const [top, bottom, left, right] = box;
    return [[left - 0.5, top - 0.5], [right + 0.5, top - 0.5], [right + 0.5, bottom + 0.5], [left - 0.5, bottom + 0.5]];
}

/**
 * A point of the anterior view as it lies in the posterior one, or back.
 * @param {Point} point @param {number} columns @returns {Point}
 */
export function opposite([column, row], columns) {
    return [columns - 1 - column, row];
}

/**
 * A region as people write it: `rows 3 to 20, columns 5 to 40`, or corners `5,3 40,3 22,30`.
 * @param {Shape} shape
 */
export function written({ box, corners }) {
    if (box) return `rows ${box[0]} to ${box[1]}, columns ${box[2]} to ${box[3]}`;
    return `${(corners ?? []).length} corners: ${(corners ?? []).map((c) => c.map((x) => Math.round(x * 10) / 10).join(",")).join(" ")}`;
}

/**
 * Reads corners as `column,row` with blanks or semicolons between them.
 * @param {string} text @returns {number[][] | null} `null` when they are not at least three
 */
export function cornersOf(text) {
    const corners = text.trim().split(/[\s;]+/).map((pair) => pair.split(",").map((x) => (x === "" ? NaN : Number(x))));
    const good = corners.length >= 3 && corners.every((c) => c.length === 2 && c.every(Number.isFinite));
    return good ? corners : null;
}

/** Colours and line styles of the parts: not colour alone. */
export const PART_STYLES = /** @type {Record<Part, {name: string, colour: string, dash: number[]}>} */ ({
    lungs: { name: "Lungs", colour: "#74b8ff", dash: [] },
    liver: { name: "Liver", colour: "#ffd166", dash: [8, 4] },
    background: { name: "Background", colour: "#80d997", dash: [2, 4] },
});
