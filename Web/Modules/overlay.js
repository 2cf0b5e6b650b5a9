// SPDX-License-Identifier: Apache-2.0
// Draws outlines of structures and isodose lines on the slices, as vectors.

import { clipped } from "./canvas.js";
import { PLANE_NAMES } from "./geometry.js";
import { latticeOf, sampled } from "./lattice.js";
import { isolines } from "./marching.js";
import { edgeLetters, isRadiological, isSeenIn, toCanvas } from "./tiles.js";

/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {import("./lattice.js").Cut} Cut */
/** @typedef {import("./tiles.js").Tile} Tile */
/**
 * One thing to draw: the lines of a volume at a level.
 * @typedef {object} Contour
 * @property {string} key tells contours apart
 * @property {string} label
 * @property {Volume} volume
 * @property {number} level
 * @property {number} outside 0 for a mask, whose outlines close; NaN for a dose, which ends
 * @property {string} colour
 * @property {number[]} dash screen pixels
 * @property {boolean} visible
 * @property {import("./tiles.js").DosePart} [dose] which of the doses side by side it belongs to
 */
/** @typedef {{key: string, label: string, plane: PlaneName, closed: boolean, points: Float64Array}} DrawnLine points are `(u, v)` in mm */

/** Lines shorter than this share of the tile get no label of their own. */
const LABELLED_SHARE = 0.08;
const LINE_PIXELS = 1.6;
const LABEL_FONT_PIXELS = 12;
const LETTER_COLOUR = "#ffd75e";
const LETTER_SCALE = 1.25;

/**
 * The same cut, however its numbers were rounded.
 * @param {Cut} cut
 */
function cutKey(cut) {
    return `${cut.w0.toFixed(3)} ${cut.slopeU.toFixed(5)} ${cut.slopeV.toFixed(5)}`;
}

/** @typedef {{lattice: import("./lattice.js").Lattice, values: Float32Array} | null} Slice */

/**
 * A volume's values in a cut. Pure.
 * @param {Contour} contour @param {Cut} cut @returns {Slice}
 */
function sliceOf(contour, cut) {
    const lattice = latticeOf(contour.volume, cut);
    return lattice && { lattice, values: sampled(contour.volume, cut, lattice, contour.outside) };
}

/**
 * The lines of a contour in a cut, in mm of the plane. Pure.
 * @param {Contour} contour @param {Cut} cut @param {Slice} slice @returns {DrawnLine[]}
 */
function linesIn(contour, cut, slice) {
    if (!slice) return [];
    const { lattice, values } = slice;
    return isolines(values, lattice.columns, lattice.rows, contour.level).map((line) => {
        const points = new Float64Array(line.points.length);
        for (let n = 0; n < points.length; n += 2) {
            points[n] = lattice.u + line.points[n] * lattice.du;
            points[n + 1] = lattice.v + line.points[n + 1] * lattice.dv;
        }
        return { key: contour.key, label: contour.label, plane: cut.plane, closed: line.closed, points };
    });
}

/** Keeps the lines of the cuts on show, and draws them. */
export class Overlay {
    constructor() {
        /** @type {Contour[]} */
        this.contours = [];
        /** @type {Map<string, {at: string, lines: DrawnLine[]}>} */
        this.cache = new Map();
        /** @type {Map<PlaneName, {at: string, volume: Volume, slice: Slice}>} the last one of each plane */
        this.slices = new Map();
    }

    /** @param {Contour[]} contours */
    setContours(contours) {
        this.contours = contours;
        this.cache.clear();
        this.slices.clear();
    }

    /**
     * Takes up anew what a volume has become that is being drawn.
     * @param {string} key of its contour
     */
    forget(key) {
        for (const plane of PLANE_NAMES) this.cache.delete(`${plane} ${key}`);
        this.slices.clear();
    }

