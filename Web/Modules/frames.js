// SPDX-License-Identifier: Apache-2.0
// Pictures of a series that is no volume, drawn by the server frame by frame: planar views side by
// side, everything else one at a time or as a film.

import { clipped, pixelAt, redrawn } from "./canvas.js";
import { element } from "./elements.js";
import { messageOf } from "./failures.js";
import { followFrameKeys, followFramePointer, frameToolbar } from "./frames-controls.js";
import { short } from "./numbers.js";
import { Pictures } from "./pictures.js";
import { opposite } from "./rois.js";
import { shiftedWindow } from "./windows.js";

/** @typedef {import("./rois.js").Point} Point */
/**
 * What the page says of the series.
 * @typedef {object} SeriesData
 * @property {string} path @property {string} description @property {string} modality
 * @property {string} date @property {string} unit
 * @property {number} rows @property {number} columns
 * @property {boolean} isColour @property {boolean} isPlanarView @property {boolean} mayDraw
 * @property {number} [windowLow] @property {number} [windowHigh]
 * @property {number} framesPerSecond
 * @property {{label: string, view: string}[]} frames
 * @property {{anteriorFrame: number, posteriorFrame: number, shapes: import("./rois.js").Shape[]}} [drawn]
 */
/** @typedef {{frame: number, left: number, top: number, width: number, height: number, scale: number, x: number, y: number}} FrameTile `x`, `y`: device pixels of the first pixel's centre */

/** Planar views up to this many are all shown at once. */
const MOST_SIDE_BY_SIDE = 4;
const [LEAST_ZOOM, MOST_ZOOM] = [0.5, 32];
const AHEAD = 6;

