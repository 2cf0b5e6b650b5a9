// SPDX-License-Identifier: Apache-2.0
// The layer that says how much more the second dose is than the first: made when it is asked for, so that
// nobody else waits for it or keeps it in memory.

import { difference, differenceLayer } from "./difference.js";
import { dosePart } from "./scene.js";

/** @typedef {import("./layer-stack.js").LayerStack} LayerStack */

export class DoseDifference {
    /** @param {LayerStack} stack gets the layer */
    constructor(stack) {
        this.stack = stack;
        /** Whether somebody waits for it. */
        this.isWanted = false;
    }

    /**
     * Makes what is waited for, when both doses are there.
     * @param {boolean} isLast nothing else comes: any second dose will do, not the scene's first alone
     */
    afterArrival(isLast) {
        const isThere = this.stack.all().some(({ layer }) => layer.role === "difference");
        if (this.isWanted && !isThere) this.make(isLast);
    }

    /**
     * The second dose is the active layer, or the scene's first one.
     * @param {boolean} isAnyEnough
     * @returns {import("./stage.js").Shown | undefined} nothing where a dose is missing
     */
    make(isAnyEnough) {
        const { stack } = this;
        const doses = stack.all().filter(({ preview }) => !preview);
        const first = doses.find(({ layer }) => dosePart(layer) === "first");
        const seconds = doses.filter(({ layer }) => dosePart(layer) === "second");
        const named = stack.scene.layers.find((layer) => dosePart(layer) === "second")?.id;
        const second = seconds.find((s) => s === stack.active) ?? seconds.find(({ layer }) => layer.id === named)
            ?? (isAnyEnough ? seconds[0] : undefined);
        if (!first || !second) return undefined;
        const id = `${second.layer.id} less ${first.layer.id}`;
        const made = stack.found(id);
        if (made) return made;
        const volume = difference(second.volume, first.volume);
        stack.add({ layer: differenceLayer(id, second.layer, first.layer, volume), volume, moved: second.moved, preview: false });
        stack.write.labels();
        stack.write.controls();
        return stack.found(id);
    }
}
