// SPDX-License-Identifier: Apache-2.0
// Mouse, pen and touch on the images. Primary: crosshair; with shift: pan; secondary: window.
// Wheel: slices; with control: zoom. In the 3D view: turn.

import { pixelAt } from "./canvas.js";
import { cutPoint } from "./lattice.js";
import { tileAt, toPlane } from "./tiles.js";

/** @typedef {import("./tiles.js").Tile} Tile */
/**
 * What the pointer may do to the viewer.
 * @typedef {object} PointerTarget
 * @property {import("./stage.js").Stage} stage
 * @property {(plane: import("./geometry.js").PlaneName) => void} activate
 * @property {(mm: import("./geometry.js").Vec3) => void} setCursor
 * @property {(plane: import("./geometry.js").PlaneName, count: number) => void} step
 * @property {(factor: number) => void} zoom
 * @property {import("./view3d.js").View3D} view3D
 * @property {(wider: number, higher: number) => void} shiftWindow shares of the window's width
 */

const ZOOM_PER_NOTCH = 1.15;
const DEGREES_PER_PIXEL = 0.5;
const WINDOW_PER_PIXEL = 1 / 200;

/** @param {HTMLElement} element the stage @param {PointerTarget} target @param {AbortSignal} signal */
export function followPointer(element, target, signal) {
    /** @type {{kind: "cursor" | "pan" | "window" | "turn", plane: Tile["plane"], at: number, x: number, y: number} | null} at: which tile */
    let drag = null;
    const place = (/** @type {MouseEvent} */ event) => pixelAt(target.stage.canvas, event);
    const toCursor = (/** @type {Tile} */ tile, /** @type {number} */ x, /** @type {number} */ y) => {
        const [u, v] = toPlane(tile, x, y);
        target.setCursor(cutPoint(tile.cut, u, v));
    };

    const tileNumber = (/** @type {number} */ x, /** @type {number} */ y) => {
        const tiles = target.stage.tiles();
        return tiles.findIndex((t) => t === tileAt(tiles, x, y));
    };

    element.addEventListener("pointerdown", (event) => {
        const { x, y } = place(event);
        const tile = tileAt(target.stage.tiles(), x, y);
        if (tile) {
            target.activate(tile.plane);
            const secondary = event.button === 2;
            const kind = secondary ? "window" : event.shiftKey || event.button === 1 ? "pan" : "cursor";
            drag = { kind, plane: tile.plane, at: tileNumber(x, y), x, y };
            if (kind === "cursor") toCursor(tile, x, y);
        } else if (target.view3D.holds(x, y)) {
            drag = { kind: "turn", plane: "axial", at: -1, x, y };
        }
        if (drag) {
            element.setPointerCapture(event.pointerId);
            element.focus({ preventScroll: true });
            event.preventDefault();
        }
    }, { signal });

    element.addEventListener("pointermove", (event) => {
        if (!drag) return;
        const { x, y } = place(event);
        const [dx, dy] = [x - drag.x, y - drag.y];
        const tile = target.stage.tiles()[drag.at];
        if (drag.kind === "cursor" && tile) toCursor(tile, x, y);
        if (drag.kind === "pan" && tile) {
            const mmPerPixel = Math.abs(tile.fovU) / tile.width;
            target.stage.pan(drag.plane, dx * mmPerPixel, -dy * mmPerPixel);
        }
        if (drag.kind === "window") target.shiftWindow(dx * WINDOW_PER_PIXEL, dy * WINDOW_PER_PIXEL);
        if (drag.kind === "turn") target.view3D.rotate(dx * DEGREES_PER_PIXEL, dy * DEGREES_PER_PIXEL);
        drag.x = x;
        drag.y = y;
    }, { signal });

    for (const end of ["pointerup", "pointercancel"]) {
        element.addEventListener(end, () => { drag = null; }, { signal });
    }
    element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });

    element.addEventListener("wheel", (event) => {
        const { x, y } = place(event);
        const tile = tileAt(target.stage.tiles(), x, y);
        if (!tile) return;
        event.preventDefault();
        const direction = Math.sign(event.deltaY);
        if (event.ctrlKey) target.zoom(ZOOM_PER_NOTCH ** -direction);
        else target.step(tile.plane, -direction);
    }, { signal, passive: false });
}
