// SPDX-License-Identifier: Apache-2.0
// The histograms of two plans in one chart: the first solid, the second dashed. Both at the
// activities that are kept with them.

import { onBlack } from "./colours.js";
import { DVHChart, curveChoice } from "./dvh.js";
import { messageOf, refusalOf } from "./failures.js";
import { histograms } from "./histogram.js";
import { parsedSamples } from "./samples.js";

/** Roles whose curves are shown from the start. */
const SHOWN_ROLES = ["tumour", "normal-liver"];

/** @param {string} address @param {string} gbq a list of numbers as JSON */
async function histogramsOf(address, gbq) {
    const answer = await fetch(address);
    if (!answer.ok) throw new RangeError(await refusalOf(answer));
    return histograms(parsedSamples(await answer.arrayBuffer()), JSON.parse(gbq));
}

/** @param {HTMLElement} figure */
async function start(figure) {
    const { a = "", aGbq = "[]", b = "", bGbq = "[]" } = figure.dataset;
    const [first, second] = await Promise.all([histogramsOf(a, aGbq), histogramsOf(b, bGbq)]);
    const chart = new DVHChart(document.createElement("div"), { width: 640, height: 400, names: false });
    figure.prepend(chart.root);
    const rows = /** @type {HTMLElement[]} */ ([...figure.querySelectorAll("[data-structure]")]);
    const choices = rows.flatMap((row) => {
        const { structure: name = "", role = "", colour = "" } = row.dataset;
        if (!first.has(name) || !second.has(name)) {
            row.remove();
            return [];
        }
        const style = { colour: onBlack(colour), dash: [] };
        const { box, label } = curveChoice(name, style, SHOWN_ROLES.includes(role), () => draw());
        row.replaceChildren(label);
        return [{ name, ...style, box }];
    });
    const draw = () => {
        const shown = choices.filter(({ box }) => box.checked);
        const curves = (/** @type {string} */ plan, /** @type {typeof first} */ all) =>
            shown.flatMap(({ name, colour, dash }) => {
                const histogram = all.get(name);
                return histogram ? [{ name: `${plan}: ${name}`, colour, dash, histogram, reference: all === second }] : [];
            });
        chart.update([...curves("A", first), ...curves("B", second)]);
    };
    draw();
}

const figure = globalThis.document?.getElementById("dvh");
const words = globalThis.document?.getElementById("dvh-words");
if (figure && words) {
    try { await start(figure); } catch (error) {
        words.textContent = `The histograms cannot be shown: ${messageOf(error)}`;
    }
}
