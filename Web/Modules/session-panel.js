// SPDX-License-Identifier: Apache-2.0
// What stands beside the images of a meeting: the case, its key images and measurements, the decision.

import { button, element, labelled, numberField } from "./elements.js";
import { refusalOf } from "./failures.js";
import { SessionLesions } from "./session-lesions.js";
import { spoken } from "./session-shapes.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./session-shapes.js").Measured} Measured */
/** @typedef {import("./session-marks.js").Draft | import("./session-shapes.js").PictureDraft} Drawn */
/** @typedef {import("./session-slices.js").SessionSlices | import("./session-pictures.js").SessionPictures} Ground what is marked and measured on */
/** @typedef {{series: string, lpsMM?: Vec3, frame?: number, pixel?: [number, number]}} Place in the patient, or on a frame of a picture */
/**
 * A case of the list as the server sends it.
 * @typedef {object} Item
 * @property {number} item @property {number} number @property {boolean} isHidden
 * @property {string} title @property {string} question @property {string} referral
 * @property {{id: string, label: string}[]} images @property {number} withheld
 * @property {(Place & {id: number, note: string, author: string, mayWithdraw: boolean})[]} keyImages
 * @property {Measured[]} measurements
 * @property {import("./session-lesions.js").Lesions} [lesions]
 * @property {import("./session-lesions.js").Choice[]} sites
 * @property {{version: number, choice: string, isSigned: boolean}} [decision]
 * @property {string} decisionPath
 * @property {boolean} mayMark whether this person keeps key images and measurements of this case
 * @property {boolean} mayComment
 */

const FIRST_RADIUS_MM = 10;
const LONGEST_LABEL = 60;
const NO_CIRCLE = "On pictures lengths are measured; circles are drawn on slices.";

export class SessionPanel {
    /**
     * @param {{base: () => string, csrf: string, mayMark: boolean, go: (place: Place) => void, changed: (item: Item) => void}} page
     *   `base`: address of the case in the meeting
     */
    constructor(page) {
        this.page = page;
        /** @type {Ground | null} */
        this.ground = null;
        this.radiusMM = FIRST_RADIUS_MM;
        this.said = element("p", { role: "status" });
        this.keyImages = element("ol", { class: "comment-list" });
        this.measured = element("ol", { class: "comment-list" });
        this.note = element("input", { maxlength: "200", autocomplete: "off" });
        this.label = element("input", { maxlength: String(LONGEST_LABEL), autocomplete: "off", value: "Target 1" });
        this.drawn = element("p", { class: "field-help" }, ["Choose what to draw, then drag on the image; or set its ends by keys at the crosshair."]);
        this.mayMark = false;
        this.lesions = new SessionLesions({
            mayMark: () => this.mayMark, send: (path, fields) => this.send(path, fields),
            series: () => {
                const series = this.series();
                if (series === "") this.refuse();
                return series;
            },
        });
        this.tools = page.mayMark ? this.makeTools() : element("div");
        this.marking = element("div", { class: "row" }, page.mayMark ? [
            labelled("Note", this.note), button("Key image here", () => void this.markHere(), { id: "key-image" })] : []);
        this.root = element("section", { class: "card stack session-panel", "aria-label": "Key images and measurements" }, [
            element("h2", {}, ["Key images"]), this.keyImages, this.marking,
            element("h2", {}, ["Measurements"]), this.measured, this.tools,
            this.lesions.root, this.said,
        ]);
    }

    makeTools() {
        const choose = (/** @type {"diameters" | "circle" | ""} */ tool) => () => {
            this.said.textContent = this.ground?.choose(tool) === false ? NO_CIRCLE : "";
        };
        return element("div", { class: "stack" }, [
            element("div", { class: "row", role: "group", "aria-label": "Draw" }, [
                button("Draw diameters", choose("diameters"), { id: "draw-diameters" }),
                button("Draw a circle", choose("circle"), { id: "draw-circle" }),
                button("Move the crosshair", choose("")),
            ]),
            element("div", { class: "row", role: "group", "aria-label": "By keys" }, [
                button("End at the crosshair", () => this.addEnd(), { id: "add-end" }),
                labelled("Radius, mm", numberField((mm) => { if (mm > 0) this.radiusMM = mm; }, { min: "0.1", max: "500", value: String(FIRST_RADIUS_MM) })),
                button("Circle at the crosshair", () => this.circleHere(), { id: "circle-here" }),
            ]),
            this.drawn,
            this.lesions.choices,
            element("div", { class: "row" }, [
                labelled("Name", this.label), button("Keep the measurement", () => void this.keep(), { id: "keep-measurement" })]),
        ]);
    }

