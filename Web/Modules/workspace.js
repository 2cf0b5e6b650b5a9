// SPDX-License-Identifier: Apache-2.0
// Starts the viewer of a plan's page with the scene that the page names.

import { commentsOnSlices } from "./comment-grounds.js";
import { middleOf } from "./readout.js";
import { fetchedScene, leadToRegistration } from "./scene-page.js";
import { Viewer } from "./viewer.js";

/**
 * Goes to the middle of the largest tumour, where a plan is looked at first, when all of them are
 * there; whoever has moved by then stays where they are.
 * @param {Viewer} viewer
 */
function goToTarget(viewer) {
    const count = viewer.scene.structures.filter(({ role }) => role === "tumour").length;
    const tumours = viewer.structures.filter(({ structure }) => structure.role === "tumour");
    if (tumours.length < count || viewer.cursor().join() !== viewer.startingPoint) return;
    const largest = tumours.sort((a, b) => b.volume.voxels.length - a.volume.voxels.length)[0];
    const middle = largest && middleOf(largest.volume);
    if (middle) viewer.setCursor(middle);
}

const host = document.getElementById("viewer");
const address = host?.dataset.scene;
const scene = host && address ? await fetchedScene(host, address) : null;
if (host && address && scene) {
    const viewer = new Viewer(host, scene);
    host.addEventListener("grevy-arrived", () => goToTarget(viewer));
    leadToRegistration(viewer, `${address.split("/plans/")[0]}/registrations`);
    commentsOnSlices(viewer);
    viewer.layouts.goOn(host.dataset.layout);
    await viewer.start();
}
