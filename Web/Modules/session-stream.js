// SPDX-License-Identifier: Apache-2.0
// One stream of events for all tabs of a browser that are in a meeting: the tab that holds a lock
// listens and tells the others; when it goes, the next one takes its place.

/**
 * @typedef {object} SessionState ids and geometry (Docs/Meeting.md)
 * @property {number} sequence
 * @property {number} [presenter] account
 * @property {number} [item]
 * @property {number} [patient] number of the case
 * @property {import("./session-view.js").MeetingView} [view]
 * @property {boolean} hidesNames
 * @property {number} contents
 * @property {number[]} present accounts
 */

/**
 * Listens to a meeting as long as the page lives.
 * @param {string} path of the meeting
 * @param {(state: SessionState) => void} take every state, the latest last
 * @param {(sentence: string) => void} say what is wrong; nothing when all is well
 */
export function listen(path, take, say) {
    const channel = new BroadcastChannel(`grevy ${path}`);
    let latest = "";
    const heard = (/** @type {string} */ line) => {
        latest = line;
        say("");
        take(JSON.parse(line));
    };
    channel.addEventListener("message", ({ data }) => {
        if (data === "what is on?") {
            if (latest !== "") channel.postMessage(latest);
        } else if (data === "ended") say("The session has ended, or the server is gone: load the page again.");
        else heard(data);
    });
    // Another tab may be listening already; it says what it has heard last.
    channel.postMessage("what is on?");
    void navigator.locks.request(`grevy ${path}`, () => new Promise((done) => {
        const events = new EventSource(`${path}/events`);
        events.addEventListener("message", ({ data }) => {
            heard(data);
            channel.postMessage(data);
        });
        events.addEventListener("error", () => {
            // A stream that ends is asked for again at once; only a refusal closes it for good.
            if (events.readyState !== EventSource.CLOSED) return;
            say("The session has ended, or the server is gone: load the page again.");
            channel.postMessage("ended");
            done(null);
        });
    }));
}
