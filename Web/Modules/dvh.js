// SPDX-License-Identifier: Apache-2.0
// The live dose-volume histogram, as our own SVG: the policy forbids the inline styles of chart
// libraries. Curves tell themselves apart by colour, dash and a name at their end.

import { element, svg } from "./elements.js";
import { doseAtPercent, percentAtDose } from "./histogram.js";

/** @typedef {import("./histogram.js").Histogram} Histogram */
/**
 * @typedef {object} Curve
 * @property {string} name
 * @property {string} colour
 * @property {Histogram} histogram
 * @property {number[]} [dash]
 * @property {boolean} [reference] a second plan or what was delivered: dashed
 */
/** @typedef {{structure: string, doseGy: number, percent: number, exceeded: boolean, label: string}} LimitMark */

const SIZE = { width: 640, height: 400 };
const MARGIN = { left: 52, right: 130, top: 14, bottom: 42 };
/** Right of the plot when names stand elsewhere. */
const NARROW = 12;
const POINTS = 160;
const NAME_HEIGHT = 16;
/** The dose axis ends where less than this share of any structure has more, percent. */
const END_PERCENT = 1;
/** Told apart without colour, in this order. */
const DASHES = [[], [8, 3], [2, 3], [10, 3, 2, 3], [5, 5]];

/**
 * A round step for an axis. Pure.
 * @param {number} most @param {number} count about so many steps
 */
export function roundStep(most, count) {
    const rough = most / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough * 0.999) ?? 10 * power;
}

/**
 * Percent of the volume with at least each dose, at equal steps from 0. Pure.
 * @param {Histogram} histogram @param {number} mostGy @param {number} [points]
 * @returns {[number, number][]} dose in Gy, percent
 */
export function curvePoints(histogram, mostGy, points = POINTS) {
    return Array.from({ length: points + 1 }, (_, n) => {
        const dose = n / points * mostGy;
        return [dose, percentAtDose(histogram, dose)];
    });
}

/**
 * A curve's name with a piece of its line, and a box that says whether it is shown.
 * @param {string} name @param {{colour: string, dash: number[]}} style @param {boolean} checked
 * @param {() => void} act
 */
export function curveChoice(name, { colour, dash }, checked, act) {
    const box = element("input", { type: "checkbox", checked });
    box.addEventListener("change", act);
    return { box, label: element("label", { class: "field-check" }, [box, sample(colour, dash), name]) };
}

/** @param {string} colour @param {number[]} dash */
function sample(colour, dash) {
    const line = svg("line", { class: "dvh-curve", stroke: colour, x1: 0, x2: 26, y1: 5, y2: 5 });
    if (dash.length > 0) line.setAttribute("stroke-dasharray", dash.join(" "));
    return svg("svg", { class: "dvh-sample", viewBox: "0 0 26 10", width: 26, height: 10, "aria-hidden": "true" }, [line]);
}

/** A histogram of several structures that is redrawn as activities change. */
export class DVHChart {
    /**
     * @param {HTMLElement} host filled with one SVG
     * @param {{width?: number, height?: number, names?: boolean}} [options] `names: false`: the page
     *   names the curves itself
     */
    constructor(host, options = {}) {
        this.names = options.names ?? true;
        this.width = options.width ?? SIZE.width;
        this.height = options.height ?? SIZE.height;
        this.margin = { ...MARGIN, right: this.names ? MARGIN.right : NARROW };
        this.grid = svg("g", { class: "dvh-axes" });
        this.curves = svg("g", { class: "dvh-curves" });
        this.marks = svg("g", { class: "dvh-marks" });
        this.root = svg("svg", {
            class: "dvh", viewBox: `0 0 ${this.width} ${this.height}`, role: "img",
            "aria-label": "Dose-volume histogram",
        }, [this.grid, this.curves, this.marks]);
        host.replaceChildren(this.root);
        this.mostGy = 0;
    }

    /** @param {number} doseGy */
    x(doseGy) {
        return this.margin.left + doseGy / this.mostGy * (this.width - this.margin.left - this.margin.right);
    }

    /** @param {number} percent */
    y(percent) {
        return this.margin.top + (1 - percent / 100) * (this.height - this.margin.top - this.margin.bottom);
    }

