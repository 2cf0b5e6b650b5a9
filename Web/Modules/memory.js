// SPDX-License-Identifier: Apache-2.0
// How somebody likes to look at images; the browser remembers. Never anything of a patient.

/** @param {string} name @returns {string} empty where nothing is kept */
export function remembered(name) {
    try {
        return globalThis.localStorage?.getItem(name) ?? "";
    } catch {
        return "";
    }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
    try {
        globalThis.localStorage?.setItem(name, value);
    } catch {
        // Without storage the choice lasts as long as the page.
    }
}
