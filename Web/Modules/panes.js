// SPDX-License-Identifier: Apache-2.0
// The viewer's part of the page: the stage with its canvases, the names on each view, the read-out,
// and notices.

import { button, element, errorNotice } from "./elements.js";
import { PLANE_NAMES } from "./geometry.js";
import { legend, windowsOfDoses } from "./legend.js";
import { short } from "./numbers.js";
import { afterValue, writtenValue } from "./readout.js";
import { deviceLimit, noteIn3D } from "./render.js";
import { dosePart, isAnatomy } from "./scene.js";
import { LAYOUTS, TYPE_3D, isSeenIn } from "./tiles.js";

/** @typedef {import("./readout.js").Readout} Readout */
/** @typedef {import("./scene.js").Refusal} Refusal */
/** @typedef {import("./stage.js").Shown} Shown */
/** @typedef {import("./tiles.js").LayoutName} LayoutName */

/**
 * What a view says of a layer: series, modality, date, unit and window, or why it is not there.
 * @param {Shown} shown @param {string} leftOut why; empty where it is shown
 */
function layerName({ layer, low, high }, leftOut) {
    return leftOut ? `Not in 3D: ${layer.label}; ${leftOut}.`
        : `${layer.label} · ${layer.modality} · ${layer.date} · ${layer.unit} [${short(low)} to ${short(high)}]`;
}

export class Panes {
    /**
     * Fills the host.
     * @param {HTMLElement} host @param {import("./scene.js").Scene} scene
     */
    constructor(host, scene) {
        this.host = host;
        this.volume = element("canvas", { class: "viewer-volume", "aria-hidden": "true" });
        this.volume3D = element("canvas", { "aria-hidden": "true" });
        this.render = element("div", { class: "viewer-render", hidden: true });
        this.labels = element("div", { class: "viewer-labels", "aria-hidden": "true" });
        this.notice = element("div", { class: "notice notice-error viewer-notice", role: "alert", hidden: true });
        this.progress = element("ul", { class: "viewer-progress", "aria-label": "Loading" });
        this.failures = element("div", { class: "viewer-failures" });
        this.refusals = element("div", { class: "viewer-refusals" });
        this.legends = element("ul", { class: "viewer-legends", "aria-label": "Colours" });
        this.readout = element("div", { class: "viewer-readout" });
        this.measured = element("div", { class: "viewer-measured", role: "status", hidden: true });
        const { patient } = scene;
        this.stage = element("div", {
            class: "viewer-stage", role: "application", tabindex: "0",
            "aria-roledescription": "image viewer",
            "aria-label": `Images of ${patient.name}, born ${patient.birthDate}, ${patient.patientID}`,
        }, [
            element("div", { class: "viewer-images" }, [this.volume]),
            this.render, this.labels, this.progress,
        ]);
        // The notice is no part of the application, so that its button is reached as any other.
        host.replaceChildren(this.refusals, this.failures, this.notice, this.stage, this.legends, this.readout, this.measured);
        host.classList.add("viewer");
        this.written = "";
        /** @type {Text[][]} of the read-out's items: a sentence, or label, value and what follows */
        this.texts = [];
    }

    /**
     * Makes room for the 3D view, with a canvas that has not had a context yet.
     * @param {LayoutName | null} layout `null`: no 3D view
     */
    place3D(layout) {
        this.volume3D = element("canvas", { "aria-hidden": "true" });
        this.render.replaceChildren(this.volume3D);
        this.render.hidden = layout === null;
        this.render.setAttribute("data-layout", layout ?? "");
    }

    /**
     * The names on each view: series, date, modality, unit, window.
     * @param {LayoutName} layout @param {string} activePlane @param {Shown[]} shown
     */
    showLabels(layout, activePlane, shown) {
        this.labels.setAttribute("data-layout", layout);
        this.labels.replaceChildren(...LAYOUTS[layout].map(({ sliceType, dose }) => {
            const name = sliceType === TYPE_3D ? "3d" : PLANE_NAMES[sliceType];
            const title = name === "3d" ? "3D" : name[0].toUpperCase() + name.slice(1);
            const noted = name === "3d" ? (/** @type {Shown} */ s) => noteIn3D(s, deviceLimit()) : () => ({ why: "", note: "" });
            const state = name === activePlane ? " is-active" : "";
            return element("div", { class: `viewport-label${state}`, "data-plane": name }, [
                element("strong", {}, [title]),
                ...shown.filter((s) => s.visible && isSeenIn({ dose }, dosePart(s.layer)))
                    .flatMap((s) => {
                        const { why, note } = noted(s);
                        return [element("span", {}, [layerName(s, why)]),
                            ...(note ? [element("span", { class: "viewport-preview" }, [note])] : [])];
                    }),
                ...(shown.some((s) => s.preview)
                    ? [element("span", { class: "viewport-preview" }, ["Preview, reduced: not for measuring"])] : []),
            ]);
        }));
    }

