// SPDX-License-Identifier: Apache-2.0
// One or two sets of a case's images, linked in patient mm where the server says that they correspond.

import { commentsOnSlices } from "./comment-grounds.js";
import { linked } from "./link.js";
import { undone } from "./rigid.js";
import { rasFromLPS } from "./scene.js";
import { fetchedScene, leadToRegistration } from "./scene-page.js";
import { turning } from "./turning.js";
import { Viewer } from "./viewer.js";

const left = document.getElementById("left");
const right = document.getElementById("right");
const state = document.getElementById("link-state");
const page = left?.closest("[data-scenes]");
const pair = left && page instanceof HTMLElement ? await fetchedScene(left, page.dataset.scenes ?? "") : null;
if (left && page instanceof HTMLElement && pair) {
    const first = new Viewer(left, pair.left);
    const second = right && pair.right ? new Viewer(right, pair.right) : null;
    for (const viewer of [first, second]) {
        if (!viewer) continue;
        leadToRegistration(viewer, page.dataset.registrations ?? "");
        commentsOnSlices(viewer);
    }
    if (state && second) state.textContent = pair.sentence;
    if (second) {
        first.setLayout("axial");
        second.setLayout("axial");
        if (pair.isLinked) {
            linked(first, second, pair.matrixLPS
                ? { there: rasFromLPS(pair.matrixLPS), back: rasFromLPS(undone(pair.matrixLPS)) } : null);
        }
    }
    // One after the other: the left one is there sooner.
    await first.start();
    await second?.start();
}
const projections = document.getElementById("projections");
if (projections?.dataset.url) {
    const { url, label } = projections.dataset;
    const show = document.getElementById("show-projections");
    show?.addEventListener("click", () => {
        show.remove();
        void turning(projections, url, label ?? "");
    });
}
