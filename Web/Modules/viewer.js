// SPDX-License-Identifier: Apache-2.0
// The workspace's image view: linked planes of one patient's scans with overlay, dose wash, outlines
// and isodose lines. Everything on show comes from the scene it was made with; nothing that arrives
// later can change the patient or the series.

import { Arrival } from "./arrival.js";
import { isodoses, outlines } from "./contours.js";
import { DoseDifference } from "./dose-difference.js";
import { followKeys } from "./keys.js";
import { LayerStack } from "./layer-stack.js";
import { LayoutChoice } from "./layout-choice.js";
import { LiveText } from "./live-text.js";
import { Loading } from "./loading.js";
import { measuredSphere } from "./measuring.js";
import { Overlay } from "./overlay.js";
import { followPointer } from "./pointer.js";
import { Panes } from "./panes.js";
import { middleOf, readoutAt, spoken } from "./readout.js";
import { baseID, dosePart, fusion } from "./scene.js";
import { MOST_DIAMETER_MM } from "./sphere.js";
import { Stage } from "./stage.js";
import { StructureList } from "./structures.js";
import { LAYOUTS, planesOf } from "./tiles.js";
import { toolbar } from "./toolbar.js";
import { View3D } from "./view3d.js";
import { presetOf } from "./windows.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {import("./loading.js").ArrivedLayer} ArrivedLayer */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./stage.js").Shown} Shown */
/** @typedef {import("./structures.js").ShownStructure} ShownStructure */
/** @typedef {import("./tiles.js").LayoutName} LayoutName */

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
 * `grevy-arrived` (detail: id of a layer or name of a structure that is complete), and once `grevy-shown`,
 * with `data-shown`, when there is a first picture. `aria-busy` on the
 * host says whether anything is still to come.
 */
export class Viewer {
    /** @param {HTMLElement} host @param {Scene} scene */
    constructor(host, scene) {
        this.host = host;
        this.scene = scene;
        this.base = "";
        this.startingPoint = "";
        this.state = { plane: /** @type {PlaneName} */ ("axial"), characters: true, diameterMM: 20 };
        this.ending = new AbortController();
        this.panes = new Panes(host, scene);
        this.live = new LiveText(host);
        this.overlay = new Overlay();
        this.stage = new Stage(this.panes.volume, {
            lines: (context, tile) => this.overlay.drawLines(context, tile, window.devicePixelRatio || 1),
            over: (context, tiles) => this.afterDraw(context, tiles),
        });
        /** @type {((context: CanvasRenderingContext2D, tiles: import("./tiles.js").Tile[]) => void)[]} what draws on top of all */
        this.marks = [];
        this.stack = new LayerStack(this.stage, scene, {
            labels: () => this.showLabels(), controls: () => this.controls?.update() });
        this.layouts = new LayoutChoice(this);
        this.doseDifference = new DoseDifference(this.stack);
        this.structureList = new StructureList(scene.structures);
        this.view3D = new View3D(this.panes, this.stage);
        this.place = "";
        /** @type {ReturnType<typeof toolbar> | null} */
        this.controls = null;
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
        const arrival = new Arrival(this.base, {
            begin: (base) => this.begin(base), add: (layer) => this.add(layer) });
        await new Loading(plan, this.base, signal, {
            layer: (arrived) => {
                arrival.take(arrived);
                if (!arrived.preview) this.tellArrived(arrived.layer.id);
                else performance.mark(`preview of ${arrived.layer.id}`);
            },
            structure: (arrived) => {
                this.structureList.add(arrived);
                this.rebuildContours();
                this.tellArrived(arrived.structure.name);
            },
            progress: (items) => panes.showProgress(items),
            failed: (sentence, again) => panes.addFailure(sentence, again),
        }).all();
        if (signal.aborted) return;
        arrival.settle();
        this.doseDifference.afterArrival(true);
        this.host.setAttribute("aria-busy", "false");
        this.speakSoon();
    }

    // What comes

    /** @param {ArrivedLayer} base */
    begin(base) {
        const { panes, stage } = this;
        const { signal } = this.ending;
        this.stack.begin(base);
        this.startingPoint = stage.cursor().join();
        this.controls = toolbar(this);
        this.host.prepend(this.controls.root);
        followPointer(panes.stage, this, signal);
        followKeys(panes.stage, this, () => this.state.characters, signal);
        this.showLabels();
        this.controls.update();
        stage.redraw();
        this.host.dataset.shown = "true";
        this.tell("grevy-shown");
    }

    /** @param {ArrivedLayer} arrived */
    add(arrived) {
        const isNew = this.stack.add(arrived);
        this.rebuildContours();
        this.showLabels();
        this.doseDifference.afterArrival(false);
        if (isNew) this.controls?.update();
        void this.view3D.show();
    }

    /** @param {string} name of what is complete */
    tellArrived(name) {
        performance.mark(`complete: ${name}`);
        this.host.dispatchEvent(new CustomEvent("grevy-arrived", { detail: name, bubbles: true }));
    }

    // What is on show

    layers() { return this.stack.all(); }

    activeLayer() { return this.stack.active; }

    get structures() { return this.structureList.all; }

    /** @param {Shown} shown @returns {string} id of the preset it has, or nothing */
    presetOf(shown) { return presetOf(shown)?.id ?? ""; }

    characterKeys() { return this.state.characters; }

    cursor() { return this.stage.cursor(); }

