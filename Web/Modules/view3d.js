// SPDX-License-Identifier: Apache-2.0
// The 3D view's place in the viewer: started when the layout has one, ended when it has not, and asked
// for again when it has failed.

import { button } from "./elements.js";
import { Render } from "./render.js";
import { tile3D } from "./tiles.js";

const LOST = "The browser has taken the 3D view's graphics memory away. The slices are not affected.";
const REFUSED = "The 3D view could not be started: this browser shows no WebGL 2. The slices are not affected.";

export class View3D {
    /** @param {import("./panes.js").Panes} panes @param {import("./stage.js").Stage} stage whose layout and layers are shown */
    constructor(panes, stage) {
        this.panes = panes;
        this.stage = stage;
        /** @type {Render | null} */
        this.render = null;
    }

    /** Shows the layers and the layout as they are now. */
    async show() {
        const { panes, stage } = this;
        const isWanted = tile3D(stage.layout) !== undefined;
        if (!this.render && !isWanted) return;
        this.end();
        panes.notice.hidden = true;
        panes.place3D(isWanted ? stage.layout : null);
        // A preview is smaller than its file; the file comes, and then it is asked for again.
        if (!isWanted || stage.shown.some(({ preview }) => preview)) return;
        const again = button("Load the 3D view again", () => { void this.show(); });
        const render = new Render(panes.volume3D, () => panes.say(LOST, [again]));
        this.render = render;
        try {
            await render.show(stage.shown);
        } catch {
            if (!render.ended) panes.say(REFUSED, [again]);
        }
    }

    /** @param {number} x device pixels @param {number} y */
    holds(x, y) {
        const tile = tile3D(this.stage.layout);
        if (!tile) return false;
        const { width, height } = this.stage.canvas;
        const [left, top, across, down] = tile.position;
        return x >= left * width && x < (left + across) * width && y >= top * height && y < (top + down) * height;
    }

    /** @param {number} azimuth degrees @param {number} elevation */
    rotate(azimuth, elevation) { this.render?.rotate(azimuth, elevation); }

    end() {
        this.render?.end();
        this.render = null;
    }
}
