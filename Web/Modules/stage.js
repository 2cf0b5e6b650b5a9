// SPDX-License-Identifier: Apache-2.0
// The slices: each layer is cut from its own voxels, coloured and laid over the others on a 2D
// canvas. No graphics card is needed, so a step takes milliseconds anywhere. All positions: RAS mm.

import { pen, redrawn, resized } from "./canvas.js";
import { coloured } from "./colours.js";
import { PLANES, transformed } from "./geometry.js";
import { latticeOf, sampled } from "./lattice.js";
import { ends } from "./legend.js";
import { colourTable } from "./palettes.js";
import { dosePart } from "./scene.js";
import { boxOf, isSeenIn, tilesOf, toCanvas, zoomed } from "./tiles.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./scene.js").Layer} Layer */
/** @typedef {import("./tiles.js").Tile} Tile */
/** @typedef {import("./tiles.js").LayoutName} LayoutName */
/** @typedef {{layer: Layer, volume: Volume, moved: boolean, preview: boolean, low: number, high: number, opacity: number, visible: boolean, palette: import("./palettes.js").PaletteName}} Shown `preview`: a reduced copy, whose values are not those of the image */
/** @typedef {{key: string, canvas: HTMLCanvasElement, image: ImageData | null, lattice: import("./lattice.js").Lattice | null}} Picture */
/**
 * What lies on the slices.
 * @typedef {object} Painter
 * @property {(context: CanvasRenderingContext2D, tile: Tile) => void} lines what belongs to a slice wherever the
 *   crosshair is on it
 * @property {(context: CanvasRenderingContext2D, tiles: Tile[]) => void} over what is drawn anew every time; one
 *   canvas reaches the screen sooner than two
 */

const [LEAST_ZOOM, MOST_ZOOM] = [0.5, 20];
/** Side of a checkerboard's squares in CSS pixels. */
const SQUARE_PIXELS = 56;

/** Memory for the values of one slice, used again for every one. */
let scratch = new Float32Array(0);

/** @param {number} count */
function room(count) {
    if (scratch.length < count) scratch = new Float32Array(count);
    return scratch;
}

/** @param {CanvasRenderingContext2D} context @param {Tile} tile @param {number} ratio */
function clipToSquares(context, tile, ratio) {
    const side = SQUARE_PIXELS * ratio;
    context.beginPath();
    for (let row = 0; row * side < tile.height; row += 1) {
        for (let column = row % 2; column * side < tile.width; column += 2) {
            context.rect(tile.left + column * side, tile.top + row * side, side, side);
        }
    }
    context.clip();
}

export class Stage {
    /** @param {HTMLCanvasElement} canvas @param {Painter} painter */
    constructor(canvas, painter) {
        this.canvas = canvas;
        this.painter = painter;
        /** @type {Shown[]} base first */
        this.shown = [];
        this.frame = 0;
        this.ended = false;
        this.nearest = false;
        /** Whether the upper layers are seen in every other square only. */
        this.checkerboard = false;
        /** @type {LayoutName} */
        this.layout = "three";
        /** @type {import("./tiles.js").Box} */
        this.box = { lower: [0, 0, 0], upper: [1, 1, 1] };
        // Where the crosshair may go: within half a voxel of the edge there is nothing to interpolate.
        this.reach = this.box;
        /** @type {import("./tiles.js").View} */
        this.view = { centre: [0, 0, 0], zoom: 1, cursor: [0, 0, 0] };
        /** @type {Map<string, Picture>} by layer and plane */
        this.pictures = new Map();
        /** @type {{key: string, context: CanvasRenderingContext2D}[]} by tile: slices with their lines, as drawn last */
        this.boards = [];
        this.watcher = new ResizeObserver(() => this.redraw());
        this.watcher.observe(canvas);
    }

    /** @param {Shown[]} shown base first */
    show(shown) {
        this.shown = shown;
        this.pictures.clear();
        const base = shown[0].volume;
        this.place(base);
        const middle = transformed(base.affine, base.shape.map((n) => Math.floor(n / 2)));
        this.view = { centre: this.middle(), zoom: 1, cursor: middle };
    }

    /** @param {Volume} base */
    place(base) {
        this.box = boxOf(base, 0.5);
        this.reach = boxOf(base, 0);
    }

