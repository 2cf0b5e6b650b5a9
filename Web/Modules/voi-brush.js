// SPDX-License-Identifier: Apache-2.0
// The brush on the images: primary button paints in the slice under the pointer, a ring shows its
// size; Enter makes a dab at the crosshair. Everything else stays the viewer's.

import { pixelAt } from "./canvas.js";
import { element } from "./elements.js";
import { cutPoint } from "./lattice.js";
import { tileAt, toPlane } from "./tiles.js";
import { History, fill, paint } from "./voi-mask.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {import("./voi-mask.js").Mask} Mask */
/** @typedef {"look" | "paint" | "erase"} Mode */

export class Brush {
    /**
     * @param {Viewer} viewer @param {() => void} onChange after every change of the mask
     * @param {AbortSignal} signal
     */
    constructor(viewer, onChange, signal) {
        this.viewer = viewer;
        this.onChange = onChange;
        /** @type {Mode} */
        this.mode = "look";
        this.diameterMM = 20;
        /** @type {Mask | null} */
        this.mask = null;
        this.history = new History();
        /** @type {{plane: PlaneName, last: Vec3, change: import("./voi-mask.js").Change} | null} */
        this.stroke = null;
        this.ring = element("div", { class: "voi-ring", "aria-hidden": "true", hidden: true });
        const { stage } = viewer.panes;
        stage.append(this.ring);
        // Before the viewer's own listeners, which then do not see what the brush takes.
        const first = { signal, capture: true };
        stage.addEventListener("pointerdown", (event) => this.began(event), first);
        stage.addEventListener("pointermove", (event) => this.moved(event), first);
        for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
            stage.addEventListener(end, () => this.ended(), first);
        }
        stage.addEventListener("pointerleave", () => { this.ring.hidden = true; }, { signal });
        stage.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" || this.mode === "look") return;
            event.preventDefault();
            this.dab();
        }, first);
    }

    /** @param {Mask | null} mask */
    take(mask) {
        this.mask = mask;
        this.history = new History();
        this.stroke = null;
    }

    /** @param {Mode} mode */
    setMode(mode) {
        this.mode = mode;
        this.ring.hidden = true;
    }

    /**
     * Where a pointer is, `x` and `y` in CSS pixels.
     * @param {PointerEvent} event
     * @returns {{plane: PlaneName, mm: Vec3, pixelMM: number, x: number, y: number} | null}
     */
    place(event) {
        const { x, y, ratio } = pixelAt(this.viewer.stage.canvas, event);
        const tile = tileAt(this.viewer.tiles(), x, y);
        if (!tile) return null;
        const [u, v] = toPlane(tile, x, y);
        return {
            plane: tile.plane, mm: cutPoint(tile.cut, u, v),
            pixelMM: Math.abs(tile.fovU) / tile.width * ratio, x: x / ratio, y: y / ratio,
        };
    }

    /** @param {PointerEvent} event */
    began(event) {
        if (this.mode === "look" || !this.mask || event.button !== 0 || event.shiftKey) return;
        const place = this.place(event);
        if (!place) return;
        event.stopImmediatePropagation();
        event.preventDefault();
        const { stage } = this.viewer.panes;
        stage.setPointerCapture(event.pointerId);
        stage.focus({ preventScroll: true });
        this.viewer.activate(place.plane);
        this.stroke = { plane: place.plane, last: place.mm, change: { at: [], before: [] } };
        this.draw(place.mm);
    }

    /** @param {PointerEvent} event */
    moved(event) {
        const place = this.mode === "look" ? null : this.place(event);
        this.ring.hidden = place === null;
        if (place) this.showRing(place);
        if (!this.stroke) return;
        event.stopImmediatePropagation();
        if (place?.plane === this.stroke.plane) this.draw(place.mm);
    }

    ended() {
        if (this.stroke) this.history.keep(this.stroke.change);
        this.stroke = null;
    }

    /** @param {Vec3} mm */
    draw(mm) {
        if (!this.stroke || !this.mask) return;
        const { plane, last, change } = this.stroke;
        this.stroke.last = mm;
        if (paint(this.mask, plane, last, mm, this.diameterMM, this.mode === "erase", change)) this.onChange();
    }

    /** A dab at the crosshair, in the plane that keys act on. */
    dab() {
        if (!this.mask || this.mode === "look") return;
        const change = { at: [], before: [] };
        const mm = this.viewer.cursor();
        if (!paint(this.mask, this.viewer.state.plane, mm, mm, this.diameterMM, this.mode === "erase", change)) return;
        this.history.keep(change);
        this.onChange();
    }

    /**
     * Fills the area round the crosshair.
     * @returns {string} what happened, in words
     */
    fillArea() {
        if (!this.mask) return "Choose a volume first.";
        const change = { at: [], before: [] };
        const answer = fill(this.mask, this.viewer.state.plane, this.viewer.cursor(), change);
        if (answer === "open") return "The outline round the crosshair is open in this slice; nothing was filled.";
        if (answer === "inside") return "The crosshair is inside already; nothing was filled.";
        this.history.keep(change);
        this.onChange();
        return "The area was filled.";
    }

    undo() {
        if (this.mask && this.history.undo(this.mask)) this.onChange();
    }

    redo() {
        if (this.mask && this.history.redo(this.mask)) this.onChange();
    }

    /** @param {{pixelMM: number, x: number, y: number}} place */
    showRing({ pixelMM, x, y }) {
        const size = this.diameterMM / pixelMM;
        const { style } = this.ring;
        style.width = style.height = `${size}px`;
        style.transform = `translate(${x - size / 2}px, ${y - size / 2}px)`;
    }
}
