// SPDX-License-Identifier: Apache-2.0
// A canvas that has the screen's own pixels: clearing it, drawing in a part of it, finding a pointer on it.

/** @typedef {{left: number, top: number, width: number, height: number}} Part device pixels */

/** @type {boolean | undefined} */
let hasCard;

/**
 * Whether a graphics card draws for the browser. Without one the browser lets the processor imitate
 * one, which is several times slower than drawing with the processor at once.
 */
function isAccelerated() {
    if (hasCard === undefined) {
        const context = document.createElement("canvas").getContext("webgl2");
        const info = context?.getExtension("WEBGL_debug_renderer_info");
        const name = info ? String(context?.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
        hasCard = context !== null && !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
        context?.getExtension("WEBGL_lose_context")?.loseContext();
    }
    return hasCard;
}

/**
 * What a canvas is drawn with; by the processor where no graphics card is.
 * @param {HTMLCanvasElement} canvas @param {{alpha?: boolean}} [settings]
 * @returns {CanvasRenderingContext2D | null}
 */
export function pen(canvas, settings = {}) {
    return canvas.getContext("2d", { ...settings, willReadFrequently: !isAccelerated() });
}

/**
 * Gives a canvas as many pixels as the screen shows of it, and makes them black.
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D | null} `null` while nothing of it is seen
 */
export function cleared(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((n) => Math.round(n * ratio));
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = pen(canvas, { alpha: false });
    if (!context || width === 0 || height === 0) return null;
    context.fillStyle = "#000000";
    context.fillRect(0, 0, width, height);
    return context;
}

/**
 * Draws in a part only; the context's state is as it was afterwards.
 * @param {CanvasRenderingContext2D} context @param {Part} part @param {() => void} draw
 */
export function clipped(context, { left, top, width, height }, draw) {
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    draw();
    context.restore();
}

/**
 * Where a pointer is.
 * @param {HTMLCanvasElement} canvas @param {MouseEvent} event
 * @returns {{x: number, y: number, ratio: number}} device pixels; how many of them a CSS pixel is wide
 */
export function pixelAt(canvas, event) {
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / Math.max(1, box.width);
    return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio, ratio };
}
