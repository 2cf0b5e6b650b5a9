// SPDX-License-Identifier: Apache-2.0
// Links the crosshairs of two viewers in patient millimetres, whichever has the focus.

import { transformed } from "./geometry.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

/**
 * Links viewers that share a frame of reference, or that an accepted registration joins. A point
 * outside the other's images goes to their edge.
 * @param {Viewer} first @param {Viewer} second
 * @param {{there: number[], back: number[]} | null} matrices RAS to RAS, 3 x 4, from first to second
 *   and back; `null` when both lie in one frame
 * @returns {() => void} ends the link
 */
export function linked(first, second, matrices = null) {
    const ending = new AbortController();
    let busy = false;
    const follow = (/** @type {Viewer} */ from, /** @type {Viewer} */ to, /** @type {number[] | undefined} */ matrix) =>
        from.host.addEventListener("grevy-cursor", (event) => {
            // What follows does not lead: a clamped point would pull the first one back.
            if (busy || !from.host.contains(document.activeElement) && to.host.contains(document.activeElement)) return;
            busy = true;
            const mm = /** @type {CustomEvent} */ (event).detail.positionMM;
            to.setCursor(matrix ? transformed(matrix, mm) : mm);
            // The other viewer reports its move after its next drawing.
            requestAnimationFrame(() => requestAnimationFrame(() => { busy = false; }));
        }, { signal: ending.signal });
    follow(first, second, matrices?.there);
    follow(second, first, matrices?.back);
    return () => ending.abort();
}