    tiles() { return this.stage.tiles(); }

    /** The lines on show, in mm of their plane. */
    drawnLines() { return this.overlay.linesOn(this.tiles()); }

    /** The 3D view while a layout has it. */
    get render() { return this.view3D.render; }

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
    moveCursor(right, up) { this.stage.stepOnScreen(this.state.plane, right, up); }

    /** @param {number} right @param {number} up tenths of the view */
    panActive(right, up) { this.stage.panByShare(this.state.plane, right * PAN_SHARE, up * PAN_SHARE); }

    /** @param {number} factor */
    zoom(factor) { this.stage.zoom(factor); }

    resetView() { this.stage.resetView(); }

    /** @param {LayoutName} name */
    setLayout(name) {
        if (!(name in LAYOUTS)) return;
        this.layouts.preset = "";
        this.stage.setLayout(name);
        void this.view3D.show();
        const planes = planesOf(name);
        if (planes.length > 0 && !planes.includes(this.state.plane)) [this.state.plane] = planes;
        this.showLabels();
        this.controls?.update();
    }

    nextPalette() { this.announce(`Palette: ${this.stack.nextPalette()}`); }

    /** Shows how the second dose differs from the first: the active one, or the first that there is. */
    showDifference() {
        this.doseDifference.isWanted = true;
        const made = this.doseDifference.make(true);
        if (!made) return;
        for (const { layer } of this.stack.all()) {
            // One difference at a time, beside the dose that it is of.
            if (layer.role === "difference") this.stack.setVisible(layer.id, layer === made.layer);
            else if (dosePart(layer) === "second") this.stack.setVisible(layer.id, layer.id === made.layer.secondID);
        }
        this.stack.select(made.layer.id);
        this.announce(`Layer: ${made.layer.label}`);
    }

    /** @param {boolean} nearest */
    setNearest(nearest) { this.stage.setInterpolation(nearest); }

    /** @param {boolean} on */
    setCharacterKeys(on) { this.state.characters = on; }

    nextLayer() { this.announce(`Layer: ${this.stack.next().layer.label}`); }

    toggleLayer() {
        const { layer, visible } = this.stack.toggle();
        this.announce(`${visible ? "Shown" : "Hidden"}: ${layer.label}`);
    }

    /** @param {string} id @param {number} low @param {number} high */
    setWindow(id, low, high) { this.stack.setWindow(id, low, high); }

    /** @param {number} wider @param {number} higher shares of the window's width */
    shiftWindow(wider, higher) { this.stack.shiftWindow(wider, higher); }

    nextPreset() { this.announce(`Window: ${this.stack.nextPreset()}`); }

    /** @param {string} name @param {boolean} visible */
    setStructureVisible(name, visible) {
        this.structureList.setVisible(name, visible);
        this.rebuildContours();
    }

    /**
     * Shows other structures than those of the scene.
     * @param {ShownStructure[]} structures
     */
    showStructures(structures) {
        this.structureList.all = structures;
        this.rebuildContours();
    }

    /**
     * Goes to the middle of the next structure.
     * @param {number} by 1 or -1
     */
    nextStructure(by) {
        const next = this.structureList.next(by);
        if (!next) return;
        const middle = middleOf(next.volume);
        if (middle) this.setCursor(middle);
        this.live.say(`${next.structure.name}${middle ? "" : ": empty"}`);
    }

    /** @param {number} mm */
    setDiameter(mm) {
        if (mm > 0 && mm <= MOST_DIAMETER_MM) this.state.diameterMM = mm;
    }

    /** Mean, greatest value and peak of every layer in a sphere at the crosshair. */
    measure() {
        this.panes.showMeasured(measuredSphere(this.layers(), this.cursor(), this.state.diameterMM));
    }

    /** Shows the lines of doses and structures as they are now. */
    rebuildContours() {
        this.overlay.setContours([
            ...isodoses(this.layers(), this.scene.isodoseLevelsGy), ...outlines(this.structures)]);
        this.stage.redraw();
    }

    // What the page says

    /** @param {CanvasRenderingContext2D} context @param {import("./tiles.js").Tile[]} tiles */
    afterDraw(context, tiles) {
        this.overlay.drawOver(context, tiles, window.devicePixelRatio || 1, this.cursor());
        for (const mark of this.marks) mark(context, tiles);
        this.tell("grevy-drawn");
        const now = this.readout();
        if (!this.panes.showReadout(now)) return;
        this.host.dispatchEvent(new CustomEvent("grevy-cursor", { detail: now, bubbles: true }));
        // A layer that is shown or hidden moves nothing.
        if (now.position !== this.place) this.speakSoon();
        this.place = now.position;
    }

    /** @param {string} text what a key did, in place of a position that was about to be said */
    announce(text) { this.live.sayInstead(text); }

    /** @param {string} name of an event that what stands beside the images listens for */
    tell(name) { this.host.dispatchEvent(new CustomEvent(name)); }

    speakSoon() {
        if (this.stage.shown.length > 0) this.live.saySoon(() => spoken(this.readout()));
    }

    showLabels() {
        this.panes.showLabels(this.stage.layout, this.state.plane, this.layers());
        this.panes.showLegends(this.layers());
    }

    /** Gives memory and listeners back; the element is left empty. */
    destroy() {
        this.ending.abort();
        this.live.end();
        this.stage.end();
        this.view3D.end();
        this.stage.shown = [];
        this.host.replaceChildren();
    }
}
