// SPDX-License-Identifier: Apache-2.0
// What every page with a viewer does: gets its scene or says why not, and leads from a refused layer to
// where it is registered.

import { errorNotice } from "./elements.js";
import { refusalOf } from "./failures.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

/**
 * The JSON that a page's viewer is made from.
 * @param {HTMLElement} host says why there are no images
 * @param {string} address
 * @returns {Promise<any>} `null` when there is nothing to show
 */
export async function fetchedScene(host, address) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.ok) return answer.json();
    host.append(errorNotice(`The images cannot be shown (${answer.status}). ${await refusalOf(answer)}`));
    return null;
}

/**
 * A layer that may not lie on the others opens where it is registered, on the base.
 * @param {Viewer} viewer @param {string} registrations address of the case's
 */
export function leadToRegistration(viewer, registrations) {
    viewer.host.addEventListener("grevy-register", (event) => {
        const { id } = /** @type {CustomEvent} */ (event).detail;
        location.href = `${registrations}?fixed=${viewer.scene.base}&moving=${id}`;
    });
}
