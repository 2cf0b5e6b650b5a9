// SPDX-License-Identifier: Apache-2.0
// Starts the viewer of a plan's page with the scene that the page names.

import { element } from "./elements.js";
import { middleOf } from "./readout.js";
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
if (host && address) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.ok) {
        const viewer = new Viewer(host, await answer.json());
        host.addEventListener("grevy-arrived", () => goToTarget(viewer));
        // A layer that may not lie on the others opens where it is registered.
        host.addEventListener("grevy-register", (event) => {
            const { id } = /** @type {CustomEvent} */ (event).detail;
            location.href = `${address.split("/plans/")[0]}/registrations?fixed=${viewer.scene.base}&moving=${id}`;
        });
        await viewer.start();
    } else {
        const sentence = element("p", {}, [
            `The images cannot be shown (${answer.status}). Load the page again or sign in again.`]);
        host.append(element("div", { class: "notice notice-error", role: "alert" }, [sentence]));
    }
}
