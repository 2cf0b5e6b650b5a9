// SPDX-License-Identifier: Apache-2.0
// What a meeting has on show of a case: which images, and the viewer that they are in.

import { choice, element, errorNotice, labelled } from "./elements.js";
import { refusalOf } from "./failures.js";
import { SessionPictures } from "./session-pictures.js";
import { SessionSlices } from "./session-slices.js";
import { hasSameImages } from "./session-view.js";

/** @typedef {import("./session-panel.js").Item} Item */
/** @typedef {import("./session-view.js").MeetingView} MeetingView */
/**
 * What they need of the session.
 * @typedef {object} Page
 * @property {() => string} base address of the case in the meeting
 * @property {string} csrf
 * @property {() => Item | null} item the case
 * @property {(draft: import("./session-panel.js").Drawn | null) => void} drafted told of what is being drawn
 * @property {() => void} changed other images are on show
 * @property {() => void} arrived something of them can be seen
 * @property {() => void} drawn they were drawn
 */

export class SessionImages {
    /** @param {Page} page */
    constructor(page) {
        this.page = page;
        /** @type {string[]} the lowest first */
        this.ids = [];
        /** @type {SessionSlices | SessionPictures | null} */
        this.shown = null;
        this.choices = element("div", { class: "row" });
        this.notices = element("div");
        this.root = element("div", { class: "stack" });
        this.empty();
    }

    /** Leaves nothing of what was on show. */
    clear() {
        this.ids = [];
        this.choices.replaceChildren();
        this.notices.replaceChildren();
        this.empty();
    }

    /** Takes the viewer away. @returns {HTMLElement} where the next one goes */
    empty() {
        this.shown?.destroy();
        this.shown = null;
        // A new element: nobody listens to what the last viewer had.
        const host = element("section", { class: "viewer", "aria-label": "Images of the case" });
        this.root.replaceChildren(this.choices, this.notices, host);
        return host;
    }

    /** @returns {MeetingView | null} `null` while nothing is on show */
    view() { return this.shown?.view(this.ids) ?? null; }

    /** @param {MeetingView} view of the images on show @returns {boolean} whether it is shown */
    follow(view) { return hasSameImages(view.images, this.ids) && (this.shown?.follow(view) ?? false); }

    showChoices() {
        const item = this.page.item();
        if (!item) return;
        const options = item.images.map(({ id, label }) => ({ value: id, name: label }));
        const pick = (/** @type {string} */ first, /** @type {string} */ second) =>
            void this.show([first, second].filter((id, n, all) => id !== "" && all.indexOf(id) === n));
        const [first, second] = [this.ids[0] ?? "", this.ids[1] ?? ""];
        this.choices.replaceChildren(
            labelled("Image", choice(options, first, (id) => pick(id, second))),
            labelled("Over it", choice([{ value: "", name: "nothing" }, ...options], second, (id) => pick(first, id))));
    }

    /** Asks again for what is on show. */
    async again() {
        const { ids } = this;
        this.ids = [];
        await this.show(ids);
    }

    /** @param {string[]} ids */
    async show(ids) {
        if (hasSameImages(ids, this.ids)) return;
        this.ids = ids;
        const answer = await fetch(`${this.page.base()}/scene?images=${ids.join(",")}`, { headers: { Accept: "application/json" } });
        const isStale = () => this.ids !== ids;
        if (isStale()) return;
        if (!answer.ok) {
            const sentence = answer.status === 404
                ? "The image on show is not shared with you." : await refusalOf(answer);
            if (isStale()) return;
            // What was on show before is not what is looked at now.
            this.empty();
            this.notices.replaceChildren(errorNotice(sentence));
            this.page.changed();
            return;
        }
        /** @type {{scene?: import("./scene.js").Scene, frames?: import("./frames.js").SeriesData, notShared: number}} */
        const { scene, frames, notShared } = await answer.json();
        if (isStale()) return;
        this.notices.replaceChildren(...(notShared > 0 ? [element("p", { class: "notice", role: "status" }, [
            `${notShared === 1 ? "An image" : `${notShared} images`} on top of this one ${notShared === 1 ? "is" : "are"} not shared with you.`])] : []));
        await this.fill(scene, frames);
    }

    /** @param {import("./scene.js").Scene | undefined} scene @param {import("./frames.js").SeriesData | undefined} frames */
    async fill(scene, frames) {
        const host = this.empty();
        const item = this.page.item();
        host.dataset.comments = `${this.page.base()}/comments`;
        host.dataset.csrf = this.page.csrf;
        host.dataset.mayComment = item?.mayComment ? "yes" : "";
        // Who keeps key images of a case belongs to its owner.
        host.dataset.isOwners = item?.mayMark ? "yes" : "";
        const shown = frames ? new SessionPictures(host, frames, item?.title ?? "", this.page.drafted)
            : scene ? new SessionSlices(host, scene, this.page.drafted) : null;
        this.shown = shown;
        host.addEventListener("grevy-drawn", () => { if (this.shown === shown) this.page.drawn(); });
        host.addEventListener("grevy-arrived", () => { if (this.shown === shown) this.page.arrived(); });
        this.showChoices();
        this.page.changed();
        await shown?.start();
    }
}
