// SPDX-License-Identifier: Apache-2.0
// The layers on show, base first: their order, which one is active, and how each is seen.

import { OPACITIES } from "./scene.js";
import { presetOf, presetsOf, shiftedWindow, windowOf } from "./windows.js";

/** @typedef {import("./stage.js").Shown} Shown */
/** @typedef {import("./loading.js").ArrivedLayer} ArrivedLayer */
/**
 * Who writes about the layers.
 * @typedef {object} Writers
 * @property {() => void} labels the names of what is visible, with its windows
 * @property {() => void} controls the values of the active layer
 */

/** How strongly a layer lies over the base when it is shown again after its strength was set to none. */
const SHOWN_AGAIN = 0.35;

export class LayerStack {
    /** @param {import("./stage.js").Stage} stage @param {import("./scene.js").Scene} scene @param {Writers} write */
    constructor(stage, scene, write) {
        this.stage = stage;
        this.scene = scene;
        this.write = write;
        /** Id of the layer that was selected; the base before. */
        this.selected = "";
    }

    /** @returns {Shown[]} */
    all() { return this.stage.shown; }

    /** The one that keys and fields act on; there is one once the base is there. */
    get active() { return this.found(this.selected) ?? this.all()[0]; }

    /** @param {string} id */
    found(id) { return this.all().find((s) => s.layer.id === id); }

    /** @param {Shown} shown */
    isBase(shown) { return this.all()[0] === shown; }

    /** @param {ArrivedLayer} base */
    begin(base) {
        this.stage.show([shownOf(base, 1)]);
    }

    /**
     * Lays a layer over the base, in the order of the scene whenever it comes, or in the place of its preview.
     * @param {ArrivedLayer} arrived
     * @returns {boolean} whether it was not there before
     */
    add(arrived) {
        const kept = this.found(arrived.layer.id);
        if (kept) {
            kept.preview = arrived.preview;
            this.stage.replace(kept, arrived.volume);
            return false;
        }
        const [base, ...others] = this.all();
        const added = shownOf(arrived, arrived.layer.opacity ?? OPACITIES[arrived.layer.role]);
        const place = (/** @type {Shown} */ s) => this.scene.layers.findIndex(({ id }) => id === s.layer.id);
        this.stage.shown = [base, ...[...others, added].sort((a, b) => place(a) - place(b))];
        return true;
    }

    /** @param {string} id */
    select(id) {
        if (this.found(id)) this.selected = id;
        this.write.controls();
    }

    /** @returns {Shown} the layer that is active now */
    next() {
        const all = this.all();
        this.select(all[(all.indexOf(this.active) + 1) % all.length].layer.id);
        return this.active;
    }

    /** @param {string} id @param {number} low @param {number} high */
    setWindow(id, low, high) {
        const shown = this.found(id);
        if (!shown || !(high > low)) return;
        shown.low = low;
        shown.high = high;
        this.stage.redraw();
        this.write.labels();
        this.write.controls();
    }

    /** @param {number} wider @param {number} higher shares of the active window's width */
    shiftWindow(wider, higher) {
        const { low, high } = shiftedWindow(this.active, wider, higher);
        this.setWindow(this.active.layer.id, low, high);
    }

    /** @param {string} id of a preset */
    applyPreset(id) {
        const { layer } = this.active;
        const preset = presetsOf(layer).find((p) => p.id === id);
        if (!preset) return;
        const { low, high } = windowOf(preset, layer);
        this.setWindow(layer.id, low, high);
    }

    /** @returns {string} the name of the active layer's preset now */
    nextPreset() {
        const fitting = presetsOf(this.active.layer);
        const now = fitting.findIndex((p) => p === presetOf(this.active));
        const next = fitting[(now + 1) % fitting.length];
        this.applyPreset(next.id);
        return next.name;
    }

    /** @param {string} id @param {number} opacity 0 to 1 */
    setOpacity(id, opacity) {
        const shown = this.found(id);
        if (!shown) return;
        shown.opacity = opacity;
        shown.visible = opacity > 0;
        this.stage.redraw();
        this.write.controls();
    }

    /** @param {string} id @param {boolean} visible */
    setVisible(id, visible) {
        const shown = this.found(id);
        if (!shown) return;
        shown.visible = visible;
        if (visible && shown.opacity === 0) shown.opacity = SHOWN_AGAIN;
        this.stage.redraw();
        this.write.labels();
        this.write.controls();
    }

    /** Hides or shows the active layer; the base stays. */
    toggle() {
        if (!this.isBase(this.active)) this.setVisible(this.active.layer.id, !this.active.visible);
        return this.active;
    }
}

/** @param {ArrivedLayer} arrived @param {number} opacity @returns {Shown} */
function shownOf({ layer, volume, moved, preview }, opacity) {
    return { layer, volume, moved, preview, low: layer.windowLow, high: layer.windowHigh, opacity, visible: opacity > 0 };
}
