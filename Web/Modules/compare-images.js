// SPDX-License-Identifier: Apache-2.0
// The doses of two plans over the first one's CT, side by side with their difference.

import { leadToRegistration, fetchedScene } from "./scene-page.js";
import { Viewer } from "./viewer.js";

/** @typedef {import("./scene.js").Scene} Scene */

/**
 * The first plan's scene with the second one's dose, in the same window. Pure.
 * @param {Scene} a @param {Scene} b
 * @param {import("./scene.js").Registration[]} ways the case's registrations
 * @returns {Scene}
 */
export function comparedScene(a, b, ways) {
    const named = (/** @type {string} */ name, /** @type {import("./scene.js").Layer} */ layer) =>
        ({ ...layer, label: `${name}: ${layer.label}` });
    const layers = a.layers.map((layer) => (layer.role === "dose" ? named("A", layer) : layer));
    const first = layers.find(({ role }) => role === "dose");
    const second = b.layers.find(({ role, id }) => role === "dose" && id !== first?.id);
    if (first && second) {
        const { windowLow, windowHigh } = first;
        layers.push({ ...named("B", second), role: "compared", windowLow, windowHigh });
    }
    return { ...a, layers, registrations: [...(a.registrations ?? []), ...ways] };
}

/** @param {Scene} scene */
function frameOfDose({ layers }) {
    return layers.find(({ role }) => role === "dose")?.frameOfReferenceUID;
}

/** @param {HTMLElement} host */
async function start(host) {
    const { a = "", b = "" } = host.dataset;
    const [first, second] = [await fetchedScene(host, `${a}/scene`), await fetchedScene(host, `${b}/scene`)];
    if (!first || !second) return;
    const base = a.split("/plans/")[0];
    // Plans on one CT need no registration.
    const isOneFrame = frameOfDose(first) === frameOfDose(second);
    const ways = isOneFrame ? null : await fetchedScene(host, `${base}/images/scenes?left=${first.base}`);
    const viewer = new Viewer(host, comparedScene(first, second, ways?.left.registrations ?? []));
    leadToRegistration(viewer, `${base}/registrations`);
    viewer.layouts.goOn("verify");
    await viewer.start();
}

const host = globalThis.document?.getElementById("compare-images");
if (host) await start(host);
