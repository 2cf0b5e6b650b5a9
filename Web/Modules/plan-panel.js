// SPDX-License-Identifier: Apache-2.0
// A plan's sliders: what moves is shown at once from the plan's dose samples, as a preview. Without
// this module the page shows the plan as it is kept, and the form still asks for another one.

import { onBlack } from "./colours.js";
import { DVHChart, curveChoice } from "./dvh.js";
import { element } from "./elements.js";
import { refusalOf } from "./failures.js";
import { figure, preview, typedActivity } from "./preview.js";
import { watchRecalculation } from "./recalculation.js";
import { parsedSamples } from "./samples.js";

/** @typedef {import("./preview.js").Preview} Preview */
/** @typedef {import("./samples.js").Samples} Samples */
/** @typedef {{slider: HTMLInputElement, field: HTMLInputElement, shown: string, savedGBq: number}} Control */

/** Milliseconds after the last change until the summary is said. */
const SAY_AFTER_MS = 600;
/** Roles whose curves are shown from the start. */
const SHOWN_ROLES = ["tumour", "normal-liver", "territory"];

/** @param {ParentNode} root @param {string} selector */
const find = (root, selector) => /** @type {HTMLElement} */ (root.querySelector(selector));

/**
 * Writes what differs: the browser lays out and paints anew whatever is set, also to what it was.
 * @param {Element} element @param {string} text @param {string} [className]
 */
function write(element, text, className = element.className) {
    if (element.textContent !== text) element.textContent = text;
    if (element.className !== className) element.className = className;
}

/** The panel of one plan. */
export class PlanPanel {
    /**
     * @param {HTMLFormElement} form @param {Samples} samples
     */
    constructor(form, samples) {
        this.form = form;
        this.samples = samples;
        this.panel = /** @type {HTMLElement} */ (form.closest(".panel"));
        this.limits = [...this.panel.querySelectorAll("#limits tbody tr")];
        this.doses = [...this.panel.querySelectorAll("#doses tbody tr")];
        this.saved = new Map([...this.panel.querySelectorAll("[data-part]")].map(
            (cell) => [cell, { text: cell.textContent ?? "", className: cell.className, hidden: cell.hasAttribute("hidden") }]));
        /** @type {Control[]} */
        this.controls = [...form.querySelectorAll(".slider")].map((row) => this.control(row));
        const figureHost = find(form, "#dvh");
        figureHost.hidden = samples.structures.every((s) => !s.weights);
        this.chart = new DVHChart(figureHost, { width: 360, height: 270, names: false });
        this.names = this.curveChoices(figureHost);
        this.frame = 0;
        this.timer = 0;
        const reset = find(form, "#reset");
        reset.hidden = false;
        reset.addEventListener("click", () => this.reset());
        this.draw(preview(samples, this.activities()));
        // Forms keep what was typed when a page is loaded again.
        this.changed();
    }

    /** @param {Element} row @returns {Control} */
    control(row) {
        const slider = /** @type {HTMLInputElement} */ (find(row, "[type=range]"));
        const field = /** @type {HTMLInputElement} */ (find(row, "[type=number]"));
        slider.hidden = false;
        slider.addEventListener("input", () => {
            field.value = Number(slider.value).toFixed(2);
            this.changed();
        });
        field.addEventListener("input", () => {
            slider.value = field.value;
            this.changed();
        });
        return { slider, field, shown: field.defaultValue, savedGBq: Number(field.dataset.saved) };
    }

    /** GBq of each territory; a field without an activity above 0 counts as 0. */
    activities() {
        return this.controls.map((c) => typedActivity(c.field.value, c.shown, c.savedGBq) ?? 0);
    }

    isSaved() { return this.controls.every((c) => c.field.value.trim() === c.shown); }

    reset() {
        for (const { slider, field, shown } of this.controls) {
            field.value = shown;
            slider.value = shown;
        }
        this.changed();
    }

    /** Draws once per frame, however often a slider moves in it. */
    changed() {
        if (this.frame) return;
        this.frame = requestAnimationFrame(() => {
            this.frame = 0;
            this.show();
        });
    }

    show() {
        const isSaved = this.isSaved();
        for (const { field, shown, savedGBq } of this.controls) {
            const isWrong = typedActivity(field.value, shown, savedGBq) === null;
            if (isWrong) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
        }
        this.panel.classList.toggle("is-preview", !isSaved);
        write(find(this.form, "#preview-state"), isSaved ? "as saved" : "preview, not saved",
            isSaved ? "badge badge-info" : "badge badge-warning");
        const found = preview(this.samples, this.activities());
        if (isSaved) this.restore(); else this.fill(found);
        this.draw(found);
        clearTimeout(this.timer);
        this.timer = setTimeout(() => {
            find(this.form, "#preview-words").textContent = isSaved ? "" : words(found);
        }, SAY_AFTER_MS);
    }

    /** The kept numbers, letter by letter as the server wrote them. */
    restore() {
        for (const [cell, { text, className, hidden }] of this.saved) {
            write(cell, text, className);
            cell.toggleAttribute("hidden", hidden);
        }
    }