export class FrameViewer {
    /** @param {HTMLElement} host @param {SeriesData} data @param {string} patient */
    constructor(host, data, patient) {
        this.host = host;
        this.data = data;
        this.pictures = new Pictures();
        this.frame = 1;
        this.low = data.windowLow ?? 0;
        this.high = data.windowHigh ?? 255;
        this.view = { zoom: 1, x: 0.5, y: 0.5 };
        this.rate = data.framesPerSecond;
        this.film = 0;
        /** @type {Map<number, ImageBitmap>} what is on show, by frame */
        this.shown = new Map();
        /** @type {(context: CanvasRenderingContext2D, tile: FrameTile) => void} */
        this.drawOver = () => {};
        this.canvas = element("canvas", { class: "viewer-volume", "aria-hidden": "true" });
        this.labels = element("div", { class: "frame-labels", "aria-hidden": "true" });
        this.live = element("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
        this.notice = element("div", { class: "notice notice-error", role: "alert", hidden: true });
        this.stage = element("div", {
            class: "viewer-stage", role: "application", tabindex: "0", "aria-roledescription": "image viewer",
            "aria-label": `${data.description}, ${data.modality}, ${data.date}, of ${patient}`,
        }, [element("div", { class: "viewer-images" }, [this.canvas]), this.labels]);
        this.controls = frameToolbar(this);
        host.replaceChildren(this.controls.root, this.notice, this.stage, this.live);
        host.classList.add("viewer");
        new ResizeObserver(() => this.draw()).observe(this.canvas);
        followFramePointer(this);
        followFrameKeys(this);
        void this.show();
    }

    /** The frames on show. */
    frames() {
        const { frames, isPlanarView } = this.data;
        return isPlanarView && frames.length <= MOST_SIDE_BY_SIDE ? frames.map((_, n) => n + 1) : [this.frame];
    }

    /** @param {number} frame */
    url(frame) {
        const { path, isColour } = this.data;
        return `${path}/frames/${frame}${isColour ? "" : `?low=${this.low}&high=${this.high}`}`;
    }

    /** Gets what is to be shown, and shows it unless something else is wanted by then. */
    async show() {
        const wanted = this.frames().map((frame) => ({ frame, url: this.url(frame) }));
        const now = wanted.map((w) => w.url).join();
        this.wanted = now;
        this.host.setAttribute("aria-busy", "true");
        this.controls.update();
        try {
            const pictures = await Promise.all(wanted.map(({ url }) => this.pictures.get(url)));
            if (this.wanted !== now) return;
            this.shown = new Map(wanted.map(({ frame }, n) => [frame, pictures[n]]));
            this.notice.hidden = true;
            this.host.setAttribute("data-shown", now);
            this.draw();
        } catch (error) {
            this.notice.replaceChildren(element("p", {}, [
                `The image could not be loaded. ${messageOf(error)}`]));
            this.notice.hidden = false;
            this.stop();
        }
        if (this.wanted === now) this.host.setAttribute("aria-busy", "false");
    }

    draw() {
        redrawn(this.canvas, (context) => {
            for (const tile of this.tiles()) {
                const picture = this.shown.get(tile.frame);
                if (picture) clipped(context, tile, () => this.drawTile(context, tile, picture));
            }
        });
        this.showLabels();
        this.tell("grevy-drawn");
    }

    /** @param {CanvasRenderingContext2D} context clipped to the tile @param {FrameTile} tile @param {ImageBitmap} picture */
    drawTile(context, tile, picture) {
        context.imageSmoothingEnabled = tile.scale < 4;
        context.drawImage(picture, tile.x - tile.scale / 2, tile.y - tile.scale / 2,
            this.data.columns * tile.scale, this.data.rows * tile.scale);
        this.drawOver(context, tile);
    }

    /** @returns {FrameTile[]} one beside the other */
    tiles() {
        const { rows, columns } = this.data;
        const frames = this.frames();
        const width = this.canvas.width / frames.length;
        const { height } = this.canvas;
        const scale = this.view.zoom * Math.min(width / columns, height / rows);
        return frames.map((frame, n) => ({
            frame, left: n * width, top: 0, width, height, scale,
            x: n * width + width / 2 - this.view.x * columns * scale + scale / 2,
            y: height / 2 - this.view.y * rows * scale + scale / 2,
        }));
    }

    /**
     * Where on a frame a pointer is, in pixels of the image.
     * @param {MouseEvent} event @returns {{tile: FrameTile, point: Point} | null}
     */
    at(event) {
        const { x, y } = pixelAt(this.canvas, event);
        const tile = this.tiles().find((t) => x >= t.left && x < t.left + t.width);
        return tile ? { tile, point: [(x - tile.x) / tile.scale, (y - tile.y) / tile.scale] } : null;
    }

    /**
     * A point of one frame as it lies in the anterior view.
     * @param {number} frame @param {Point} point @param {number} posterior frame that is seen from behind
     */
    toAnterior(frame, point, posterior) {
        return frame === posterior ? opposite(point, this.data.columns) : point;
    }

    showLabels() {
        const { description, modality, date, unit, frames, isColour } = this.data;
        this.labels.replaceChildren(...this.frames().map((frame) => element("div", { class: "viewport-label" }, [
            element("strong", {}, [`Frame ${frame} of ${frames.length}`]),
            ...(frames[frame - 1].label ? [element("span", {}, [frames[frame - 1].label])] : []),
            element("span", {}, [`${description} · ${modality} · ${date}`]),
            ...(isColour ? [] : [element("span", {}, [`${unit} [${short(this.low)} to ${short(this.high)}]`])]),
        ])));
    }

    /** @param {number} count */
    step(count) {
        const { length } = this.data.frames;
        this.frame = ((this.frame - 1 + count) % length + length) % length + 1;
        this.say(`Frame ${this.frame} of ${length}`);
        void this.show();
    }

    /** @param {number} frame */
    go(frame) {
        if (!(frame >= 1 && frame <= this.data.frames.length)) return;
        this.frame = frame;
        void this.show();
    }

    toggleFilm() {
        if (this.film) this.stop();
        else this.play();
    }

    play() {
        if (this.data.frames.length < 2 || this.frames().length > 1) return;
        const turn = async () => {
            const began = performance.now();
            this.frame = this.frame % this.data.frames.length + 1;
            for (let n = 1; n <= AHEAD; n += 1) {
                this.pictures.get(this.url((this.frame - 1 + n) % this.data.frames.length + 1)).catch(() => {});
            }
            await this.show();
            if (this.film) this.film = window.setTimeout(turn, Math.max(0, 1000 / this.rate - (performance.now() - began)));
        };
        this.film = window.setTimeout(turn, 0);
        this.say("Playing");
        this.controls.update();
    }

    stop() {
        clearTimeout(this.film);
        this.film = 0;
        this.controls.update();
    }

    /** @param {number} low @param {number} high */
    setWindow(low, high) {
        if (!(high > low) || this.data.isColour) return;
        // Nothing is seen of more than six digits.
        this.low = Number(low.toPrecision(6));
        this.high = Number(high.toPrecision(6));
        void this.show();
    }

    /** @param {number} wider @param {number} higher shares of the window's width */
    shiftWindow(wider, higher) {
        const { low, high } = shiftedWindow(this, wider, higher);
        this.setWindow(low, high);
    }

    /** @param {number} factor */
    zoomBy(factor) {
        this.view.zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, this.view.zoom * factor));
        this.draw();
    }

    whole() {
        this.view = { zoom: 1, x: 0.5, y: 0.5 };
        this.draw();
    }

    /** @param {number} right @param {number} down shares of what is seen */
    pan(right, down) {
        this.view.x += right / this.view.zoom;
        this.view.y += down / this.view.zoom;
        this.draw();
    }

    /** @param {string} text */
    say(text) { this.live.textContent = text; }

    /** @param {string} name of an event that what stands beside the images listens for */
    tell(name) { this.host.dispatchEvent(new CustomEvent(name)); }
}
