// SPDX-License-Identifier: Apache-2.0
// Pictures in a meeting that are no volume: planar views, angiography, ultrasound, captures.

import { commentsOnFrames } from "./comment-grounds.js";
import { FrameViewer } from "./frames.js";
import { inside } from "./geometry.js";
import { drawPointer } from "./session-marks.js";
import { pictureFields, spoken, withEnd } from "./session-shapes.js";
import { pictureOf, showPicture } from "./session-view.js";

/** @typedef {import("./frames.js").FrameTile} FrameTile */
/** @typedef {import("./session-shapes.js").PictureDraft} PictureDraft */
/** @typedef {import("./session-view.js").MeetingView} MeetingView */

const LINE_PIXELS = 2;
/** A shorter drag draws nothing, in pixels of the picture. */
const LEAST_PIXELS = 0.5;

export class SessionPictures {
    /**
     * @param {HTMLElement} host @param {import("./frames.js").SeriesData} data @param {string} patient
     * @param {(draft: PictureDraft | null) => void} drafted told of what is being drawn
     */
    constructor(host, data, patient, drafted) {
        this.drafted = drafted;
        this.viewer = new FrameViewer(host, data, patient);
        this.comments = commentsOnFrames(this.viewer);
        /** @type {[number, number] | null} column and row */
        this.pointer = null;
        /** Whether a drag draws a line instead of moving the picture. */
        this.isDrawing = false;
        /** @type {PictureDraft | null} */
        this.draft = null;
        /** @type {import("./session-shapes.js").Measured[]} of this series */
        this.measured = [];
        this.viewer.drawOver = (context, tile) => this.draw(context, tile);
        this.followDrags();
    }

    /** @param {CanvasRenderingContext2D} context clipped to the tile @param {FrameTile} tile */
    draw(context, tile) {
        const ratio = window.devicePixelRatio || 1;
        const at = (/** @type {number[]} */ [column, row]) => [tile.x + column * tile.scale, tile.y + row * tile.scale];
        context.save();
        context.lineWidth = LINE_PIXELS * ratio;
        context.font = `${13 * ratio}px sans-serif`;
        for (const one of this.measured.filter(({ frame }) => frame === tile.frame)) lines(context, one.points.map(at), "#ffd54a", spoken(one));
        if (this.draft?.frame === tile.frame) lines(context, this.draft.ends.map(at), "#7fe3ff", "");
        context.restore();
        if (this.pointer && tile.frame === this.viewer.frames()[0]) {
            const [x, y] = at(this.pointer);
            drawPointer(context, x, y, ratio);
        }
    }

    /** Nothing is loaded before it is shown. */
    async start() { this.viewer.tell("grevy-arrived"); }

    /** @param {string[]} images @returns {MeetingView | null} `null` while nothing is on show */
    view(images) { return pictureOf(this.viewer, images, this.pointer); }

    /** @param {MeetingView} view @returns {boolean} whether it is shown */
    follow(view) {
        if (!("frame" in view)) return false;
        this.pointer = view.pointer ?? null;
        showPicture(this.viewer, view);
        return true;
    }

    /**
     * The middle of what is seen, on the picture.
     * @returns {[number, number]} column and row
     */
    middle() {
        const { data: { columns, rows }, view: { x, y } } = this.viewer;
        return [inside(x * columns - 0.5, columns), inside(y * rows - 0.5, rows)];
    }

    /** Points at the middle of what is seen, or no more. */
    point() {
        this.pointer = this.pointer ? null : this.middle();
        this.viewer.draw();
    }

    characterKeys() { return true; }

    // What is marked and measured

    series() {
        const { path } = this.viewer.data;
        return path.slice(path.lastIndexOf("/") + 1);
    }

    /** @returns {Record<string, string>} the frame on show and the middle of what is seen, as fields of a form */
    here() {
        const [column, row] = this.middle().map(String);
        return { frame: String(this.viewer.frames()[0]), column, row };
    }

