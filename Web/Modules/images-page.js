// SPDX-License-Identifier: Apache-2.0
// One or two sets of a case's images, linked in patient mm where the server says that they correspond.

import { element } from "./elements.js";
import { linked } from "./link.js";
import { undone } from "./rigid.js";
import { rasFromLPS } from "./scene.js";
import { turning } from "./turning.js";
import { Viewer } from "./viewer.js";

const left = document.getElementById("left");
const right = document.getElementById("right");
const state = document.getElementById("link-state");
const page = left?.closest("[data-scenes]");
if (left && page instanceof HTMLElement) {
    const answer = await fetch(page.dataset.scenes ?? "", { headers: { Accept: "application/json" } });
    if (answer.ok) {
        const pair = await answer.json();
        const first = new Viewer(left, pair.left);
        const second = right && pair.right ? new Viewer(right, pair.right) : null;
        // A layer that is refused opens where it is registered.
        for (const viewer of [first, second]) {
            viewer?.host.addEventListener("grevy-register", (event) => {
                const { id } = /** @type {CustomEvent} */ (event).detail;
                location.href = `${page.dataset.registrations}?fixed=${viewer.scene.layers[0].id}&moving=${id}`;
            });
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
    } else {
        left.append(element("div", { class: "notice notice-error", role: "alert" }, [element("p", {}, [
            `The images cannot be shown. ${(await answer.text()).trim()}`])]));
    }
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
