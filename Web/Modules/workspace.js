// SPDX-License-Identifier: Apache-2.0
// Starts the viewer of a plan's page with the scene that the page names.

import { createViewer } from "./viewer.js";

const host = document.getElementById("viewer");
const address = host?.dataset.scene;
if (host && address) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.ok) {
        await createViewer(host, await answer.json());
    } else {
        const sentence = document.createElement("p");
        sentence.className = "notice error";
        sentence.setAttribute("role", "alert");
        sentence.textContent = `The images cannot be shown (${answer.status}). Load the page again or sign in again.`;
        host.append(sentence);
    }
}
