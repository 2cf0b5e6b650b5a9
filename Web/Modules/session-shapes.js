// SPDX-License-Identifier: Apache-2.0
// What is measured in a meeting: lines and circles in the patient, and where they lie in slices. Pure.

import { PLANES, flipped } from "./geometry.js";
import { toCanvas } from "./tiles.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {import("./tiles.js").Tile} Tile */
/**
 * As the server keeps it; points are DICOM LPS in mm, on a picture column and row.
 * @typedef {object} Measured
 * @property {number} id @property {string} series @property {string} label
 * @property {"diameters" | "circle"} shape
 * @property {Vec3[]} points ends of the lines; of a circle the ends of two diameters; on a picture two numbers each
 * @property {number} [frame] of a picture, from 1; none on slices, and where the server could not read the series
 * @property {boolean} [isOnDetector] whether lengths are those on the detector
 * @property {{quantity: string, value: number, unit: string}[]} values
 * @property {string} author @property {boolean} mayWithdraw
 */
/** @typedef {{shape: "diameters", frame: number, ends: [number, number][]}} PictureDraft column and row */
/** @typedef {{points: [number, number][], isClosed: boolean, part: string}} Drawn device pixels */

/** How far from a slice a shape is still shown in it, in mm. */
const NEAR_MM = 2.5;
const CIRCLE_CORNERS = 64;

/** @param {Vec3} a @param {Vec3} b */
export function distance(a, b) {
    return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** @param {PlaneName} plane @returns {Vec3} at right angles to it, RAS and LPS alike but for the sign */
export function normalOf(plane) {
    /** @type {Vec3} */
    const normal = [0, 0, 0];
    normal[PLANES[plane].w] = 1;
    return normal;
}

/**
 * The corners of a circle from the ends of two diameters at right angles.
 * @param {Vec3[]} ends @returns {Vec3[]}
 */
export function circlePoints([a, b, c, d]) {
    const middle = a.map((x, n) => (x + b[n]) / 2);
    const u = b.map((x, n) => x - middle[n]);
    const v = d.map((x, n) => (x - c[n]) / 2);
    return Array.from({ length: CIRCLE_CORNERS }, (_, n) => {
        const angle = 2 * Math.PI * n / CIRCLE_CORNERS;
        const [x, y, z] = middle.map((m, axis) => m + Math.cos(angle) * u[axis] + Math.sin(angle) * v[axis]);
        return /** @type {Vec3} */ ([x, y, z]);
    });
}

/**
 * The lines of a shape in the slices that it lies in.
 * @param {Pick<Measured, "shape" | "points">} measured @param {Tile[]} tiles @returns {Drawn[]}
 */
export function drawnOn({ shape, points }, tiles) {
    /** @type {Vec3[][]} */
    const lines = [];
    if (shape === "circle") lines.push(circlePoints(points));
    else for (let n = 0; n + 1 < points.length; n += 2) lines.push([points[n], points[n + 1]]);
    return tiles.flatMap((tile, n) => {
        const { u, v, w } = PLANES[tile.plane];
        return lines.map((line) => line.map(flipped)).filter(
            (line) => line.every((p) => Math.abs(p[w] - tile.cut.w0) <= NEAR_MM)).map((line) => ({
            points: line.map((p) => toCanvas(tile, p[u], p[v])), isClosed: shape === "circle", part: `${tile.plane} ${n}`,
        }));
    });
}

/** @param {Measured["values"][number]} value */
function written({ quantity, value, unit }) {
    const name = quantity.replace(/-/g, " ");
    const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
    return `${name} ${value.toFixed(digits)}${unit ? ` ${unit}` : ""}`;
}

/** @param {Pick<Measured, "label" | "values" | "isOnDetector">} measured */
export function spoken({ label, values, isOnDetector }) {
    return `${label}: ${values.map(written).join(", ")}${isOnDetector ? " on the detector, in the patient less" : ""}`;
}

/**
 * Form fields of lengths on a frame of a picture.
 * @param {PictureDraft} drawn @returns {Record<string, string>}
 */
export function pictureFields({ frame, ends }) {
    return { shape: "diameters", frame: String(frame), ends: ends.join() };
}

/**
 * Lengths with one more end: the first line, then the one across it; a fifth end, or one on another frame,
 * begins anew.
 * @param {PictureDraft | null} draft @param {number} frame @param {[number, number]} end @returns {PictureDraft}
 */
export function withEnd(draft, frame, end) {
    const goesOn = draft !== null && draft.frame === frame && draft.ends.length < 4;
    return { shape: "diameters", frame, ends: [...(goesOn ? draft.ends : []), end] };
}

/**
 * Form fields of what was drawn; points are RAS in mm.
 * @param {{shape: "diameters", ends: Vec3[]} | {shape: "circle", centre: Vec3, radiusMM: number, plane: PlaneName}} drawn
 * @returns {Record<string, string>}
 */
export function fieldsOf(drawn) {
    if (drawn.shape === "diameters") return { shape: "diameters", ends: drawn.ends.map(flipped).join() };
    return {
        shape: "circle", centre: flipped(drawn.centre).join(), normal: normalOf(drawn.plane).join(),
        radius: String(drawn.radiusMM),
    };
}