    /** @param {Preview} found */
    fill(found) {
        write(find(this.panel, "[data-part=total]"), `${found.totalGBq.toFixed(3)} GBq`);
        found.checks.forEach((check, n) => {
            const row = this.limits[n];
            write(find(row, "[data-part=value]"), figure(check.doseGy));
            write(find(row, "[data-part=margin]"), figure(check.marginGy));
            write(find(row, "[data-part=state]"), check.exceeded ? "exceeded" : "kept",
                check.exceeded ? "badge badge-error" : "badge badge-ok");
            find(row, "[data-part=binding]").toggleAttribute("hidden", !check.binding);
        });
        found.doses.forEach((dose, n) => {
            const row = this.doses[n];
            write(find(row, "[data-part=mean]"), figure(dose.meanGy));
            write(find(row, "[data-part=d98]"), figure(dose.d98Gy));
            write(find(row, "[data-part=bed]"), figure(dose.bedGy));
        });
    }

    /**
     * The curves' names with a sample of each line, and whether it is shown.
     * @param {HTMLElement} host
     */
    curveChoices(host) {
        const limited = new Set(this.samples.limits.map((l) => l.structure));
        const rows = /** @type {HTMLElement[]} */ (this.doses);
        const choices = this.samples.structures.map((structure, n) => ({ structure, row: rows[n] }))
            .filter(({ structure }) => structure.weights).map(({ structure, row }) => {
                const colour = onBlack(row.dataset.colour ?? "");
                const dash = (row.dataset.dash ?? "").split(" ").filter((d) => d !== "").map(Number);
                const isShown = SHOWN_ROLES.includes(structure.role) || limited.has(structure.name);
                const { box, label } = curveChoice(structure.name, { colour, dash }, isShown, () => this.changed());
                return { name: structure.name, colour, dash, box, label };
            });
        host.append(element("ul", { class: "dvh-names" }, choices.map(({ label }) => element("li", {}, [label]))));
        return choices;
    }

    /** @param {Preview} found */
    draw(found) {
        const curves = this.names.filter(({ box }) => box.checked).flatMap(({ name, colour, dash }) => {
            const histogram = found.histograms.get(name);
            return histogram ? [{ name, colour, dash, histogram }] : [];
        });
        this.chart.update(curves, found.checks.flatMap(({ limit, exceeded }) =>
            limit.measure === "hottestPercent" ? [{
                structure: limit.structure, doseGy: limit.limitGy, percent: limit.percent ?? 0, exceeded,
                label: limit.name ?? limit.structure,
            }] : []));
    }
}

/**
 * What a change comes to, in words: said once the slider rests. Pure.
 * @param {Preview} found
 */
export function words(found) {
    const name = (/** @type {import("./histogram.js").Check} */ c) => c.limit.name ?? c.limit.structure;
    const exceeded = found.checks.filter((c) => c.exceeded).map(name);
    const binding = found.checks.find((c) => c.binding);
    const parts = [`Preview, not saved: ${found.totalGBq.toFixed(3)} GBq in all.`];
    parts.push(exceeded.length > 0 ? `Exceeded: ${exceeded.join(", ")}.` : "All limits are kept.");
    if (binding) {
        parts.push(`${name(binding)} binds, with a margin of ${figure(binding.marginGy)} Gy.`);
        if (exceeded.length > 0 && binding.maximumTotalGBq !== null) {
            parts.push(`Recalculating lowers all activities together to ${binding.maximumTotalGBq.toFixed(3)} GBq.`);
        }
    }
    return parts.join(" ");
}

/** What the samples wait for a picture, at most: there may be none. */
const PICTURE_MS = 3000;

/** Until the viewer shows something: samples are megabytes, and take the line and the processor from it. */
async function picture() {
    const viewer = document.getElementById("viewer");
    if (!viewer || viewer.dataset.shown) return;
    await new Promise((done) => {
        viewer.addEventListener("grevy-shown", done, { once: true });
        setTimeout(done, PICTURE_MS);
    });
    // What is shown is painted with the next frame; a page behind others has none.
    await new Promise((done) => setTimeout(done, 100));
}

/** @param {HTMLFormElement} form */
async function start(form) {
    const state = find(form, "#preview-words");
    watchRecalculation(form);
    state.textContent = "Loading what the preview is computed from.";
    await picture();
    const answer = await fetch(form.dataset.samples ?? "");
    if (!answer.ok) {
        state.textContent = `There is no preview: ${await refusalOf(answer)}`;
        return;
    }
    const samples = parsedSamples(await answer.arrayBuffer());
    const rows = document.querySelectorAll("#limits tbody tr").length;
    if (samples.limits.length !== rows) {
        state.textContent = "There is no preview: the plan was kept by an earlier version. Recalculate it.";
        return;
    }
    state.textContent = "";
    new PlanPanel(form, samples);
}

const form = globalThis.document?.getElementById("activities");
if (form) await start(/** @type {HTMLFormElement} */ (form));
