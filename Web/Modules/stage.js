// SPDX-License-Identifier: Apache-2.0
// NiiVue, set up as Grevy wants it and never by its defaults: radiological, every window given,
// none of its own mouse, keyboard or drop handling. All positions are RAS mm.

import { PLANES, spacing } from "./geometry.js";
import { COLOUR_MAPS, OPACITIES } from "./scene.js";
import { LAYOUTS, panned, tilesOf, zoomedAbout } from "./tiles.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {import("./nifti.js").NiftiFile} NiftiFile */
/** @typedef {import("./scene.js").Layer} Layer */
/** @typedef {import("./tiles.js").LayoutName} LayoutName */
/** @typedef {{layer: Layer, file: NiftiFile, volume: import("./geometry.js").Volume, low: number, high: number, opacity: number, visible: boolean, image: any}} Shown */

const OPTIONS = {
    isRadiologicalConvention: true,
    sagittalNoseLeft: true,
    // Slices and positions in the patient's mm, also where the base's voxels are oblique.
    isSliceMM: true,
    // Grevy draws the letters: beside bars NiiVue 0.65 puts them inside the image or cuts them off.
    isOrientationTextVisible: false,
    // No listeners of NiiVue's own: no hot keys (C, P, V, arrows), no drop, no automatic window.
    interactive: false,
    dragAndDropEnabled: false,
    clipPlaneHotKey: "",
    cycleClipPlaneHotKey: "",
    viewModeHotKey: "",
    loadingText: "",
    logLevel: "error",
    isColorbar: false,
    crosshairWidth: 0,
    show3Dcrosshair: false,
    isOrientCube: false,
    backColor: [0, 0, 0, 1],
};

/** Where NiiVue's ZERO_TO_MAX_TRANSPARENT_BELOW_MIN is: colours from zero, nothing below the window. */
const TRANSPARENT_BELOW = 1;
const [LEAST_ZOOM, MOST_ZOOM] = [0.5, 20];

export class Stage {
    /** @param {HTMLCanvasElement} canvas @param {() => void} onDraw after every drawing */
    constructor(canvas, onDraw) {
        this.canvas = canvas;
        this.onDraw = onDraw;
        /** @type {Shown[]} base first */
        this.shown = [];
        /** @type {any} */
        this.niivue = null;
        this.frame = 0;
        this.ended = false;
    }

    /** Starts WebGL. @throws {Error} when the browser has none */
    async start() {
        const { Niivue } = await import("../vendor/niivue.js");
        const niivue = new Niivue(OPTIONS);
        const draw = niivue.drawScene.bind(niivue);
        niivue.drawScene = () => {
            if (this.ended) return;
            draw();
            this.onDraw();
        };
        await niivue.attachToCanvas(this.canvas, false);
        this.niivue = niivue;
    }

    /** @param {Shown[]} shown base first */
    async show(shown) {
        this.shown = shown;
        for (const [index, s] of shown.entries()) {
            const { layer } = s;
            const image = await this.niivue.addVolumeFromUrl({
                url: layer.id, name: `${layer.id}.nii`, buffer: s.file.bytes,
                colormap: this.colourMap(layer), opacity: index === 0 ? 1 : s.opacity,
                cal_min: s.low, cal_max: s.high, trustCalMinMax: true,
            });
            s.image = image;
            if (index > 0 && layer.role !== "ct") image.colormapType = TRANSPARENT_BELOW;
            // NiiVue has copied the voxels: keep one copy where both are alike.
            const own = s.file.volume.voxels;
            if (image.img.constructor === own.constructor && image.img.length === own.length) {
                s.volume = { ...s.file.volume, voxels: image.img };
            }
            s.file = { bytes: new ArrayBuffer(0), volume: s.volume };
        }
        this.refreshOverlays();
    }

    /** @param {Layer} layer */
    colourMap(layer) {
        const known = this.niivue.colormaps();
        const wanted = layer.colourMap ?? COLOUR_MAPS[layer.role];
        return known.includes(wanted) ? wanted : COLOUR_MAPS[layer.role];
    }

    /** @param {Layer} layer @param {boolean} isBase */
    static opacity(layer, isBase) {
        return isBase ? 1 : layer.opacity ?? OPACITIES[layer.role];
    }

