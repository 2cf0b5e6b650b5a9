// SPDX-License-Identifier: Apache-2.0
// Pictures in a meeting that are no volume: planar views, angiography, ultrasound, captures.

import { commentsOnFrames } from "./comment-grounds.js";
import { FrameViewer } from "./frames.js";
import { drawPointer } from "./session-marks.js";
import { pictureOf, showPicture } from "./session-view.js";

/** @typedef {import("./session-view.js").MeetingView} MeetingView */

export class SessionPictures {
    /** @param {HTMLElement} host @param {import("./frames.js").SeriesData} data @param {string} patient */
    constructor(host, data, patient) {
        this.viewer = new FrameViewer(host, data, patient);
        this.comments = commentsOnFrames(this.viewer);
        /** @type {[number, number] | null} column and row */
        this.pointer = null;
        this.viewer.drawOver = (context, tile) => {
            if (!this.pointer || tile.frame !== this.viewer.frames()[0]) return;
            const [column, row] = this.pointer;
            drawPointer(context, tile.x + column * tile.scale, tile.y + row * tile.scale, window.devicePixelRatio || 1);
        };
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

    /** Points at the middle of what is seen, or no more. */
    point() {
        const { data: { columns, rows }, view: { x, y } } = this.viewer;
        this.pointer = this.pointer ? null : [x * columns - 0.5, y * rows - 0.5];
        this.viewer.draw();
    }

    characterKeys() { return true; }

    destroy() {
        this.viewer.stop();
        this.viewer.host.replaceChildren();
    }
}
