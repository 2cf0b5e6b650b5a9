// SPDX-License-Identifier: Apache-2.0
// Slices in a meeting: a viewer with what the meeting draws and pins on it.

import { commentsOnSlices } from "./comment-grounds.js";
import { flipped } from "./geometry.js";
import { fieldsOf } from "./session-shapes.js";
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

    // What is marked and measured

    /** The series that marks belong to: the layer in use, when it lies in the frame that is shown. */
    series() {
        const { viewer } = this;
        if (viewer.layers().length === 0) return "";
        const frame = viewer.scene.frameOfReferenceUID;
        const fits = (/** @type {import("./scene.js").Layer} */ layer) => layer.id.startsWith("se-") && layer.frameOfReferenceUID === frame;
        const active = viewer.activeLayer().layer;
        return fits(active) ? active.id : viewer.scene.layers.find(fits)?.id ?? "";
    }

    /** @returns {Record<string, string>} the crosshair as fields of a form */
    here() {
        const [x, y, z] = flipped(this.viewer.cursor()).map(String);
        return { x, y, z };
    }

    /** @param {import("./session-panel.js").Place} place */
    go({ lpsMM }) { if (lpsMM) this.viewer.setCursor(flipped(lpsMM)); }

    /** @param {"diameters" | "circle" | ""} tool @returns {boolean} whether there is one */
    choose(tool) {
        this.marks.tool = tool;
        this.marks.isSecond = false;
        this.marks.setDraft(null);
        return true;
    }

    /** Adds the crosshair as an end of a diameter. */
    addEnd() {
        const { draft } = this.marks;
        const ends = draft?.shape === "diameters" && draft.ends.length < 4 ? [...draft.ends] : [];
        this.marks.setDraft({ shape: "diameters", ends: [...ends, this.viewer.cursor()] });
    }

    /** @param {number} radiusMM @returns {boolean} whether there is one */
    circleHere(radiusMM) {
        this.marks.setDraft({ shape: "circle", centre: this.viewer.cursor(), radiusMM, plane: this.viewer.state.plane });
        return true;
    }

    /** @returns {Record<string, string> | null} what was drawn, as fields of a form; `null` while it is not whole */
    fields() {
        const { draft } = this.marks;
        return !draft || (draft.shape === "diameters" && draft.ends.length % 2 !== 0) ? null : fieldsOf(draft);
    }

    discard() { this.marks.setDraft(null); }

    /** @param {import("./session-shapes.js").Measured[]} measured */
    setMeasured(measured) { this.marks.setMeasured(measured.filter(({ points: [end] }) => end.length === 3)); }

    destroy() { this.viewer.destroy(); }
}
