// SPDX-License-Identifier: Apache-2.0
// Choosing a layout or a preset of one; the browser remembers for pages that ask for it.

import { LAYOUT_PRESETS, layoutPresetsOf, layoutsOf } from "./layouts.js";
import { remember, remembered } from "./memory.js";

/** @typedef {import("./tiles.js").LayoutName} LayoutName */
/** @typedef {import("./viewer.js").Viewer} Viewer */

/** What a page without a task of its own keeps its layout as. */
const KEPT_AS = "viewer-layout";

export class LayoutChoice {
    /** @param {Viewer} viewer */
    constructor(viewer) {
        this.viewer = viewer;
        /** Id of the preset on show, or nothing. */
        this.preset = "";
        /** Where the choice is kept; nowhere while it is empty. */
        this.keptAs = "";
    }

    /**
     * Goes on with what was chosen last in this browser, where the scene has it, and remembers from now on.
     * @param {string} [task] the preset of a page that is there for one task, which keeps its own choice
     */
    goOn(task = "") {
        this.keptAs = task ? `${KEPT_AS}-${task}` : KEPT_AS;
        const { scene } = this.viewer;
        const kept = remembered(this.keptAs) || task;
        const layout = layoutsOf(scene).find(({ value }) => value === kept);
        if (layout) this.viewer.setLayout(layout.value);
        else if (layoutPresetsOf(scene).some(({ id }) => id === kept)) this.apply(kept);
    }

    /** @param {string} id of a preset; it holds for what is still to come as well */
    apply(id) {
        const { viewer } = this;
        const preset = LAYOUT_PRESETS.find((p) => p.id === id);
        if (!preset) return;
        viewer.setLayout(preset.layout);
        this.preset = id;
        viewer.stack.showOnly(preset.roles);
        viewer.doseDifference.isWanted ||= preset.roles.includes("difference");
        viewer.doseDifference.afterArrival(false);
    }

    /** @param {LayoutName} name */
    choose(name) {
        this.viewer.setLayout(name);
        this.keep(name);
    }

    next() {
        const all = layoutsOf(this.viewer.scene);
        const next = all[(all.findIndex(({ value }) => value === this.viewer.stage.layout) + 1) % all.length];
        this.choose(next.value);
        this.viewer.announce(`Layout: ${next.name}`);
    }

    /** @param {string} id of a preset */
    choosePreset(id) {
        const preset = layoutPresetsOf(this.viewer.scene).find((p) => p.id === id);
        if (!preset) return;
        this.apply(id);
        this.keep(id);
        this.viewer.announce(`Layout: ${preset.name}`);
    }

    /** @param {string} chosen */
    keep(chosen) {
        if (this.keptAs) remember(this.keptAs, chosen);
    }
}