    /**
     * The colours of what is seen over the base, and of a base that is no plain anatomy.
     * @param {Shown[]} shown base first
     */
    showLegends(shown) {
        const note = windowsOfDoses(shown);
        this.legends.replaceChildren(...shown.filter((s) => s.visible && !isAnatomy(s.layer))
            .map((s) => legend(s, s === shown[0])), ...(note ? [element("li", {}, [note])] : []));
    }

    /**
     * @param {Readout} now
     * @returns {boolean} whether it differs from what was there
     */
    showReadout(now) {
        const written = JSON.stringify(now);
        if (written === this.written) return false;
        this.written = written;
        const items = [[now.position], ...now.layers.map((v) => [
            `${v.label} `, writtenValue(v), afterValue(v)]),
        [now.structures.length > 0 ? `in ${now.structures.join(", ")}` : "in no structure"]];
        if (items.length !== this.texts.length) {
            this.texts = items.map((parts) => parts.map((text) => document.createTextNode(text)));
            this.readout.replaceChildren(...this.texts.map(([first, value, rest], n) => element("span", {
                class: n === 0 ? "readout-item readout-position" : "readout-item" },
            value ? [first, element("b", {}, [value]), rest] : [first])));
            return true;
        }
        // What stays is not laid out again.
        items.flat().forEach((text, n) => {
            const shown = this.texts.flat()[n];
            if (shown.data !== text) shown.data = text;
        });
        return true;
    }

    /**
     * A measurement as it was made; it stays until the next one.
     * @param {{title: string, rows: import("./measuring.js").MeasuredRow[]}} measured
     */
    showMeasured({ title, rows }) {
        const head = ["Image", "Unit", "Voxels", "Mean", "Max", "Peak (1 mL)"];
        this.measured.replaceChildren(element("table", { class: "table" }, [
            element("caption", {}, [title]),
            element("thead", {}, [element("tr", {}, head.map((text) => element("th", { scope: "col" }, [text])))]),
            element("tbody", {}, rows.map((row) => element("tr", {}, [
                element("th", { scope: "row" }, [row.name]),
                ...[row.unit, row.voxels, row.mean, row.max, row.peak].map((text) => element("td", {}, [text])),
            ]))),
        ]));
        this.measured.hidden = false;
    }

    /**
     * @param {Refusal[]} refused
     */
    showRefusals(refused) {
        this.refusals.replaceChildren(...refused.map((refusal) => {
            const register = button("Register", () => this.host.dispatchEvent(
                new CustomEvent("grevy-register", { detail: refusal, bubbles: true })));
            return element("div", { class: "notice notice-warning" }, [
                element("p", {}, [refusal.sentence]), register]);
        }));
    }

    /**
     * What is still to come, a line for each image and one for all structures.
     * @param {import("./loading.js").Progress[]} items
     */
    showProgress(items) {
        const coming = items.filter((i) => i.state === "waits" || i.state === "loads");
        const lines = coming.filter((i) => !i.isStructure).map((i) =>
            `${i.label}: ${i.share === null ? "loading" : `${Math.round(i.share * 100)} %`}`);
        const structures = items.filter((i) => i.isStructure);
        const left = coming.filter((i) => i.isStructure).length;
        if (left > 0) lines.push(`Structures: ${structures.length - left} of ${structures.length}`);
        this.progress.replaceChildren(...lines.map((line) => element("li", {}, [line])));
    }

    /**
     * A layer that did not come; it can be asked for again.
     * @param {string} sentence @param {() => Promise<void>} again
     */
    addFailure(sentence, again) {
        const notice = errorNotice(sentence, [button("Load it again", () => {
            notice.remove();
            void again();
        })]);
        this.failures.append(notice);
    }

    /**
     * @param {string} text @param {Node[]} [actions]
     */
    say(text, actions = []) {
        this.progress.replaceChildren();
        this.notice.replaceChildren(element("p", {}, [text]), ...actions);
        this.notice.hidden = false;
    }
}
