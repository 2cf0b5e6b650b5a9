// SPDX-License-Identifier: Apache-2.0
// The workspace's image view: linked planes of one patient's scans with overlay, dose wash, outlines
// and isodose lines. Everything on show comes from the scene it was made with; nothing that arrives
// later can change the patient or the series.

import { onBlack } from "./colours.js";
import { button } from "./elements.js";
import { PLANES, spokenPosition } from "./geometry.js";
import { followKeys } from "./keys.js";
import { Loading } from "./loading.js";
import { DELIVERED_DASH, ISODOSE_COLOURS, Overlay, PLANNED_DASH } from "./overlay.js";
import { followPointer } from "./pointer.js";
import { Panes } from "./panes.js";
import { HALF_COVERAGE, middleOf, readoutAt, spoken, writtenValue } from "./readout.js";
import { PRESETS, baseID, baseIndex, fusion } from "./scene.js";
import { Render } from "./render.js";
import { MOST_DIAMETER_MM, sphereStatistics } from "./sphere.js";
import { Stage } from "./stage.js";
import { LAYOUTS } from "./tiles.js";
import { toolbar } from "./toolbar.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./stage.js").Shown} Shown */
/** @typedef {import("./tiles.js").LayoutName} LayoutName */
/** @typedef {import("./loading.js").ArrivedLayer} ArrivedLayer */
/** @typedef {{structure: import("./scene.js").SceneStructure, volume: Volume, visible: boolean}} ShownStructure */

const LIVE_TEXT_DELAY_MS = 400;
const PAN_SHARE = 0.1;

/**
 * Makes a viewer in an element, which it fills.
 * @param {HTMLElement} host @param {Scene} scene
 * @returns {Promise<Viewer>} when everything is on show, or has failed; it can be used before
 */
export async function createViewer(host, scene) {
    const viewer = new Viewer(host, scene);
    await viewer.start();
    return viewer;
}

/**
 * Dispatches on its host `grevy-cursor` (detail: Readout), `grevy-register` (detail: Refusal) and
 * `grevy-arrived` (detail: id of a layer or name of a structure that is complete). `aria-busy` on the
 * host says whether anything is still to come.
 */
export class Viewer {
    /** @param {HTMLElement} host @param {Scene} scene */
    constructor(host, scene) {
        this.host = host;
        this.scene = scene;
        /** @type {ShownStructure[]} */
        this.structures = [];
        /** @type {ArrivedLayer[]} what came before the base */
        this.held = [];
        this.base = "";
        this.startingPoint = "";
        /** @type {Map<number, boolean>} */
        this.isodosesVisible = new Map();
        this.state = {
            plane: /** @type {PlaneName} */ ("axial"), layout: /** @type {LayoutName} */ ("three"),
            layer: 0, nearest: false, characters: true, structure: -1, diameterMM: 20,
        };
        this.ending = new AbortController();
        this.panes = new Panes(host, scene);
        this.overlay = new Overlay(this.panes.lines);
        this.stage = new Stage(this.panes.volume, () => this.afterDraw());
        this.liveTimer = 0;
        this.place = "";
        /** @type {ReturnType<typeof toolbar> | null} */
        this.controls = null;
        /** @type {Render | null} */
        this.render = null;
    }