    /**
     * Puts a layer's own voxels in the place of its preview, or elsewhere in the patient. Whoever
     * looks keeps their place.
     * @param {Shown} shown @param {Volume} volume
     */
    replace(shown, volume) {
        shown.volume = volume;
        for (const name of this.pictures.keys()) if (name.endsWith(` ${shown.layer.id}`)) this.pictures.delete(name);
        if (shown === this.shown[0]) {
            const wasWhole = this.view.centre.every((c, axis) => c === this.middle()[axis]);
            this.place(volume);
            if (wasWhole) this.view = { ...this.view, centre: this.middle() };
        }
        this.redraw();
        this.setCursor(this.view.cursor);
    }

    /** @returns {Vec3} */
    middle() {
        const { lower, upper } = this.box;
        return [(lower[0] + upper[0]) / 2, (lower[1] + upper[1]) / 2, (lower[2] + upper[2]) / 2];
    }

    /** Draws everything anew at the next frame; many changes in one frame are drawn once. */
    redraw() {
        for (const board of this.boards) board.key = "";
        this.redrawOver();
    }

    /** Draws what has another place now, and what lies over the slices, at the next frame. */
    redrawOver() {
        if (this.frame !== 0 || this.ended) return;
        this.frame = requestAnimationFrame(() => {
            this.frame = 0;
            this.draw();
        });
    }

    draw() {
        redrawn(this.canvas, (context) => {
            if (this.shown.length === 0) return;
            const tiles = this.tiles();
            for (const [n, tile] of tiles.entries()) {
                const board = this.board(tile, n);
                if (board) context.drawImage(board.canvas, tile.left, tile.top);
            }
            this.painter.over(context, tiles);
        });
    }

    /**
     * A slice with its lines. A step through one plane moves nothing but the crosshair on the others, so
     * they are drawn once.
     * @param {Tile} tile @param {number} n which of the layout's
     * @returns {CanvasRenderingContext2D | null} `null` while nothing of it is seen
     */
    board(tile, n) {
        const key = JSON.stringify(tile);
        const kept = this.boards[n];
        if (kept?.key === key) return kept.context;
        const context = kept?.context ?? pen(document.createElement("canvas"), { alpha: false });
        if (!context || tile.width <= 0 || tile.height <= 0) return null;
        resized(context.canvas, tile.width, tile.height);
        context.save();
        context.fillStyle = "#000000";
        context.fillRect(0, 0, tile.width, tile.height);
        context.translate(-tile.left, -tile.top);
        context.imageSmoothingEnabled = !this.nearest;
        this.drawTile(context, tile);
        this.painter.lines(context, tile);
        context.restore();
        this.boards[n] = { key, context };
        return context;
    }

    /** @param {CanvasRenderingContext2D} context that ends where the tile does @param {Tile} tile */
    drawTile(context, tile) {
        for (const [index, s] of this.shown.entries()) {
            if (!s.visible || s.opacity === 0 || !isSeenIn(tile, index > 0 ? dosePart(s.layer) : undefined)) continue;
            context.globalAlpha = index === 0 || this.checkerboard ? 1 : s.opacity;
            if (index === 0 || !this.checkerboard) {
                this.drawLayer(context, tile, s, index);
                continue;
            }
            context.save();
            clipToSquares(context, tile, window.devicePixelRatio || 1);
            this.drawLayer(context, tile, s, index);
            context.restore();
        }
    }

    /** @param {CanvasRenderingContext2D} context @param {Tile} tile @param {Shown} s @param {number} index */
    drawLayer(context, tile, s, index) {
        const { canvas, lattice } = this.picture(tile, s, index);
        if (!lattice) return;
        // The picture's edges lie half a lattice step beyond its outermost points.
        const low = [lattice.u - lattice.du / 2, lattice.v - lattice.dv / 2];
        const high = [low[0] + lattice.columns * lattice.du, low[1] + lattice.rows * lattice.dv];
        const [x, y] = toCanvas(tile, tile.fovU < 0 ? high[0] : low[0], high[1]);
        const [right, bottom] = toCanvas(tile, tile.fovU < 0 ? low[0] : high[0], low[1]);
        context.drawImage(canvas, x, y, right - x, bottom - y);
    }