    /** @param {Contour} contour @param {Cut} cut @returns {DrawnLine[]} */
    lines(contour, cut) {
        const key = `${cut.plane} ${contour.key}`;
        const at = cutKey(cut);
        const kept = this.cache.get(key);
        if (kept?.at === at) return kept.lines;
        const lines = linesIn(contour, cut, this.slice(contour, cut, at));
        this.cache.set(key, { at, lines });
        return lines;
    }

    /**
     * The values that the levels of one dose share.
     * @param {Contour} contour @param {Cut} cut @param {string} at @returns {Slice}
     */
    slice(contour, cut, at) {
        const kept = this.slices.get(cut.plane);
        if (kept?.at === at && kept.volume === contour.volume) return kept.slice;
        const slice = sliceOf(contour, cut);
        this.slices.set(cut.plane, { at, volume: contour.volume, slice });
        return slice;
    }

    /** @param {Tile} tile */
    seenIn(tile) {
        return isRadiological(tile) ? this.contours.filter(({ visible, dose }) => visible && isSeenIn(tile, dose)) : [];
    }

    /** @param {Tile[]} tiles @returns {DrawnLine[]} every line in them */
    linesOn(tiles) {
        return tiles.flatMap((tile) => this.seenIn(tile).flatMap((contour) => this.lines(contour, tile.cut)));
    }

    /**
     * The lines in a slice with their names.
     * @param {CanvasRenderingContext2D} context that the slice was just drawn with
     * @param {Tile} tile @param {number} ratio device pixels per CSS pixel
     */
    drawLines(context, tile, ratio) {
        if (!isRadiological(tile)) {
            drawText(context, "Orientation error: no lines drawn", tile.left + 8, tile.top + 30, "#ffffff", ratio);
            return;
        }
        const seen = this.seenIn(tile);
        for (const contour of seen) stroke(context, tile, contour, this.lines(contour, tile.cut), ratio);
        /** @type {number[][]} */
        const taken = [];
        for (const contour of seen) label(context, tile, contour, this.lines(contour, tile.cut), ratio, taken);
    }

    /**
     * Crosshair and sides of the patient.
     * @param {CanvasRenderingContext2D} context @param {Tile[]} tiles @param {number} ratio
     * @param {import("./geometry.js").Vec3} cursor RAS mm of the crosshair
     */
    drawOver(context, tiles, ratio, cursor) {
        for (const tile of tiles) clipped(context, tile, () => {
            drawCrosshair(context, tile, cursor, ratio);
            drawLetters(context, tile, ratio);
        });
    }
}

/** @param {CanvasRenderingContext2D} context @param {Tile} tile @param {Contour} contour @param {DrawnLine[]} lines @param {number} ratio */
function stroke(context, tile, contour, lines, ratio) {
    if (lines.length === 0) return;
    context.beginPath();
    for (const { points, closed } of lines) {
        for (let n = 0; n < points.length; n += 2) {
            const [x, y] = toCanvas(tile, points[n], points[n + 1]);
            if (n === 0) context.moveTo(x, y); else context.lineTo(x, y);
        }
        if (closed) context.closePath();
    }
    // Lines of many short pieces look the same with the corners that cost least.
    context.lineJoin = "bevel";
    // A dark rim keeps the line visible on bright bone and hot spots.
    context.setLineDash([]);
    context.strokeStyle = "rgba(0, 0, 0, 0.55)";
    context.lineWidth = (LINE_PIXELS + 1.6) * ratio;
    if (contour.dash.length === 0) context.stroke();
    context.setLineDash(contour.dash.map((x) => x * ratio));
    if (contour.dash.length > 0) context.stroke();
    context.strokeStyle = contour.colour;
    context.lineWidth = LINE_PIXELS * ratio;
    context.stroke();
    context.setLineDash([]);
}

/**
 * Writes the name beside the contour's longest line, where no other name is.
 * @param {CanvasRenderingContext2D} context @param {Tile} tile @param {Contour} contour @param {DrawnLine[]} lines @param {number} ratio @param {number[][]} taken
 */