    /**
     * Shows curves and limits. The dose axis grows at once and shrinks only when half is empty, so
     * that it does not jump while a slider moves.
     * @param {Curve[]} curves @param {LimitMark[]} [limits]
     */
    update(curves, limits = []) {
        const most = Math.max(1, ...curves.map((c) => doseAtPercent(c.histogram, END_PERCENT) * 1.05),
            ...limits.map((l) => l.doseGy * 1.05));
        if (most > this.mostGy || most < this.mostGy / 2) {
            this.mostGy = Math.ceil(most / roundStep(most, 6)) * roundStep(most, 6);
            this.drawAxes();
        }
        this.drawCurves(curves);
        this.drawLimits(limits);
        const means = curves.map((c) => `${c.name} mean ${c.histogram.meanGy.toPrecision(3)} Gy`);
        this.root.setAttribute("aria-label", `Dose-volume histogram. ${means.join(". ")}.`);
    }

    drawAxes() {
        /** @type {Node[]} */
        const parts = [];
        const { left, top } = this.margin;
        const [right, bottom] = [this.width - this.margin.right, this.height - this.margin.bottom];
        const step = roundStep(this.mostGy, 6);
        for (let dose = 0; dose <= this.mostGy * 1.0001; dose += step) {
            const x = this.x(dose);
            parts.push(svg("line", { class: "dvh-grid", x1: x, x2: x, y1: top, y2: bottom }),
                svg("text", { x, y: bottom + 16, "text-anchor": "middle" }, [String(Number(dose.toPrecision(6)))]));
        }
        for (let percent = 0; percent <= 100; percent += 20) {
            const y = this.y(percent);
            parts.push(svg("line", { class: "dvh-grid", x1: left, x2: right, y1: y, y2: y }),
                svg("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, [String(percent)]));
        }
        parts.push(
            svg("path", { class: "dvh-axis", d: `M${left} ${top}V${bottom}H${right}` }),
            svg("text", { x: (left + right) / 2, y: this.height - 8, "text-anchor": "middle" }, ["Dose (Gy)"]),
            svg("text", { x: 14, y: (top + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(top + bottom) / 2})` }, ["Volume (%)"]));
        this.grid.replaceChildren(...parts);
    }

    /** @param {Curve[]} curves */
    drawCurves(curves) {
        const lines = curves.map((curve, n) => {
            const points = curvePoints(curve.histogram, this.mostGy);
            const path = points.map(([d, p]) => `${this.x(d).toFixed(1)} ${this.y(p).toFixed(1)}`).join("L");
            const line = svg("path", {
                class: curve.reference ? "dvh-reference" : "dvh-curve", d: `M${path}`, stroke: curve.colour });
            const dash = (curve.dash ?? DASHES[n % DASHES.length]).join(" ");
            if (!curve.reference && dash) line.setAttribute("stroke-dasharray", dash);
            return { curve, line, dash, middle: doseAtPercent(curve.histogram, 50) };
        });
        // Names from the highest dose down, as the curves lie from right to left.
        const named = lines.filter(({ curve }) => !curve.reference).sort((a, b) => b.middle - a.middle);
        const right = this.width - this.margin.right;
        this.curves.replaceChildren(...lines.map(({ line }) => line));
        if (this.names) this.curves.append(...named.flatMap(({ curve, dash }, n) => {
            const y = this.margin.top + 8 + n * NAME_HEIGHT;
            const sample = svg("line", { class: "dvh-curve", stroke: curve.colour, x1: right + 6, x2: right + 28, y1: y, y2: y });
            if (dash) sample.setAttribute("stroke-dasharray", dash);
            return [sample, svg("text", { x: right + 33, y: y + 4 }, [curve.name])];
        }));
    }

    /** @param {LimitMark[]} limits */
    drawLimits(limits) {
        this.marks.replaceChildren(...limits.map((limit) => {
            const [x, y] = [this.x(limit.doseGy), this.y(limit.percent)];
            // A triangle that points to the allowed side; filled when the limit is exceeded.
            const mark = svg("path", {
                class: limit.exceeded ? "dvh-limit is-exceeded" : "dvh-limit",
                d: `M${x} ${y - 6}L${x - 9} ${y}L${x} ${y + 6}Z` });
            mark.append(svg("title", {}, [`${limit.label}${limit.exceeded ? ": exceeded" : ""}`]));
            return mark;
        }));
    }
}
