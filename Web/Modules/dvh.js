// SPDX-License-Identifier: Apache-2.0
// The live dose-volume histogram, our own: the policy forbids the inline styles of chart libraries. What
// stays is SVG; the curves, which every step of a slider moves, lie on it on a canvas. They tell themselves
// apart by colour, dash and a name beside them.

import { pen, resized } from "./canvas.js";
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
const LINE = 2;
const REFERENCE = { line: 1.5, dash: [7, 4] };
/** Pixels of the curves for each of the page's while it is printed. */
const PAPER_RATIO = 4;
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
     * @param {HTMLElement} host filled with the chart
     * @param {{width?: number, height?: number, names?: boolean}} [options] `names: false`: the page
     *   names the curves itself
     */
    constructor(host, options = {}) {
        this.hasNames = options.names ?? true;
        this.width = options.width ?? SIZE.width;
        this.height = options.height ?? SIZE.height;
        this.margin = { ...MARGIN, right: this.hasNames ? MARGIN.right : NARROW };
        const viewBox = `0 0 ${this.width} ${this.height}`;
        this.axes = svg("g");
        this.names = svg("g");
        this.marks = svg("svg", { class: "dvh-above", viewBox, "aria-hidden": "true" });
        this.canvas = element("canvas", { class: "dvh-above dvh-curves", "aria-hidden": "true" });
        this.root = element("div", { class: "dvh", role: "img" }, [
            svg("svg", { viewBox, "aria-hidden": "true" }, [this.axes, this.names]), this.canvas, this.marks]);
        host.replaceChildren(this.root);
        this.mostGy = 0;
        /** @type {Curve[]} */
        this.curves = [];
        /** What stands in each part that seldom changes. */
        this.written = new Map();
        // The canvas's size on the page, told by the browser: to ask for it would lay the page out in between.
        this.shown = { width: 0, height: 0 };
        new ResizeObserver(([{ contentRect }]) => {
            this.shown = contentRect;
            this.drawCurves();
        }).observe(this.canvas);
        window.addEventListener("beforeprint", () => this.drawCurves(PAPER_RATIO));
        window.addEventListener("afterprint", () => this.drawCurves());
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
        this.curves = curves;
        this.drawCurves();
        this.drawNames();
        this.drawLimits(limits);
        const means = curves.map((c) => `${c.name} mean ${c.histogram.meanGy.toPrecision(3)} Gy`);
        this.root.setAttribute("aria-label", `Dose-volume histogram. ${means.join(". ")}.`);
    }

    /**
     * Whether a part is to be drawn anew: what the page has not changed need not be painted again.
     * @param {"names" | "marks"} part @param {unknown} content
     */
    isNew(part, content) {
        const written = JSON.stringify(content);
        if (this.written.get(part) === written) return false;
        this.written.set(part, written);
        return true;
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
        this.axes.replaceChildren(...parts);
    }

    /** @param {number} [ratio] pixels of the canvas for each of the page */
    drawCurves(ratio = window.devicePixelRatio || 1) {
        const { canvas } = this;
        const [width, height] = [this.shown.width, this.shown.height].map((n) => Math.round(n * ratio));
        resized(canvas, width, height);
        const context = pen(canvas);
        if (!context || width === 0 || height === 0) return;
        context.setTransform(width / this.width, 0, 0, height / this.height, 0, 0);
        context.clearRect(0, 0, this.width, this.height);
        for (const [n, curve] of this.curves.entries()) {
            context.strokeStyle = curve.colour;
            context.lineWidth = curve.reference ? REFERENCE.line : LINE;
            context.setLineDash(curve.reference ? REFERENCE.dash : dashOf(curve, n));
            context.beginPath();
            for (const [dose, percent] of curvePoints(curve.histogram, this.mostGy)) {
                context.lineTo(this.x(dose), this.y(percent));
            }
            context.stroke();
        }
    }

    /** The names, from the highest dose down, as the curves lie from right to left. */
    drawNames() {
        if (!this.hasNames) return;
        const named = this.curves.map(({ name, colour, histogram, dash, reference }, n) => ({
            name, colour, dash: dashOf({ dash }, n).join(" "), reference, middle: doseAtPercent(histogram, 50),
        })).filter(({ reference }) => !reference).sort((a, b) => b.middle - a.middle);
        if (!this.isNew("names", named.map(({ name, colour, dash }) => [name, colour, dash]))) return;
        const right = this.width - this.margin.right;
        this.names.replaceChildren(...named.flatMap(({ name, colour, dash }, n) => {
            const y = this.margin.top + 8 + n * NAME_HEIGHT;
            const sample = svg("line", { class: "dvh-curve", stroke: colour, x1: right + 6, x2: right + 28, y1: y, y2: y });
            if (dash) sample.setAttribute("stroke-dasharray", dash);
            return [sample, svg("text", { x: right + 33, y: y + 4 }, [name])];
        }));
    }

    /** @param {LimitMark[]} limits */
    drawLimits(limits) {
        if (!this.isNew("marks", [this.mostGy, limits])) return;
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

/** @param {Pick<Curve, "dash">} curve @param {number} n which curve it is */
function dashOf({ dash }, n) {
    return dash ?? DASHES[n % DASHES.length];
}