function label(context, tile, contour, lines, ratio, taken) {
    /** @type {[number, number][]} */
    let spots = [];
    let best = LABELLED_SHARE * Math.min(tile.width, tile.height);
    for (const { points } of lines) {
        const at = [];
        for (let n = 0; n < points.length; n += 2) at.push(toCanvas(tile, points[n], points[n + 1]));
        const xs = at.map((p) => p[0]);
        const size = Math.max(...xs) - Math.min(...xs);
        if (size > best) {
            best = size;
            spots = at;
        }
    }
    if (spots.length === 0) return;
    const height = LABEL_FONT_PIXELS * ratio;
    context.font = `600 ${height}px system-ui, sans-serif`;
    const width = context.measureText(contour.label).width;
    // Sixteen places round the line, from its right-most point on.
    const first = spots.reduce((n, p, m) => (p[0] > spots[n][0] ? m : n), 0);
    for (let n = 0; n < 16; n += 1) {
        const [x, y] = spots[(first + Math.floor(n * spots.length / 16)) % spots.length];
        const box = [x + 4 * ratio, y - height, x + 6 * ratio + width, y + 4 * ratio];
        const inside = box[0] >= tile.left && box[2] <= tile.left + tile.width
            && box[1] >= tile.top + 20 * ratio && box[3] <= tile.top + tile.height;
        const free = taken.every((t) => box[0] > t[2] || box[2] < t[0] || box[1] > t[3] || box[3] < t[1]);
        if (inside && free) {
            taken.push(box);
            drawText(context, contour.label, box[0], y, contour.colour, ratio);
            return;
        }
    }
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y @param {string} colour @param {number} ratio */
function drawText(context, text, x, y, colour, ratio) {
    context.font = `600 ${LABEL_FONT_PIXELS * ratio}px system-ui, sans-serif`;
    context.lineWidth = 3 * ratio;
    context.lineJoin = "round";
    context.strokeStyle = "rgba(0, 0, 0, 0.85)";
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
}

/**
 * Thin lines that leave the point itself free.
 * @param {CanvasRenderingContext2D} context @param {Tile} tile @param {import("./geometry.js").Vec3} cursor @param {number} ratio
 */
function drawCrosshair(context, tile, cursor, ratio) {
    const axes = { axial: [0, 1], coronal: [0, 2], sagittal: [1, 2] }[tile.plane];
    const [x, y] = toCanvas(tile, cursor[axes[0]], cursor[axes[1]]).map((p) => Math.round(p) + 0.5);
    const gap = 10 * ratio;
    context.beginPath();
    for (const [x0, y0, x1, y1] of [
        [tile.left, y, x - gap, y], [x + gap, y, tile.left + tile.width, y],
        [x, tile.top, x, y - gap], [x, y + gap, x, tile.top + tile.height]]) {
        context.moveTo(x0, y0);
        context.lineTo(x1, y1);
    }
    context.strokeStyle = "rgba(120, 220, 255, 0.75)";
    context.lineWidth = Math.max(1, ratio);
    context.stroke();
}

/**
 * R, L, A, P, S, I in the middle of the edges.
 * @param {CanvasRenderingContext2D} context @param {Tile} tile @param {number} ratio
 */
function drawLetters(context, tile, ratio) {
    const letters = edgeLetters(tile);
    const inset = 8 * ratio;
    const [x, y] = [tile.left + tile.width / 2, tile.top + tile.height / 2];
    /** @type {[string, number, number, CanvasTextAlign][]} */
    const places = [
        [letters.left, tile.left + inset, y + LABEL_FONT_PIXELS * ratio / 2, "left"],
        [letters.right, tile.left + tile.width - inset, y + LABEL_FONT_PIXELS * ratio / 2, "right"],
        [letters.top, x, tile.top + inset + LABEL_FONT_PIXELS * ratio, "center"],
        [letters.bottom, x, tile.top + tile.height - inset, "center"],
    ];
    for (const [letter, at, height, align] of places) {
        context.textAlign = align;
        drawText(context, letter, at, height, LETTER_COLOUR, ratio * LETTER_SCALE);
    }
    context.textAlign = "left";
}