    async start() {
        const { panes } = this;
        const { signal } = this.ending;
        const plan = fusion(this.scene);
        panes.showRefusals(plan.refused);
        if (plan.fused.length === 0) {
            panes.say("There is no image to show. Drop the patient's scans on the case page first.");
            return;
        }
        this.base = baseID(this.scene, plan.fused);
        this.host.setAttribute("aria-busy", "true");
        await new Loading(plan, this.base, signal, {
            layer: (arrived) => this.arrive(arrived),
            structure: ({ structure, volume }) => {
                // In the order of the scene, whenever each comes.
                const place = (/** @type {ShownStructure} */ s) => this.scene.structures.indexOf(s.structure);
                const chosen = this.structures[this.state.structure];
                this.structures = [...this.structures, { structure, volume, visible: true }]
                    .sort((a, b) => place(a) - place(b));
                this.state.structure = chosen ? this.structures.indexOf(chosen) : -1;
                this.rebuildContours();
                this.arrived(structure.name);
            },
            progress: (items) => panes.showProgress(items),
            failed: (sentence, again) => panes.addFailure(sentence, again),
        }).all();
        if (signal.aborted) return;
        // Several layers could be the base, or it has failed: the finest of those that came.
        if (this.stage.shown.length === 0 && this.held.length > 0) this.begin(this.held[baseIndex(this.held)]);
        this.host.setAttribute("aria-busy", "false");
        this.speakSoon();
    }

    /**
     * A layer has come. The base is shown at once, others when it is there.
     * @param {ArrivedLayer} arrived
     */
    arrive(arrived) {
        const kept = this.found(arrived.layer.id);
        if (kept) {
            kept.preview = arrived.preview;
            this.stage.replace(kept, arrived.volume);
            this.showLabels();
            this.rebuildContours();
        } else if (this.stage.shown.length > 0) {
            this.add(arrived);
        } else {
            this.held.push(arrived);
            if (arrived.layer.id === this.base) this.begin(arrived);
        }
        if (!arrived.preview) this.arrived(arrived.layer.id);
        else performance.mark(`preview of ${arrived.layer.id}`);
    }

    /** @param {string} name */
    arrived(name) {
        performance.mark(`complete: ${name}`);
        this.host.dispatchEvent(new CustomEvent("grevy-arrived", { detail: name, bubbles: true }));
    }

    /**
     * Shows the base, and whatever came before it.
     * @param {ArrivedLayer} base
     */
    begin(base) {
        const { panes, stage } = this;
        const { signal } = this.ending;
        stage.show([shownOf(base, true)]);
        this.startingPoint = stage.cursor().join();
        stage.setLayout(this.state.layout);
        this.controls = toolbar(this);
        this.host.prepend(this.controls.root);
        followPointer(panes.stage, this, signal);
        followKeys(panes.stage, this, () => this.state.characters, signal);
        for (const held of this.held) if (held !== base) this.add(held);
        this.held = [];
        this.showLabels();
        this.controls.update();
        stage.redraw();
    }

    /**
     * Lays a layer over the base, in the order of the scene whenever it comes.
     * @param {ArrivedLayer} arrived
     */
    add(arrived) {
        const [base, ...others] = this.stage.shown;
        const active = this.activeLayer().layer.id;
        const place = (/** @type {Shown} */ s) => this.scene.layers.findIndex(({ id }) => id === s.layer.id);
        const shown = [base, ...[...others, shownOf(arrived, false)].sort((a, b) => place(a) - place(b))];
        this.stage.shown = shown;
        this.state.layer = shown.findIndex((s) => s.layer.id === active);
        this.rebuildContours();
        this.showLabels();
        this.controls?.update();
        void this.show3D();
    }

    // What is on show

    layers() { return this.stage.shown; }

    activeLayer() { return this.stage.shown[this.state.layer]; }

    layout() { return this.state.layout; }

    isNearest() { return this.state.nearest; }

    characterKeys() { return this.state.characters; }

    cursor() { return this.stage.cursor(); }

    tiles() { return this.stage.tiles(); }

    /** The lines drawn last, in mm of their plane. */
    drawnLines() { return this.overlay.drawn; }

    /** @param {Vec3} [mm] RAS; the crosshair when left out */
    readout(mm = this.cursor()) {
        return readoutAt(this.state.plane, mm, this.stage.shown,
            this.structures.map(({ structure, volume }) => ({ name: structure.name, volume })));
    }

    // What a person does

