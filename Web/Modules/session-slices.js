// SPDX-License-Identifier: Apache-2.0
// Slices in a meeting: a viewer with what the meeting draws and pins on it.

import { commentsOnSlices } from "./comment-grounds.js";
import { flipped } from "./geometry.js";
import { SessionMarks } from "./session-marks.js";
import { show, viewOf } from "./session-view.js";
import { Viewer } from "./viewer.js";

/** @typedef {import("./session-marks.js").Draft} Draft */
/** @typedef {import("./session-view.js").MeetingView} MeetingView */

export class SessionSlices {
    /**
     * @param {HTMLElement} host @param {import("./scene.js").Scene} scene
     * @param {(draft: Draft | null) => void} drafted told of what is being drawn
     */
    constructor(host, scene, drafted) {
        this.viewer = new Viewer(host, scene);
        this.marks = new SessionMarks(this.viewer, drafted);
        this.comments = commentsOnSlices(this.viewer);
    }

    start() { return this.viewer.start(); }

    /** @param {string[]} images @returns {MeetingView | null} `null` while nothing is on show */
    view(images) { return viewOf(this.viewer, images, this.marks.pointer); }

    /** @param {MeetingView} view @returns {boolean} whether it is shown */
    follow(view) {
        if ("frame" in view || this.viewer.layers().length === 0) return false;
        this.marks.pointer = view.pointerMM ? flipped(view.pointerMM) : null;
        show(this.viewer, view);
        return true;
    }

    /** Points at the crosshair, or no more. */
    point() {
        this.marks.pointer = this.marks.pointer ? null : this.viewer.cursor();
        this.viewer.stage.redrawOver();
    }

    characterKeys() { return this.viewer.characterKeys(); }

    destroy() { this.viewer.destroy(); }
}
