// SPDX-License-Identifier: Apache-2.0
// Where NiiVue has drawn what: its slices on the canvas, to patient millimetres and back. Pure.
//
// NiiVue 0.65 leaves for each slice in `screenSlices`: its place on the canvas in device pixels
// (`leftTopWidthHeight`, y down), the mm at its lower left (`leftTopMM`; the name is NiiVue's) and
// across it (`fovMM`, negative where mm fall to the right), and the slice as a plane in those mm
// (`AxyzMxy`: a point and two slopes).

import { PLANE_NAMES, PLANES } from "./geometry.js";

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
 */

/**
 * Where WebGL draws a slice: it cuts a viewport's numbers, counted from the lower edge, to whole
 * pixels. Lines that kept the fractions would lie up to two pixels off the image.
 * @param {number[]} place NiiVue's left, top, width and height @param {number} canvasHeight
 */
function drawnPlace([left, top, width, height], canvasHeight) {
    const [w, h] = [Math.trunc(width), Math.trunc(height)];
    return [Math.trunc(left), canvasHeight - Math.trunc(canvasHeight - top - height) - h, w, h];
}

/** @param {any} niivue @returns {Tile[]} the slices on show; the 3D view is none */
export function tilesOf(niivue) {
    return niivue.screenSlices.filter((/** @type {any} */ s) => s.axCorSag <= 2 && s.AxyzMxy.length >= 5)
        .map((/** @type {any} */ s) => {
            const [left, top, width, height] = drawnPlace(s.leftTopWidthHeight, niivue.gl.canvas.height);
            const [u0, v0, w0, mu, mv] = s.AxyzMxy;
            const plane = PLANE_NAMES[s.axCorSag];
            return {
                plane, left, top, width, height,
                u: s.leftTopMM[0], v: s.leftTopMM[1], fovU: s.fovMM[0], fovV: s.fovMM[1],
                cut: { plane, w0: w0 - mv * v0 + mu * u0, slopeU: -mu, slopeV: mv },
            };
        });
}

/**
 * The place of the 3D view, device pixels.
 * @param {any} niivue @returns {number[] | null}
 */
export function renderPlace(niivue) {
    return niivue.screenSlices.find((/** @type {any} */ s) => s.axCorSag === 4)?.leftTopWidthHeight ?? null;
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
 * Pan and zoom as NiiVue keeps them: a point is drawn at `zoom * mm + pan`.
 * @typedef {[number, number, number, number]} PanZoom
 */

/**
 * Zooms so that a point stays where it is on screen.
 * @param {PanZoom} at @param {Vec3} mm @param {number} zoom @returns {PanZoom}
 */
export function zoomedAbout(at, mm, zoom) {
    const change = at[3] - zoom;
    return [at[0] + change * mm[0], at[1] + change * mm[1], at[2] + change * mm[2], zoom];
}

/**
 * Pans by mm of the patient as on screen.
 * @param {PanZoom} at @param {PlaneName} plane @param {number} du @param {number} dv @returns {PanZoom}
 */
export function panned(at, plane, du, dv) {
    /** @type {PanZoom} */
    const result = [at[0], at[1], at[2], at[3]];
    result[PLANES[plane].u] += du * at[3];
    result[PLANES[plane].v] += dv * at[3];
    return result;
}

/** @typedef {"three" | "quad" | PlaneName | "3d"} LayoutName */

/**
 * Tiles in shares of the canvas: `[left, top, width, height]`; 0 axial, 1 coronal, 2 sagittal, 4 in 3D.
 * @type {Record<LayoutName, {sliceType: number, position: number[]}[]>}
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
};
