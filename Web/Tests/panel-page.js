// SPDX-License-Identifier: Apache-2.0
// The plan panel over made-up samples: ?structures=20&territories=3&voxels=10000.

import { element } from "../Modules/elements.js";
import { PlanPanel } from "../Modules/plan-panel.js";

const asked = new URLSearchParams(location.search);
const ask = (name, otherwise) => Number(asked.get(name) ?? otherwise);
const [count, many, voxels] = [ask("structures", 20), ask("territories", 3), ask("voxels", 10000)];

let seed = 20261121;
const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
const bed = { alphaBetaGy: 2.5, repairHalfTimeH: 2.5, effectiveHalfLifeH: 64.1 };
const structures = Array.from({ length: count }, (_, n) => {
    const gyPerGBq = Array.from({ length: many }, () => Float32Array.from({ length: voxels }, () => 40 * random()));
    return {
        name: `Structure ${n + 1}`, role: n === 0 ? "normal-liver" : "tumour", volumeML: 100, bed, gyPerGBq,
        weights: Float32Array.from({ length: voxels }, random), meanGyPerGBq: Float64Array.from(gyPerGBq, () => 20),
    };
});
const limits = structures.slice(0, 6).map((s, n) => (n % 2
    ? { name: `${s.name} D30`, structure: s.name, measure: "hottestPercent", percent: 30, limitGy: 90, provenance: "test" }
    : { name: s.name, structure: s.name, measure: "mean", limitGy: 70, provenance: "test" }));
const territories = Array.from({ length: many }, (_, n) => `Territory ${n + 1}`);

const part = (name) => element("span", { "data-part": name }, ["–"]);
const table = (id, rows) => element("div", { class: "table-wrap" }, [
    element("table", { class: "table", id }, [element("tbody", {}, rows.map((cells) =>
        element("tr", { "data-colour": "#0b5c94", "data-dash": "" }, cells.map((c) => element("td", {}, [].concat(c))))))])]);
const form = element("form", { id: "panel" }, [
    element("span", { id: "preview-state", class: "badge" }, []), element("p", { id: "preview-words", role: "status" }),
    ...territories.map((name, n) => element("div", { class: "slider" }, [
        element("label", { for: `n${n}` }, [name]),
        element("input", { type: "range", id: `slider-${n}`, min: "0.01", max: "4", step: "0.01", value: "1", "aria-label": name }),
        element("input", { type: "number", class: "number", id: `n${n}`, value: "1", "data-saved": "1" }),
    ])),
    element("button", { type: "button", id: "reset" }, ["Reset"]), element("figure", { id: "dvh", class: "dvh-figure" }),
]);
document.getElementById("host")?.append(form, element("dl", {}, [part("total")]),
    table("limits", limits.map((l) => [l.name, part("value"), part("margin"), [part("state"), part("binding")]])),
    table("doses", structures.map((s) => [s.name, part("mean"), part("d98"), part("bed")])));
const panel = new PlanPanel(form, { territories, structures, limits });
for (const { box } of panel.names) box.checked = true;

// From the event to the end of the frame that painted it, and to the screen, as the browser says itself: in steps
// of 8 ms, and nothing of what took less than 16.
window.shown = [];
new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (name === "keydown") window.shown.push(duration);
}).observe({ type: "event", durationThreshold: 16 });
window.times = [];
addEventListener("input", (event) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.times.push(performance.now() - event.timeStamp);
    channel.port2.postMessage(0);
}), { capture: true });
window.isReady = true;
