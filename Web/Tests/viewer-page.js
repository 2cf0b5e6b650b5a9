// SPDX-License-Identifier: Apache-2.0
// Shows the scene named in the address: viewer.html?scene=../data/scene.json. For tests.

import { Viewer } from "../Modules/viewer.js";

const address = new URL(location.href).searchParams.get("scene") ?? "scene.json";
const host = /** @type {HTMLElement} */ (document.getElementById("viewer"));
const started = performance.now();
const scene = await (await fetch(address)).json();
const page = /** @type {any} */ (window);
page.events = [];
for (const name of ["grevy-cursor", "grevy-register"]) {
    host.addEventListener(name, (event) => page.events.push([name, /** @type {CustomEvent} */ (event).detail]));
}
page.viewer = new Viewer(host, scene);
await page.viewer.start();
page.loadingMS = performance.now() - started;
