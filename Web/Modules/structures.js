// SPDX-License-Identifier: Apache-2.0
// The structures on show, in the order of the scene, and which of them was gone to last. Pure.

/** @typedef {import("./loading.js").ArrivedStructure} ArrivedStructure */
/** @typedef {ArrivedStructure & {visible: boolean}} ShownStructure */

export class StructureList {
    /** @param {import("./scene.js").SceneStructure[]} wanted in the order of the scene */
    constructor(wanted) {
        this.wanted = wanted;
        /** @type {ShownStructure[]} */
        this.all = [];
        /** Where in `all` is what was gone to last; -1 before. */
        this.at = -1;
    }

    /**
     * Puts a structure in its place, whenever it comes.
     * @param {ArrivedStructure} arrived
     */
    add(arrived) {
        const place = (/** @type {ShownStructure} */ s) => this.wanted.indexOf(s.structure);
        const last = this.all[this.at];
        this.all = [...this.all, { ...arrived, visible: true }].sort((a, b) => place(a) - place(b));
        this.at = this.all.indexOf(last);
    }

    /** @param {string} name @param {boolean} visible */
    setVisible(name, visible) {
        const found = this.all.find((s) => s.structure.name === name);
        if (found) found.visible = visible;
    }

    /**
     * Goes on in the list, round its ends.
     * @param {number} by 1 or -1
     * @returns {ShownStructure | undefined} nothing where there is no structure
     */
    next(by) {
        const count = this.all.length;
        if (count === 0) return undefined;
        const from = this.at < 0 && by < 0 ? 0 : this.at;
        this.at = (from + by + count) % count;
        return this.all[this.at];
    }
}