    /** @param {PlaneName} plane */
    activate(plane) {
        if (this.state.plane === plane) return;
        this.state.plane = plane;
        this.showLabels();
        this.speakSoon();
    }

    /** @param {Vec3} mm RAS */
    setCursor(mm) { this.stage.setCursor(mm); }

    /** @param {PlaneName} plane @param {number} count */
    step(plane, count) { this.stage.stepSlice(plane, count); }

    /** @param {number} count */
    stepActive(count) { this.step(this.state.plane, count); }

    /** @param {number} right @param {number} up voxels as on screen */
    moveCursor(right, up) {
        const { u, v, sign } = PLANES[this.state.plane];
        if (right !== 0) this.stage.stepAxis(u, right * sign);
        if (up !== 0) this.stage.stepAxis(v, up);
    }

    /** @param {number} right @param {number} up tenths of the view */
    panActive(right, up) {
        const tile = this.tiles().find((t) => t.plane === this.state.plane);
        if (!tile) return;
        const mm = Math.abs(tile.fovU) * PAN_SHARE;
        this.stage.pan(tile.plane, right * mm, up * mm);
    }

    /** @param {number} factor */
    zoom(factor) { this.stage.zoom(factor); }

    resetView() { this.stage.resetView(); }

    /** @param {LayoutName} name */
    setLayout(name) {
        if (!(name in LAYOUTS)) return;
        this.state.layout = name;
        this.stage.setLayout(name);
        void this.show3D();
        const planes = LAYOUTS[name].map((t) => t.sliceType);
        const names = /** @type {PlaneName[]} */ (["axial", "coronal", "sagittal"]);
        const first = names.find((_, n) => planes.includes(n));
        if (first && !planes.includes(names.indexOf(this.state.plane))) this.state.plane = first;
        this.showLabels();
    }

    /** @param {boolean} nearest */
    setNearest(nearest) {
        this.state.nearest = nearest;
        this.stage.setInterpolation(nearest);
    }

    /** @param {boolean} on */
    setCharacterKeys(on) { this.state.characters = on; }

    /** @param {string} id */
    selectLayer(id) {
        const index = this.stage.shown.findIndex((s) => s.layer.id === id);
        if (index >= 0) this.state.layer = index;
        this.controls?.update();
    }

    nextLayer() {
        this.selectLayer(this.stage.shown[(this.state.layer + 1) % this.stage.shown.length].layer.id);
        this.announce(`Layer: ${this.activeLayer().layer.label}`);
    }

    toggleLayer() {
        const { layer, visible } = this.activeLayer();
        if (this.state.layer > 0) this.setVisible(layer.id, !visible);
        this.announce(`${this.activeLayer().visible ? "Shown" : "Hidden"}: ${layer.label}`);
    }

    /** @param {string} id @param {number} low @param {number} high */
    setWindow(id, low, high) {
        const shown = this.found(id);
        if (!shown || !(high > low)) return;
        shown.low = low;
        shown.high = high;
        this.stage.redraw();
        this.showLabels();
        this.controls?.update();
    }

    /** @param {number} wider @param {number} higher shares of the window's width */
    shiftWindow(wider, higher) {
        const { layer, low, high } = this.activeLayer();
        const width = high - low;
        const half = Math.max(width * (1 + wider), 1e-6) / 2;
        const level = (low + high) / 2 + higher * width;
        this.setWindow(layer.id, level - half, level + half);
    }

    /** @param {string} id of a preset */
    applyPreset(id) {
        const preset = PRESETS.find((p) => p.id === id);
        const { layer } = this.activeLayer();
        if (!preset) return;
        this.setWindow(layer.id, preset.low ?? layer.windowLow, preset.high ?? layer.windowHigh);
    }

    /** @param {Shown} shown @returns {string} the preset it has, or nothing */
    presetOf({ layer, low, high }) {
        return PRESETS.find((p) => p.roles.includes(layer.role)
            && (p.low ?? layer.windowLow) === low && (p.high ?? layer.windowHigh) === high)?.id ?? "";
    }

