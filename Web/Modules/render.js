// SPDX-License-Identifier: Apache-2.0
// The 3D view: NiiVue, loaded when it is first asked for, set up as Grevy wants it and never by its
// defaults: every window given, none of its own mouse, keyboard or drop handling.

/** @typedef {import("./stage.js").Shown} Shown */

const OPTIONS = {
    isRadiologicalConvention: true,
    interactive: false,
    dragAndDropEnabled: false,
    clipPlaneHotKey: "",
    cycleClipPlaneHotKey: "",
    viewModeHotKey: "",
    loadingText: "",
    logLevel: "error",
    isOrientCube: true,
    crosshairWidth: 0,
    backColor: [0, 0, 0, 1],
    // NiiVue's number of the 3D view.
    sliceType: 4,
};
/** Colours from zero, nothing below the window: NiiVue's ZERO_TO_MAX_TRANSPARENT_BELOW_MIN. */
const TRANSPARENT_BELOW = 1;
const FALLBACK = "gray";

/**
 * Why the 3D view leaves a layer out; empty where it shows it. NiiVue reads the files itself: a difference
 * has none, and a file lies where it lay before any registration. Pure.
 * @param {Shown} shown
 */
export function leftOutBecause({ layer, moved }) {
    if (layer.url === "") return "differences are seen in slices only";
    return moved ? "it lies here by a registration" : "";
}

/** WebGL 2 promises no less (MAX_3D_TEXTURE_SIZE). */
const LEAST_LIMIT = 256;
/** @type {number | null} */
let limit = null;

/** The most voxels along an axis that the graphics device draws. */
export function deviceLimit() {
    if (limit !== null) return limit;
    const context = document.createElement("canvas").getContext("webgl2");
    limit = context ? Number(context.getParameter(context.MAX_3D_TEXTURE_SIZE)) || LEAST_LIMIT : LEAST_LIMIT;
    // Browsers keep few contexts; this one is given back at once.
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return limit;
}

/**
 * How many voxels become one along each axis so that a volume is within a device's limit; 1 for one that is. Pure.
 * @param {readonly number[]} shape @param {number} most voxels along an axis
 */
export function reductionFor(shape, most) {
    return Math.max(1, Math.ceil(Math.max(...shape) / most));
}

/**
 * What the 3D view says of a layer: why it leaves it out, or that it is coarser than the slices. Pure.
 * @param {Shown} shown @param {number} most voxels along an axis
 */
export function noteIn3D(shown, most) {
    const why = leftOutBecause(shown);
    const by = reductionFor(shown.volume.shape, most);
    return why || by === 1 ? { why, note: "" } : { why, note: `reduced by ${by}: no measuring` };
}

export class Render {
    /** @param {HTMLCanvasElement} canvas @param {() => void} onLost */
    constructor(canvas, onLost) {
        this.canvas = canvas;
        /** @type {any} */
        this.niivue = null;
        this.ended = false;
        canvas.addEventListener("webglcontextlost", (event) => {
            event.preventDefault();
            if (!this.ended) onLost();
        });
    }

    /**
     * @param {Shown[]} shown base first; their files come from the browser's cache
     * @throws {Error} when the browser has no WebGL 2 or a file does not come
     */
    async show(shown) {
        const { Niivue } = await import("../vendor/niivue.js");
        if (this.ended) return;
        this.niivue = new Niivue(OPTIONS);
        await this.niivue.attachToCanvas(this.canvas, false);
        const files = shown.filter((x) => x.visible && leftOutBecause(x) === "");
        for (const [index, s] of files.entries()) {
            const inverted = s.palette === "gray-inverted";
            const image = await this.niivue.addVolumeFromUrl({
                url: addressOf(s, deviceLimit()), name: `${s.layer.id}.nii.gz`,
                colormap: this.niivue.colormaps().includes(s.palette) ? s.palette : FALLBACK, colormapInvert: inverted,
                opacity: index === 0 ? 1 : s.opacity,
                cal_min: s.low, cal_max: s.high, trustCalMinMax: true,
            });
            if (index > 0) image.colormapType = TRANSPARENT_BELOW;
            if (this.ended) return;
        }
        this.niivue.updateGLVolume();
    }

    /** @param {number} azimuth degrees @param {number} elevation */
    rotate(azimuth, elevation) {
        if (!this.niivue) return;
        const { scene } = this.niivue;
        scene.renderAzimuth += azimuth;
        scene.renderElevation = Math.min(90, Math.max(-90, scene.renderElevation + elevation));
        this.niivue.drawScene();
    }

    end() {
        this.ended = true;
        if (!this.niivue) return;
        this.niivue.cleanup();
        // Browsers keep few contexts; this one is given back at once.
        this.niivue.gl.getExtension("WEBGL_lose_context")?.loseContext();
    }
}

/** @param {Shown} shown @param {number} most voxels along an axis @returns {string} where NiiVue gets the file */
function addressOf({ layer, volume }, most) {
    const url = new URL(layer.url, location.href);
    const by = reductionFor(volume.shape, most);
    if (by > 1) url.searchParams.set("reduction", String(by));
    return url.href;
}