    /** Draws at the next frame; many changes in one frame are drawn once. */
    redraw() {
        if (this.frame !== 0 || this.ended) return;
        this.frame = requestAnimationFrame(() => {
            this.frame = 0;
            this.niivue.drawScene();
        });
    }

    /** @param {Shown} s */
    applyWindow(s) {
        s.image.cal_min = s.low;
        s.image.cal_max = s.high;
        // The base alone is uploaded anew only when it is the base that changed.
        if (s === this.shown[0]) this.niivue.refreshLayers(s.image, 0);
        else this.refreshOverlays();
        this.redraw();
    }

    refreshOverlays() {
        this.shown.forEach((s, index) => {
            if (index === 0) return;
            s.image.opacity = s.visible ? s.opacity : 0;
            this.niivue.refreshLayers(s.image, index);
        });
        this.redraw();
    }

    /** @param {boolean} nearest */
    setInterpolation(nearest) {
        this.niivue.setInterpolation(nearest);
    }

    /** @param {LayoutName} name */
    setLayout(name) {
        this.niivue.setCustomLayout(LAYOUTS[name]);
    }

    tiles() {
        return this.niivue ? tilesOf(this.niivue) : [];
    }

    /**
     * The crosshair, RAS mm.
     * @returns {Vec3}
     */
    cursor() {
        const mm = this.niivue.frac2mm(this.niivue.scene.crosshairPos, 0, true);
        return [mm[0], mm[1], mm[2]];
    }

    /**
     * Moves the crosshair; a point outside the base goes to its edge.
     * @param {Vec3} mm
     */
    setCursor(mm) {
        const share = this.niivue.mm2frac(mm, 0, true);
        for (let axis = 0; axis < 3; axis += 1) {
            this.niivue.scene.crosshairPos[axis] = Math.min(1, Math.max(0, share[axis]));
        }
        this.redraw();
    }

    /**
     * Goes that many voxels of the base along an axis of the patient.
     * @param {0 | 1 | 2} axis @param {number} count
     */
    stepAxis(axis, count) {
        const size = this.niivue.volumes[0].dimsRAS[axis + 1];
        const at = this.niivue.scene.crosshairPos;
        const index = Math.round(at[axis] * size - 0.5) + count;
        at[axis] = (Math.min(size - 1, Math.max(0, index)) + 0.5) / size;
        this.redraw();
    }

    /** @param {PlaneName} plane @param {number} count slices towards anterior, superior, right */
    stepSlice(plane, count) {
        this.stepAxis(/** @type {0 | 1 | 2} */ (PLANES[plane].w), count);
    }

    /** @param {number} factor */
    zoom(factor) {
        const { scene } = this.niivue;
        const zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, scene.pan2Dxyzmm[3] * factor));
        scene.pan2Dxyzmm = zoomedAbout(scene.pan2Dxyzmm, this.cursor(), zoom);
        this.redraw();
    }

    /**
     * Pans by mm on screen: `right` and `up`.
     * @param {PlaneName} plane @param {number} right @param {number} up
     */
    pan(plane, right, up) {
        const { scene } = this.niivue;
        scene.pan2Dxyzmm = panned(scene.pan2Dxyzmm, plane, right * PLANES[plane].sign, up);
        this.redraw();
    }

    resetView() {
        this.niivue.scene.pan2Dxyzmm = [0, 0, 0, 1];
        this.niivue.scene.volScaleMultiplier = 1;
        this.redraw();
    }

    /** @param {number} azimuth degrees @param {number} elevation */
    rotate(azimuth, elevation) {
        const { scene } = this.niivue;
        scene.renderAzimuth += azimuth;
        scene.renderElevation = Math.min(90, Math.max(-90, scene.renderElevation + elevation));
        this.redraw();
    }

    /** The finest spacing of the base, mm. */
    stepMM() {
        return Math.min(...spacing(this.shown[0].volume.affine));
    }

    end() {
        this.ended = true;
        cancelAnimationFrame(this.frame);
        if (!this.niivue) return;
        this.niivue.cleanup();
        const context = this.niivue.gl;
        // Browsers keep few contexts; this one is given back at once.
        context.getExtension("WEBGL_lose_context")?.loseContext();
    }
}