    /** @param {Ground | null} ground nothing: no image is on show */
    use(ground) { this.ground = ground; }

    /** @param {Drawn | null} draft */
    drafted(draft) {
        if (draft?.shape === "circle") this.drawn.textContent = `A circle of ${draft.radiusMM.toFixed(1)} mm radius; its statistics come when it is kept.`;
        else if (draft) this.drawn.textContent = draft.ends.length < 2 ? "Set the other end." : `${Math.floor(draft.ends.length / 2)} of 2 diameters drawn; the second is the one across.`;
    }

    /** Adds the crosshair, or the middle of what is seen of a picture, as an end of a diameter. */
    addEnd() { if (this.mayMark) this.ground?.addEnd(); }

    circleHere() {
        this.said.textContent = this.ground?.circleHere(this.radiusMM) === false ? NO_CIRCLE : "";
    }

    /** The series that marks belong to. */
    series() { return this.ground?.series() ?? ""; }

    /** @param {string} path @param {Record<string, string>} fields @returns {Promise<boolean>} whether it was done */
    async send(path, fields) {
        try {
            const answer = await fetch(`${this.page.base()}/${path}`, {
                method: "POST", headers: { Accept: "application/json" },
                body: new URLSearchParams({ ...fields, csrf: this.page.csrf }),
            });
            if (answer.ok) this.page.changed(await answer.json());
            this.said.textContent = answer.ok ? "" : await refusalOf(answer);
            return answer.ok;
        } catch {
            this.said.textContent = "The server did not answer; nothing was kept. Try again.";
            return false;
        }
    }

    async markHere() {
        if (!this.mayMark) return;
        const series = this.series();
        if (!this.ground || series === "") return this.refuse();
        if (await this.send("key-images", { series, ...this.ground.here(), note: this.note.value })) this.note.value = "";
    }

    async keep() {
        const { ground } = this;
        const series = this.series();
        if (!ground || series === "") return this.refuse();
        const drawn = ground.fields();
        if (!drawn) {
            this.said.textContent = "Draw what is to be measured first: two ends, or four.";
            return;
        }
        if (await this.send("measurements", { series, label: this.label.value, ...this.lesions.fields(), ...drawn })) {
            ground.discard();
            this.lesions.reset();
        }
    }

    refuse() {
        this.said.textContent = !this.ground ? "No image is on show." : "This image is no series of the case in the frame that is shown; choose another one.";
    }

    /** @param {Item} item */
    show(item) {
        this.mayMark = item.mayMark;
        for (const part of [this.marking, this.tools]) part.hidden = !item.mayMark;
        this.keyImages.replaceChildren(...item.keyImages.map((image, n) => element("li", {}, [
            element("p", { class: "row" }, [
                button(`Go to ${n + 1}`, () => this.page.go(image)),
                element("span", { class: "breakable" }, [`${image.note || "no note"}${image.frame === undefined ? "" : ` (frame ${image.frame})`}`]), element("span", { class: "muted" }, [image.author]),
                ...this.withdrawal(image.mayWithdraw, `key-images/${image.id}`, `key image ${n + 1}`),
            ])])));
        this.measured.replaceChildren(...item.measurements.map((one) => element("li", {}, [
            element("p", { class: "row" }, [
                button("Go there", () => this.page.go(placeOf(one))),
                element("span", { class: "breakable" }, [spoken(one)]), element("span", { class: "muted" }, [one.author]),
                ...this.withdrawal(one.mayWithdraw, `measurements/${one.id}`, one.label),
            ])])));
        this.lesions.show(item.lesions, item.sites);
        this.ground?.setMeasured(item.measurements);
    }

    /** Leaves nothing of a case that is not on show any more. */
    clear() {
        this.keyImages.replaceChildren();
        this.measured.replaceChildren();
        this.lesions.show(undefined, []);
    }

    /** @param {boolean} may @param {string} path @param {string} name */
    withdrawal(may, path, name) {
        return may ? [button("Take back", () => void this.send(`${path}/withdraw`, {}), { "aria-label": `Take ${name} back` })] : [];
    }
}

/** @param {Measured} measured @returns {Place} where it begins */
function placeOf({ series, frame, points: [[a, b, c]] }) {
    // Two numbers are column and row; without a frame the server could not read the series.
    if (c !== undefined) return { series, lpsMM: [a, b, c] };
    return frame === undefined ? { series } : { series, frame, pixel: [a, b] };
}