    /**
     * The coloured slice of a layer, made once for each place and window.
     * @param {Tile} tile @param {Shown} s @param {number} index @returns {Picture}
     */
    picture(tile, s, index) {
        const name = `${tile.plane} ${s.layer.id}`;
        const key = `${tile.cut.w0.toFixed(4)} ${s.low} ${s.high} ${s.palette}`;
        const kept = this.pictures.get(name);
        if (kept?.key === key) return kept;
        const canvas = kept?.canvas ?? document.createElement("canvas");
        const lattice = latticeOf(s.volume, tile.cut);
        /** @type {Picture} */
        const made = { key, canvas, image: kept?.image ?? null, lattice };
        this.pictures.set(name, made);
        if (!lattice) return made;
        const { columns, rows } = lattice;
        const values = sampled(s.volume, tile.cut, lattice, NaN, room(columns * rows));
        const context = /** @type {CanvasRenderingContext2D} */ (pen(canvas));
        if (made.image?.width !== columns || made.image.height !== rows) {
            canvas.width = columns;
            canvas.height = rows;
            made.image = context.createImageData(columns, rows);
        }
        coloured(values, columns, rows, tile.fovU < 0, {
            low: s.low, high: s.high, fromZero: ends(s, index === 0).fromZero, table: colourTable(s.palette),
        }, new Uint32Array(made.image.data.buffer));
        context.putImageData(made.image, 0, 0);
        return made;
    }

    /** @param {boolean} nearest */
    setInterpolation(nearest) {
        this.nearest = nearest;
        this.redraw();
    }

    /** @param {LayoutName} name */
    setLayout(name) {
        this.layout = name;
        this.redraw();
    }

    tiles() {
        return tilesOf(this.layout, this.canvas.width, this.canvas.height, this.box, this.view);
    }

    /**
     * The crosshair.
     * @returns {Vec3}
     */
    cursor() {
        return this.view.cursor;
    }

    /**
     * Moves the crosshair; a point outside the base's box goes to its edge.
     * @param {Vec3} mm
     */
    setCursor(mm) {
        const { lower, upper } = this.reach;
        const [x, y, z] = mm.map((c, axis) => Math.min(upper[axis], Math.max(lower[axis], c)));
        this.view = { ...this.view, cursor: [x, y, z] };
        this.redrawOver();
    }

    /**
     * Goes that many slices of the base along an axis of the patient, to the middle of a voxel.
     * @param {number} axis @param {number} count
     */
    stepAxis(axis, count) {
        const { affine, inverse } = this.shown[0].volume;
        // The grid's axis that runs most along the patient's.
        const sizes = [0, 1, 2].map((n) => Math.abs(affine[axis * 4 + n]));
        const along = sizes.indexOf(Math.max(...sizes));
        const step = affine[axis * 4 + along];
        const at = transformed(inverse, this.view.cursor)[along];
        const next = this.view.cursor.slice();
        next[axis] += (Math.round(at) - at) * step + count * Math.abs(step);
        this.setCursor([next[0], next[1], next[2]]);
    }

    /** @param {PlaneName} plane @param {number} right @param {number} up voxels as on screen */
    stepOnScreen(plane, right, up) {
        const { u, v, sign } = PLANES[plane];
        if (right !== 0) this.stepAxis(u, right * sign);
        if (up !== 0) this.stepAxis(v, up);
    }

    /** @param {PlaneName} plane @param {number} count slices towards superior, anterior, right */
    stepSlice(plane, count) {
        this.stepAxis(PLANES[plane].w, count);
    }

    /** @param {number} factor */
    zoom(factor) {
        this.view = zoomed(this.view, Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, this.view.zoom * factor)));
        this.redraw();
    }

    /**
     * Moves the image by mm on screen.
     * @param {PlaneName} plane @param {number} right @param {number} up
     */
    pan(plane, right, up) {
        const { u, v, sign } = PLANES[plane];
        const [x, y, z] = this.view.centre.map((c, n) => c - (n === u ? right * sign : n === v ? up : 0));
        this.view = { ...this.view, centre: [x, y, z] };
        this.redraw();
    }

    /** @param {PlaneName} plane @param {number} right @param {number} up shares of the view's width */
    panByShare(plane, right, up) {
        const tile = this.tiles().find((t) => t.plane === plane);
        if (!tile) return;
        const mm = Math.abs(tile.fovU);
        this.pan(plane, right * mm, up * mm);
    }

    resetView() {
        this.view = { ...this.view, zoom: 1, centre: this.middle() };
        this.redraw();
    }

    end() {
        this.ended = true;
        this.watcher.disconnect();
        cancelAnimationFrame(this.frame);
        this.pictures.clear();
        this.boards = [];
    }
}
