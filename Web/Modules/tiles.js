// SPDX-License-Identifier: Apache-2.0
// Which part of which plane lies where on the canvas, to patient millimetres and back. Pure.

import { PLANE_NAMES, PLANES, transformed } from "./geometry.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {import("./lattice.js").Cut} Cut */
/**
 * @typedef {object} Tile
 * @property {PlaneName} plane
 * @property {number} left device pixels @property {number} top
 * @property {number} width @property {number} height
 * @property {number} u mm at the left edge @property {number} v mm at the lower edge
 * @property {number} fovU mm across, signed @property {number} fovV mm up, signed
 * @property {Cut} cut
 * @property {DosePart} [dose] the only doses that are seen in it; all when left out
 */
/**
 * What is looked at: mm at the middle of every tile, magnification, crosshair.
 * @typedef {{centre: Vec3, zoom: number, cursor: Vec3}} View
 */
/** @typedef {"three" | "quad" | PlaneName | "3d" | "beside"} LayoutName */
/** @typedef {"first" | "second" | "difference"} DosePart */
/** @typedef {{lower: Vec3, upper: Vec3}} Box RAS mm */

/** What the 3D view counts as among the planes of a layout. */
export const TYPE_3D = 4;

/**
 * Tiles in shares of the canvas: `[left, top, width, height]`; 0 axial, 1 coronal, 2 sagittal, 4 in 3D.
 * @type {Record<LayoutName, {sliceType: number, position: number[], dose?: DosePart}[]>}
 */
export const LAYOUTS = {
    three: [
        { sliceType: 0, position: [0, 0, 0.6, 1] },
        { sliceType: 1, position: [0.6, 0, 0.4, 0.5] },
        { sliceType: 2, position: [0.6, 0.5, 0.4, 0.5] },
    ],
    quad: [
        { sliceType: 0, position: [0, 0, 0.5, 0.5] },
        { sliceType: 4, position: [0.5, 0, 0.5, 0.5] },
        { sliceType: 1, position: [0, 0.5, 0.5, 0.5] },
        { sliceType: 2, position: [0.5, 0.5, 0.5, 0.5] },
    ],
    axial: [{ sliceType: 0, position: [0, 0, 1, 1] }],
    coronal: [{ sliceType: 1, position: [0, 0, 1, 1] }],
    sagittal: [{ sliceType: 2, position: [0, 0, 1, 1] }],
    "3d": [{ sliceType: 4, position: [0, 0, 1, 1] }],
    beside: [
        { sliceType: 0, position: [0, 0, 1 / 3, 0.6], dose: "first" },
        { sliceType: 0, position: [1 / 3, 0, 1 / 3, 0.6], dose: "second" },
        { sliceType: 0, position: [2 / 3, 0, 1 / 3, 0.6], dose: "difference" },
        { sliceType: 1, position: [0, 0.6, 1 / 3, 0.4], dose: "first" },
        { sliceType: 1, position: [1 / 3, 0.6, 1 / 3, 0.4], dose: "second" },
        { sliceType: 1, position: [2 / 3, 0.6, 1 / 3, 0.4], dose: "difference" },
    ],
};

/**
 * The planes that a layout shows, in its order.
 * @param {LayoutName} layout @returns {PlaneName[]}
 */
export function planesOf(layout) {
    const planes = LAYOUTS[layout].filter((t) => t.sliceType !== TYPE_3D).map((t) => PLANE_NAMES[t.sliceType]);
    return [...new Set(planes)];
}

/**
 * Where a layout has the 3D view, if it has one.
 * @param {LayoutName} layout
 */
export function tile3D(layout) {
    return LAYOUTS[layout].find((t) => t.sliceType === TYPE_3D);
}

/**
 * The box round a grid, by so many voxels beyond the outermost centres.
 * @param {import("./geometry.js").Volume} volume @param {number} beyond @returns {Box}
 */
