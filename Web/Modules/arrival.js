// SPDX-License-Identifier: Apache-2.0
// In which order layers come on show: the base first, and what came before it waits. Pure.

import { baseIndex } from "./scene.js";

/** @typedef {import("./loading.js").ArrivedLayer} ArrivedLayer */

export class Arrival {
    /**
     * @param {string} base id of the layer below the others; empty when the finest is to be found
     * @param {{begin: (base: ArrivedLayer) => void, add: (layer: ArrivedLayer) => void}} show `add`: also
     *   for a layer whose preview is there
     */
    constructor(base, show) {
        this.base = base;
        this.show = show;
        this.hasBegun = false;
        /** @type {ArrivedLayer[]} what came before the base */
        this.held = [];
    }

    /** @param {ArrivedLayer} arrived */
    take(arrived) {
        if (this.hasBegun) this.show.add(arrived);
        else if (arrived.layer.id === this.base) this.begin(arrived);
        else this.held.push(arrived);
    }

    /** Everything has come or failed: where the base is not known or not there, the finest of what came is it. */
    settle() {
        if (!this.hasBegun && this.held.length > 0) this.begin(this.held[baseIndex(this.held)]);
    }

    /** @param {ArrivedLayer} base */
    begin(base) {
        const others = this.held.filter((held) => held !== base);
        this.hasBegun = true;
        this.held = [];
        this.show.begin(base);
        for (const other of others) this.show.add(other);
    }
}
