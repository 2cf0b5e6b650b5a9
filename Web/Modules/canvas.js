// SPDX-License-Identifier: Apache-2.0
// A canvas that has the screen's own pixels: drawing it anew, drawing in a part of it, finding a pointer on it.

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

/** @type {WeakMap<HTMLCanvasElement, CanvasRenderingContext2D>} what a canvas is drawn on beside the screen */
const boards = new WeakMap();

/**
 * Draws a canvas anew on black, with as many pixels as the screen shows of it. Where no graphics card is, the
 * processor draws beside it and the pixels are put in as a whole: the browser lays a canvas that was drawn by
 * the processor itself into the page as a picture, which costs it more than twice as much.
 * @param {HTMLCanvasElement} canvas
 * @param {(context: CanvasRenderingContext2D) => void} draw not called while nothing of the canvas is seen
 */
export function redrawn(canvas, draw) {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((n) => Math.round(n * ratio));
    resized(canvas, width, height);
    const shown = canvas.getContext("2d", { alpha: false });
    if (!shown || width === 0 || height === 0) return;
    const context = isAccelerated() ? shown : boardOf(canvas);
    if (!context) return;
    context.fillStyle = "#000000";
    context.fillRect(0, 0, width, height);
    draw(context);
    if (context !== shown) shown.putImageData(context.getImageData(0, 0, width, height), 0, 0);
}

/**
 * Setting a size also clears, so one that fits is left alone.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height pixels
 */
export function resized(canvas, width, height) {
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
}

/** @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D | null} of the same size */
function boardOf(canvas) {
    const context = boards.get(canvas) ?? pen(document.createElement("canvas"), { alpha: false });
    if (!context) return null;
    boards.set(canvas, context);
    resized(context.canvas, canvas.width, canvas.height);
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