export function boxOf({ shape, affine }, beyond) {
    const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => transformed(affine, [
        n & 1 ? shape[0] - 1 + beyond : -beyond, n & 2 ? shape[1] - 1 + beyond : -beyond,
        n & 4 ? shape[2] - 1 + beyond : -beyond]));
    const bound = (/** @type {(...x: number[]) => number} */ f) => /** @type {Vec3} */ (
        [0, 1, 2].map((axis) => f(...corners.map((p) => p[axis]))));
    return { lower: bound(Math.min), upper: bound(Math.max) };
}

/**
 * The slices of a layout; the 3D view is none of them. At magnification 1 the whole box is seen.
 * @param {LayoutName} layout @param {number} width device pixels @param {number} height
 * @param {Box} box @param {View} view @returns {Tile[]}
 */
export function tilesOf(layout, width, height, box, view) {
    return LAYOUTS[layout].filter(({ sliceType }) => sliceType !== TYPE_3D).map(({ sliceType, position, dose }) => {
        const [left, top] = [Math.round(position[0] * width), Math.round(position[1] * height)];
        const across = Math.round((position[0] + position[2]) * width) - left;
        const down = Math.round((position[1] + position[3]) * height) - top;
        const plane = PLANE_NAMES[sliceType];
        const { u, v, w, sign } = PLANES[plane];
        const pixelsPerMM = view.zoom * Math.min(
            across / (box.upper[u] - box.lower[u]), down / (box.upper[v] - box.lower[v]));
        const [fovU, fovV] = [sign * across / pixelsPerMM, down / pixelsPerMM];
        return {
            plane, left, top, width: across, height: down, fovU, fovV,
            u: view.centre[u] - fovU / 2, v: view.centre[v] - fovV / 2,
            cut: { plane, w0: view.cursor[w], slopeU: 0, slopeV: 0 }, dose,
        };
    });
}

/**
 * Whether something is seen in a tile: what belongs to no dose is seen everywhere.
 * @param {{dose?: DosePart}} tile @param {DosePart | undefined} part
 */
export function isSeenIn({ dose }, part) {
    return dose === undefined || part === undefined || part === dose;
}

/**
 * Whether the patient's right, or front, is on the left of the screen.
 * @param {Tile} tile
 */
export function isRadiological(tile) {
    return Math.sign(tile.fovU) === PLANES[tile.plane].sign && tile.fovV > 0;
}

/**
 * Which sides of the patient lie at the tile's edges, by the mapping that the image is drawn with.
 * @param {Tile} tile
 */
export function edgeLetters(tile) {
    const letters = [["R", "L"], ["A", "P"], ["S", "I"]];
    const [u, v] = [letters[PLANES[tile.plane].u], letters[PLANES[tile.plane].v]];
    const [towardsRight, towardsTop] = [tile.fovU > 0, tile.fovV > 0];
    return {
        left: u[towardsRight ? 1 : 0], right: u[towardsRight ? 0 : 1],
        top: v[towardsTop ? 0 : 1], bottom: v[towardsTop ? 1 : 0],
    };
}

/**
 * Device pixels of a point of the plane.
 * @param {Tile} tile @param {number} u @param {number} v @returns {[number, number]}
 */
export function toCanvas(tile, u, v) {
    return [
        tile.left + (u - tile.u) / tile.fovU * tile.width,
        tile.top + (1 - (v - tile.v) / tile.fovV) * tile.height,
    ];
}

/**
 * The plane's `(u, v)` in mm under a pixel.
 * @param {Tile} tile @param {number} x @param {number} y @returns {[number, number]}
 */
export function toPlane(tile, x, y) {
    return [
        tile.u + (x - tile.left) / tile.width * tile.fovU,
        tile.v + (1 - (y - tile.top) / tile.height) * tile.fovV,
    ];
}

/** @param {Tile[]} tiles @param {number} x @param {number} y @returns {Tile | undefined} */
export function tileAt(tiles, x, y) {
    return tiles.find((t) =>
        x >= t.left && x < t.left + t.width && y >= t.top && y < t.top + t.height);
}

/**
 * Zooms so that the crosshair stays where it is on screen.
 * @param {View} view @param {number} zoom @returns {View}
 */
export function zoomed(view, zoom) {
    const [x, y, z] = view.cursor.map((c, n) => c + (view.centre[n] - c) * view.zoom / zoom);
    return { ...view, zoom, centre: [x, y, z] };
}
