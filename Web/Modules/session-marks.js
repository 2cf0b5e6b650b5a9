// SPDX-License-Identifier: Apache-2.0
// What a meeting draws over the images: where the presenter points, what was measured, and what is
// being drawn now.

import { pixelAt } from "./canvas.js";
import { flipped } from "./geometry.js";
import { cutPoint } from "./lattice.js";
import { pinsOnTiles } from "./pins.js";
import { distance, drawnOn, spoken } from "./session-shapes.js";
import { tileAt, toPlane } from "./tiles.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {import("./session-shapes.js").Measured} Measured */
/** @typedef {{shape: "diameters", ends: Vec3[]} | {shape: "circle", centre: Vec3, radiusMM: number, plane: PlaneName}} Draft RAS mm */

const LINE_PIXELS = 2;
const POINTER_PIXELS = 14;
const LEAST_MM = 0.5;

export class SessionMarks {
    /** @param {import("./viewer.js").Viewer} viewer @param {(draft: Draft | null) => void} onDraft */
    constructor(viewer, onDraft) {
        this.viewer = viewer;
        this.onDraft = onDraft;
        /** @type {Measured[]} */
        this.measured = [];
        /** @type {Vec3 | null} RAS */
        this.pointer = null;
        /** @type {"diameters" | "circle" | ""} what a drag draws; nothing: it moves the crosshair */
        this.tool = "";
        /** @type {Draft | null} */
        this.draft = null;
        /** Whether the next line goes across the first. */
        this.isSecond = false;
        viewer.marks.push((context, tiles) => this.draw(context, tiles));
        this.followDrags();
    }

    /** @param {Draft | null} draft */
    setDraft(draft) {
        this.draft = draft;
        this.onDraft(draft);
        this.viewer.stage.redrawOver();
    }

    /** @param {Measured[]} measured */
    setMeasured(measured) {
        this.measured = measured;
        this.viewer.stage.redrawOver();
    }

    /** @param {CanvasRenderingContext2D} context @param {import("./tiles.js").Tile[]} tiles */
    draw(context, tiles) {
        const ratio = window.devicePixelRatio || 1;
        context.save();
        context.lineWidth = LINE_PIXELS * ratio;
        context.font = `${13 * ratio}px sans-serif`;
        for (const one of this.measured) this.line(context, tiles, one, "#ffd54a", spoken(one));
        if (this.draft) this.line(context, tiles, shapeOf(this.draft), "#7fe3ff", "");
        if (this.pointer) this.cross(context, tiles, this.pointer, ratio);
        context.restore();
    }

    /**
     * @param {CanvasRenderingContext2D} context @param {import("./tiles.js").Tile[]} tiles
     * @param {Pick<Measured, "shape" | "points">} shape @param {string} colour @param {string} text
     */
    line(context, tiles, shape, colour, text) {
        context.strokeStyle = colour;
        context.fillStyle = colour;
        for (const { points, isClosed } of drawnOn(shape, tiles)) {
            context.beginPath();
            for (const [x, y] of points) context.lineTo(x, y);
            if (isClosed) context.closePath();
            context.stroke();
            if (text !== "") context.fillText(text, points[0][0] + 6, points[0][1] - 6);
        }
    }

    /** @param {CanvasRenderingContext2D} context @param {import("./tiles.js").Tile[]} tiles @param {Vec3} ras @param {number} ratio */
    cross(context, tiles, ras, ratio) {
        for (const { x, y } of pinsOnTiles([{ lpsMM: flipped(ras) }], tiles)) drawPointer(context, x, y, ratio);
    }

    /** While a tool is chosen, a drag draws instead of moving the crosshair. */
    followDrags() {
        const { stage: host, volume } = this.viewer.panes;
        /** @type {{start: Vec3, tile: import("./tiles.js").Tile} | null} */
        let drag = null;
        const at = (/** @type {PointerEvent} */ event, /** @type {import("./tiles.js").Tile | undefined} */ tile) => {
            const { x, y } = pixelAt(volume, event);
            const found = tile ?? tileAt(this.viewer.tiles(), x, y);
            return found ? { tile: found, point: cutPoint(found.cut, ...toPlane(found, x, y)) } : null;
        };
        host.addEventListener("pointerdown", (event) => {
            if (this.tool === "" || event.button !== 0) return;
            const place = at(event, undefined);
            if (!place) return;
            drag = { start: place.point, tile: place.tile };
            this.viewer.activate(place.tile.plane);
            host.setPointerCapture(event.pointerId);
            host.focus({ preventScroll: true });
            event.preventDefault();
            event.stopImmediatePropagation();
        }, { capture: true });
        host.addEventListener("pointermove", (event) => {
            const place = drag ? at(event, drag.tile) : null;
            if (!drag || !place || distance(drag.start, place.point) < LEAST_MM) return;
            this.setDraft(this.drafted(drag.start, place.point, drag.tile.plane, false));
        });
        for (const end of ["pointerup", "pointercancel"]) {
            host.addEventListener(end, (event) => {
                const place = drag && event instanceof PointerEvent ? at(event, drag.tile) : null;
                if (drag && place && distance(drag.start, place.point) >= LEAST_MM) {
                    this.setDraft(this.drafted(drag.start, place.point, drag.tile.plane, true));
                }
                drag = null;
            });
        }
    }

    /**
     * What a drag makes of what there is: the second line across the first, or a new shape.
     * @param {Vec3} start @param {Vec3} end @param {PlaneName} plane @param {boolean} isDone @returns {Draft}
     */
    drafted(start, end, plane, isDone) {
        if (this.tool === "circle") return { shape: "circle", centre: start, radiusMM: distance(start, end), plane };
        const kept = this.draft?.shape === "diameters" && this.isSecond ? this.draft.ends.slice(0, 2) : [];
        const ends = [...kept, start, end];
        if (isDone) this.isSecond = ends.length === 2;
        return { shape: "diameters", ends };
    }
}

/** @param {Draft} draft @returns {Pick<Measured, "shape" | "points">} */
function shapeOf(draft) {
    if (draft.shape === "diameters") return { shape: "diameters", points: draft.ends.map(flipped) };
    const { centre, radiusMM, plane } = draft;
    const axes = { axial: [0, 1], coronal: [0, 2], sagittal: [1, 2] }[plane];
    const points = axes.flatMap((axis) => [-radiusMM, radiusMM].map((mm) => {
        /** @type {Vec3} */
        const p = [...centre];
        p[axis] += mm;
        return flipped(p);
    }));
    return { shape: "circle", points };
}

/**
 * Where the presenter points.
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} ratio device pixels of a CSS pixel
 */
export function drawPointer(context, x, y, ratio) {
    const size = POINTER_PIXELS * ratio;
    // Light within dark: seen on any image.
    for (const [colour, width] of /** @type {[string, number][]} */ ([["#000000", 5], ["#ff5ad1", 2.5]])) {
        context.strokeStyle = colour;
        context.lineWidth = width * ratio;
        context.beginPath();
        context.arc(x, y, size, 0, 2 * Math.PI);
        context.moveTo(x - size * 1.6, y);
        context.lineTo(x - size * 0.6, y);
        context.moveTo(x + size * 0.6, y);
        context.lineTo(x + size * 1.6, y);
        context.stroke();
    }
}