    nextPreset() {
        const fitting = PRESETS.filter((p) => p.roles.includes(this.activeLayer().layer.role));
        const now = fitting.findIndex((p) => p.id === this.presetOf(this.activeLayer()));
        const next = fitting[(now + 1) % fitting.length];
        this.applyPreset(next.id);
        this.announce(`Window: ${next.name}`);
    }

    /** @param {string} id @param {number} opacity 0 to 1 */
    setOpacity(id, opacity) {
        const shown = this.found(id);
        if (!shown) return;
        shown.opacity = opacity;
        shown.visible = opacity > 0;
        this.stage.redraw();
        this.controls?.update();
    }

    /** @param {string} id @param {boolean} visible */
    setVisible(id, visible) {
        const shown = this.found(id);
        if (!shown) return;
        shown.visible = visible;
        if (visible && shown.opacity === 0) shown.opacity = 0.35;
        this.stage.redraw();
        this.showLabels();
        this.controls?.update();
    }

    /** @param {string} id */
    found(id) { return this.stage.shown.find((s) => s.layer.id === id); }

    /** @param {string} name @param {boolean} visible */
    setStructureVisible(name, visible) {
        const found = this.structures.find((s) => s.structure.name === name);
        if (found) found.visible = visible;
        this.rebuildContours();
    }

    /** @param {number} levelGy @param {boolean} visible */
    setIsodoseVisible(levelGy, visible) {
        this.isodosesVisible.set(levelGy, visible);
        this.rebuildContours();
    }

    /**
     * Goes to the middle of the next structure.
     * @param {number} by
     */
    nextStructure(by) {
        const count = this.structures.length;
        if (count === 0) return;
        this.state.structure = (this.state.structure + by + count + (this.state.structure < 0 && by < 0 ? 1 : 0)) % count;
        const { structure, volume } = this.structures[this.state.structure];
        const middle = middleOf(volume);
        if (middle) this.setCursor(middle);
        this.panes.speak(`${structure.name}${middle ? "" : ": empty"}`);
    }

    /** @param {number} mm */
    setDiameter(mm) {
        if (mm > 0 && mm <= MOST_DIAMETER_MM) this.state.diameterMM = mm;
    }

    /** Mean, greatest value and peak of every layer in a sphere at the crosshair. */
    sphere() {
        const { diameterMM } = this.state;
        const centre = this.cursor();
        const rows = this.stage.shown.filter((s) => !s.preview).map(({ layer, volume }) => ({
            layer, found: sphereStatistics(volume, centre, diameterMM) }));
        return { centre, diameterMM, rows };
    }

    measure() {
        const { diameterMM, rows } = this.sphere();
        // A mean has more figures than one voxel.
        const value = (/** @type {import("./scene.js").Layer} */ layer, /** @type {number} */ x) => (layer.unit === "HU"
            ? x.toFixed(1).replace("-", "−") : writtenValue({ id: layer.id, label: "", value: x, unit: layer.unit, note: "" }));
        this.panes.showMeasured(`Sphere of ${diameterMM} mm at ${spokenPosition(this.cursor())}`, rows.map(({ layer, found }) =>
            (found ? {
                name: layer.label, unit: layer.unit, voxels: String(found.voxels), mean: value(layer, found.mean),
                max: value(layer, found.max), peak: value(layer, found.peak),
            } : { name: layer.label, unit: layer.unit, voxels: "0", mean: "none", max: "none", peak: "none" })));
    }