    /** @param {import("./session-panel.js").Place} place */
    go({ frame, pixel }) {
        if (frame === undefined) return;
        const { data: { columns, rows }, view } = this.viewer;
        if (pixel) [view.x, view.y] = [(pixel[0] + 0.5) / columns, (pixel[1] + 0.5) / rows];
        this.viewer.stop();
        if (this.viewer.frames().includes(frame)) this.viewer.draw();
        else this.viewer.go(frame);
    }

    /** @param {"diameters" | "circle" | ""} tool @returns {boolean} whether there is one */
    choose(tool) {
        this.isDrawing = tool === "diameters";
        this.setDraft(null);
        return tool !== "circle";
    }

    /** Adds the middle of what is seen as an end of a length. */
    addEnd() { this.setDraft(withEnd(this.draft, this.viewer.frames()[0], this.middle())); }

    /** @returns {boolean} whether there is a circle: not on pictures */
    circleHere() { return false; }

    /** @returns {Record<string, string> | null} what was drawn, as fields of a form; `null` while it is not whole */
    fields() { return this.draft && this.draft.ends.length % 2 === 0 ? pictureFields(this.draft) : null; }

    discard() { this.setDraft(null); }

    /** @param {PictureDraft | null} draft */
    setDraft(draft) {
        this.draft = draft;
        this.drafted(draft);
        this.viewer.draw();
    }

    /** @param {import("./session-shapes.js").Measured[]} measured */
    setMeasured(measured) {
        this.measured = measured.filter(({ series }) => series === this.series());
        this.viewer.draw();
    }

    /** While lines are drawn, a drag draws one. */
    followDrags() {
        const { stage } = this.viewer;
        /** @type {{before: PictureDraft, start: [number, number]} | null} */
        let drag = null;
        const at = (/** @type {PointerEvent} */ event) => {
            const found = this.viewer.at(event);
            const { columns, rows } = this.viewer.data;
            return found && { frame: found.tile.frame, point: /** @type {[number, number]} */ (
                [inside(found.point[0], columns), inside(found.point[1], rows)]) };
        };
        stage.addEventListener("pointerdown", (event) => {
            const place = this.isDrawing && event.button === 0 ? at(event) : null;
            if (!place) return;
            // A lone end set by a key is no line yet.
            const whole = this.draft && this.draft.ends.length % 2 === 0 ? this.draft : null;
            drag = { before: withEnd(whole, place.frame, place.point), start: place.point };
            stage.setPointerCapture(event.pointerId);
            stage.focus({ preventScroll: true });
            event.preventDefault();
            event.stopImmediatePropagation();
        }, { capture: true });
        stage.addEventListener("pointermove", (event) => {
            const place = drag ? at(event) : null;
            if (!drag || !place || place.frame !== drag.before.frame) return;
            if (Math.hypot(place.point[0] - drag.start[0], place.point[1] - drag.start[1]) < LEAST_PIXELS) return;
            this.setDraft(withEnd(drag.before, place.frame, place.point));
        });
        for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => { drag = null; });
    }

    destroy() {
        this.viewer.stop();
        this.viewer.host.replaceChildren();
    }
}

/**
 * Lines from each first end to the next one; a lone end is a dot.
 * @param {CanvasRenderingContext2D} context @param {number[][]} ends device pixels @param {string} colour @param {string} text
 */
function lines(context, ends, colour, text) {
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.beginPath();
    for (let n = 0; n + 1 < ends.length; n += 2) {
        context.moveTo(ends[n][0], ends[n][1]);
        context.lineTo(ends[n + 1][0], ends[n + 1][1]);
    }
    context.stroke();
    if (ends.length % 2 !== 0) {
        const [x, y] = ends[ends.length - 1];
        context.beginPath();
        context.arc(x, y, 2 * context.lineWidth, 0, 2 * Math.PI);
        context.fill();
    }
    if (text !== "") context.fillText(text, ends[0][0] + 6, ends[0][1] - 6);
}
