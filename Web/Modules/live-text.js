// SPDX-License-Identifier: Apache-2.0
// The text for screen readers: what a key did at once, where one is when the hand has come to rest.

import { element } from "./elements.js";

const REST_MS = 400;

export class LiveText {
    /** @param {HTMLElement} host gets the text, unseen */
    constructor(host) {
        this.line = element("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
        host.append(this.line);
        this.spoken = "";
        this.timer = 0;
    }

    /**
     * The same text again would only be noise.
     * @param {string} text
     */
    say(text) {
        if (text !== this.spoken) this.line.textContent = text;
        this.spoken = text;
    }

    /** @param {string} text in place of what was about to be said */
    sayInstead(text) {
        this.end();
        this.say(text);
    }

    /** @param {() => string} text asked for when nothing has followed for a while */
    saySoon(text) {
        this.end();
        this.timer = window.setTimeout(() => this.say(text()), REST_MS);
    }

    /** Says nothing more of what was about to be said. */
    end() { clearTimeout(this.timer); }
}