    /** Shows the structures and levels as they are now. */
    rebuildContours() {
        const doses = this.stage.shown.filter((s) => s.layer.role === "dose" || s.layer.role === "delivered");
        const levels = [...this.scene.isodoseLevelsGy].sort((a, b) => a - b);
        this.overlay.setContours([
            ...doses.flatMap(({ layer, volume }) => levels.map((level, n) => ({
                key: `isodose ${layer.id} ${level}`, label: `${level} Gy`, volume, level, outside: NaN,
                colour: ISODOSE_COLOURS[n % ISODOSE_COLOURS.length],
                dash: layer.role === "delivered" ? DELIVERED_DASH : PLANNED_DASH,
                visible: this.isodosesVisible.get(level) ?? true,
            }))),
            ...this.structures.map(({ structure, volume, visible }) => ({
                key: `structure ${structure.name}`, label: structure.name, volume, level: HALF_COVERAGE,
                outside: 0, colour: onBlack(structure.colour), dash: structure.dash ?? [], visible,
            })),
        ]);
        this.stage.redraw();
    }

    // What the page says

    afterDraw() {
        if (this.stage.shown.length === 0) return;
        const { volume } = this.panes;
        this.overlay.draw(this.stage.tiles(), volume.width, volume.height,
            window.devicePixelRatio || 1, this.cursor());
        const now = this.readout();
        if (!this.panes.showReadout(now)) return;
        this.host.dispatchEvent(new CustomEvent("grevy-cursor", { detail: now, bubbles: true }));
        // A layer that is shown or hidden moves nothing.
        if (now.position !== this.place) this.speakSoon();
        this.place = now.position;
    }

    /** @param {string} text what a key did, in place of a position that was about to be said */
    announce(text) {
        clearTimeout(this.liveTimer);
        this.panes.speak(text);
    }

    speakSoon() {
        clearTimeout(this.liveTimer);
        this.liveTimer = window.setTimeout(() => {
            if (!this.ending.signal.aborted && this.stage.shown.length > 0) this.panes.speak(spoken(this.readout()));
        }, LIVE_TEXT_DELAY_MS);
    }

    showLabels() {
        this.panes.showLabels(this.state.layout, this.state.plane, this.stage.shown);
    }

    /** Starts the 3D view when the layout has one, and ends it when it has not. */
    async show3D() {
        const { panes } = this;
        if (!this.render && !LAYOUTS[this.state.layout].some((t) => t.sliceType === 4)) return;
        this.render?.end();
        this.render = null;
        panes.notice.hidden = true;
        const wanted = LAYOUTS[this.state.layout].some((t) => t.sliceType === 4);
        panes.place3D(wanted ? this.state.layout : null);
        if (!wanted) return;
        const again = button("Load the 3D view again", () => { void this.show3D(); });
        const render = new Render(panes.volume3D, () => panes.say(
            "The browser has taken the 3D view's graphics memory away. The slices are not affected.", [again]));
        this.render = render;
        try {
            await render.show(this.stage.shown);
        } catch {
            if (!render.ended) panes.say("The 3D view could not be started: this browser shows no WebGL 2. The slices are not affected.", [again]);
        }
    }

    /** @param {number} x device pixels @param {number} y */
    inRender(x, y) {
        const { width, height } = this.panes.volume;
        return LAYOUTS[this.state.layout].some(({ sliceType, position: [l, t, w, h] }) => sliceType === 4
            && x >= l * width && x < (l + w) * width && y >= t * height && y < (t + h) * height);
    }

    /** @param {number} azimuth degrees @param {number} elevation */
    rotate(azimuth, elevation) { this.render?.rotate(azimuth, elevation); }

    /** Gives memory and listeners back; the element is left empty. */
    destroy() {
        this.ending.abort();
        clearTimeout(this.liveTimer);
        this.stage.end();
        this.render?.end();
        this.stage.shown = [];
        this.host.replaceChildren();
    }
}

/** @param {ArrivedLayer} arrived @param {boolean} isBase @returns {Shown} */
function shownOf({ layer, volume, moved, preview }, isBase) {
    const opacity = Stage.opacity(layer, isBase);
    return { layer, volume, moved, preview, low: layer.windowLow, high: layer.windowHigh, opacity, visible: opacity > 0 };
}
