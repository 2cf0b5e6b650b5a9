// SPDX-License-Identifier: Apache-2.0
// The layers on show, base first: their order, which one is active, and how each is seen.

import { remember, remembered } from "./memory.js";
import { knownPalette, palettesOf } from "./palettes.js";
import { OPACITIES, dosePart, isDose } from "./scene.js";
import { presetOf, presetsOf, shiftedWindow, windowAboutZero, windowOf } from "./windows.js";

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
        /** Whether all doses have one window: then the same colour is the same dose. */
        this.areDosesTied = true;
        /** @type {import("./scene.js").LayerRole[] | null} roles of the layers over the base that were asked for */
        this.roles = null;
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
        if (this.roles) this.show(added, this.isAskedFor(added, this.roles));
        // What the scene does not have, such as a difference, lies on top.
        const order = this.scene.layers.map(({ id }) => id);
        const place = (/** @type {Shown} */ s) => (order.includes(s.layer.id) ? order.indexOf(s.layer.id) : order.length);
        this.stage.shown = [base, ...[...others, added].sort((a, b) => place(a) - place(b))];
        const [first, ...later] = this.withWindowOf(added);
        for (const other of later) Object.assign(other, { low: first.low, high: first.high });
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
        if (!shown) return;
        const window = shown.layer.role === "difference" ? windowAboutZero({ low, high }, shown) : { low, high };
        if (!(window.high > window.low)) return;
        for (const one of this.withWindowOf(shown)) Object.assign(one, window);
        this.stage.redraw();
        this.write.labels();
        this.write.controls();
    }

    /**
     * What shares a window with a layer, itself among it, in the order on show: every dose with a dose
     * while they are tied.
     * @param {Shown} shown
     */
    withWindowOf(shown) {
        return this.areDosesTied && isDose(shown.layer) ? this.all().filter(({ layer }) => isDose(layer)) : [shown];
    }

    /**
     * Gives all doses one window, the active one's or else the first one's; or lets each have its own.
     * @param {boolean} on
     */
    tieDoses(on) {
        this.areDosesTied = on;
        const doses = this.all().filter(({ layer }) => isDose(layer));
        const lead = doses.find((shown) => shown === this.active) ?? doses[0];
        if (lead) this.setWindow(lead.layer.id, lead.low, lead.high);
    }

    /** @param {number} wider @param {number} higher shares of the active window's width */
    shiftWindow(wider, higher) {
        const isDifference = this.active.layer.role === "difference";
        const { low, high } = shiftedWindow(this.active, wider, isDifference ? 0 : higher);
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

    /**
     * Colours a layer and those of its kind, also on other pages of this browser.
     * @param {string} id @param {string} name of a palette that its role has
     */
    setPalette(id, name) {
        const shown = this.found(id);
        if (!shown) return;
        const palette = knownPalette(shown.layer.role, name, shown.palette);
        const key = paletteKey(shown.layer);
        for (const other of this.all()) if (paletteKey(other.layer) === key) other.palette = palette;
        remember(key, palette);
        this.stage.redraw();
        this.write.labels();
        this.write.controls();
    }

    /** @returns {string} the name of the active layer's palette now */
    nextPalette() {
        const { layer, palette } = this.active;
        const all = palettesOf(layer.role);
        const next = all[(all.findIndex(({ id }) => id === palette) + 1) % all.length];
        this.setPalette(layer.id, next.id);
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
        this.show(shown, visible);
        this.stage.redraw();
        this.write.labels();
        this.write.controls();
    }

    /** @param {Shown} shown @param {boolean} visible */
    show(shown, visible) {
        shown.visible = visible;
        if (visible && shown.opacity === 0) shown.opacity = SHOWN_AGAIN;
    }

    /**
     * Shows the layers of some roles over the base and hides the others, also those still to come.
     * @param {import("./scene.js").LayerRole[]} roles
     */
    showOnly(roles) {
        this.roles = roles;
        for (const shown of this.all().slice(1)) this.show(shown, this.isAskedFor(shown, roles));
        this.stage.redraw();
        this.write.labels();
        this.write.controls();
    }

    /**
     * Of several delivered doses the first is enough: one would cover the other.
     * @param {Shown} shown @param {import("./scene.js").LayerRole[]} roles
     */
    isAskedFor({ layer }, roles) {
        const isFirst = layer.role !== "delivered"
            || this.scene.layers.find(({ role }) => role === "delivered")?.id === layer.id;
        return roles.includes(layer.role) && isFirst;
    }

    /** Hides or shows the active layer; the base stays. */
    toggle() {
        if (!this.isBase(this.active)) this.setVisible(this.active.layer.id, !this.active.visible);
        return this.active;
    }
}

/**
 * A dose is coloured as every other dose, or two side by side could not be compared.
 * @param {import("./scene.js").Layer} layer
 */
function paletteKey(layer) {
    return `viewer-palette-${dosePart(layer) === "second" ? "dose" : layer.role}`;
}

/** @param {ArrivedLayer} arrived @param {number} opacity @returns {Shown} */
function shownOf({ layer, volume, moved, preview }, opacity) {
    const palette = knownPalette(layer.role, remembered(paletteKey(layer)), layer.colourMap);
    return { layer, volume, moved, preview, low: layer.windowLow, high: layer.windowHigh, opacity, visible: opacity > 0, palette };
}
