// SPDX-License-Identifier: Apache-2.0
// Starts the viewer of a plan's page with the scene that the page names.

import { element } from "./elements.js";
import { middleOf } from "./readout.js";
import { createViewer } from "./viewer.js";

/**
 * Goes to the middle of the largest tumour, where a plan is looked at first.
 * @param {import("./viewer.js").Viewer} viewer
 */
function goToTarget(viewer) {
    const tumours = viewer.structures.filter(({ structure }) => structure.role === "tumour");
    const largest = tumours.sort((a, b) => b.volume.voxels.length - a.volume.voxels.length)[0];
    const middle = largest && middleOf(largest.volume);
    if (middle) viewer.setCursor(middle);
}

const host = document.getElementById("viewer");
const address = host?.dataset.scene;
if (host && address) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.ok) {
        goToTarget(await createViewer(host, await answer.json()));
    } else {
        const sentence = element("p", {}, [
            `The images cannot be shown (${answer.status}). Load the page again or sign in again.`]);
        host.append(element("div", { class: "notice notice-error", role: "alert" }, [sentence]));
    }
}
