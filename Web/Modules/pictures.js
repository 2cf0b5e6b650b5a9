// SPDX-License-Identifier: Apache-2.0
// Pictures that the server has drawn, kept while they may be shown again.

import { refusalOf } from "./failures.js";

const MOST = 240;

/**
 * @param {string} url on our own server
 * @returns {Promise<ImageBitmap>}
 */
export async function fetchedPicture(url) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(await refusalOf(answer));
    return createImageBitmap(await answer.blob());
}

export class Pictures {
    constructor() {
        /** @type {Map<string, Promise<ImageBitmap>>} */
        this.kept = new Map();
    }

    /** @param {string} url on our own server */
    get(url) {
        const kept = this.kept.get(url);
        if (kept) {
            this.kept.delete(url);
            this.kept.set(url, kept);
            return kept;
        }
        const coming = fetchedPicture(url);
        this.kept.set(url, coming);
        coming.catch(() => this.kept.delete(url));
        while (this.kept.size > MOST) this.kept.delete(/** @type {string} */ (this.kept.keys().next().value));
        return coming;
    }
}
