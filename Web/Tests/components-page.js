// SPDX-License-Identifier: Apache-2.0
// Moves the components page: theme, sliders, live histogram over made-up samples. For tests.

import { DVHChart } from "../Modules/dvh.js";
import { element } from "../Modules/elements.js";
import { checkedLimits, histograms } from "../Modules/histogram.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
});

let seed = 99;
const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
const samples = (/** @type {number} */ first, /** @type {number} */ second, /** @type {number} */ spread) =>
    [first, second].map((mean) => Float32Array.from({ length: 10000 },
        () => mean * Math.exp(spread * (random() + random() + random() - 1.5))));
const specs = [
    ["Tumour 1", "#ff5c8a", samples(70, 4, 1.2)], ["Tumour 2", "#ff9f43", samples(6, 120, 1)],
    ["Normal liver", "#4fb3ff", samples(14, 6, 2.2)], ["Perfused", "#7bd88f", samples(24, 9, 1.8)],
];
const plan = {
    territories: ["Right anterior", "Segment 4"],
    structures: specs.map(([name, , gyPerGBq]) => ({
        name, role: "other", volumeML: 100, weights: new Float32Array(10000).fill(1), gyPerGBq,
        meanGyPerGBq: Float64Array.from(gyPerGBq.map((g) => g.reduce((a, b) => a + b, 0) / g.length)),
    })),
    limits: [
        { structure: "Normal liver", measure: "mean", limitGy: 40, provenance: "demo" },
        { structure: "Normal liver", measure: "hottestPercent", percent: 30, limitGy: 55, provenance: "demo" },
    ],
};
const chart = new DVHChart(byId("dvh"));

function update() {
    const activities = [byId("s0").valueAsNumber, byId("s1").valueAsNumber];
    const all = histograms(plan, activities);
    const checks = checkedLimits(plan, activities, all);
    chart.update(
        specs.map(([name, colour]) => ({ name, colour, histogram: all.get(name) })),
        checks.filter((c) => c.limit.measure !== "mean").map((c) => ({
            structure: c.limit.structure, doseGy: c.limit.limitGy, percent: c.limit.percent,
            exceeded: c.exceeded, label: `${c.limit.structure} D${c.limit.percent} at most ${c.limit.limitGy} Gy`,
        })));
    byId("limits").replaceChildren(...checks.map((c) => element("tr", {}, [
        element("th", { scope: "row" }, [`${c.limit.structure} ${c.limit.measure === "mean" ? "mean" : `D${c.limit.percent}`}`]),
        ...[c.doseGy, c.limit.limitGy, c.marginGy].map((x) => element("td", { class: "number" }, [x.toFixed(1)])),
        element("td", {}, [
            element("span", { class: `badge ${c.exceeded ? "badge-error" : "badge-ok"}` }, [c.exceeded ? "Exceeded" : "Met"]),
            c.binding ? " binding" : ""]),
    ])));
}

for (const n of [0, 1]) {
    byId(`s${n}`).addEventListener("input", () => { byId(`n${n}`).value = byId(`s${n}`).value; update(); });
    byId(`n${n}`).addEventListener("input", () => { byId(`s${n}`).value = byId(`n${n}`).value; update(); });
}
update();
/** @type {any} */ (window).loadingMS = performance.now();
