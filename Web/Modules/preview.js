// SPDX-License-Identifier: Apache-2.0
// What a vector of activities would give, from the dose samples alone: the server's rules, in the
// browser. Pure. A preview: only what the server recomputes may be saved.

import { checkedLimits, doseAtPercent, histograms } from "./histogram.js";
import { bedGy, meanGy } from "./samples.js";

/** @typedef {import("./samples.js").Samples} Samples */
/** @typedef {import("./histogram.js").Check} Check */
/** @typedef {import("./histogram.js").Histogram} Histogram */
/**
 * @typedef {object} Dose
 * @property {string} name
 * @property {number} meanGy
 * @property {number | null} d98Gy `null` without a histogram
 * @property {number | null} bedGy of the mean; `null` where no repair is known
 */
/** @typedef {{totalGBq: number, doses: Dose[], checks: Check[], histograms: Map<string, Histogram>}} Preview */

/**
 * @param {Samples} samples @param {ArrayLike<number>} activitiesGBq one per territory
 * @returns {Preview}
 */
export function preview(samples, activitiesGBq) {
    const all = histograms(samples, activitiesGBq);
    const doses = samples.structures.map((structure) => {
        const mean = meanGy(structure, activitiesGBq);
        const h = all.get(structure.name);
        return {
            name: structure.name, meanGy: mean, d98Gy: h ? doseAtPercent(h, 98) : null,
            bedGy: structure.bed ? bedGy(structure.bed, mean) : null,
        };
    });
    return {
        totalGBq: Array.from(activitiesGBq).reduce((sum, a) => sum + a, 0),
        doses, checks: checkedLimits(samples, activitiesGBq, all), histograms: all,
    };
}

/**
 * A dose as the page writes it: 0.1 Gy from 10 Gy on and 0.01 Gy below, with a true minus sign.
 * @param {number | null} value
 */
export function figure(value) {
    if (value === null || !Number.isFinite(value)) return "–";
    const text = value.toFixed(Math.abs(value) < 9.995 ? 2 : 1);
    if (!text.startsWith("-")) return text;
    return /[1-9]/.test(text) ? `−${text.slice(1)}` : text.slice(1);
}

/**
 * What a field with an activity means: the plan's own value while it reads as the plan's, `null`
 * while it holds no activity above 0.
 * @param {string} text @param {string} shown what the field read at first @param {number} savedGBq
 */
export function typedActivity(text, shown, savedGBq) {
    if (text.trim() === shown) return savedGBq;
    const value = Number(text);
    return text.trim() !== "" && Number.isFinite(value) && value > 0 ? value : null;
}
