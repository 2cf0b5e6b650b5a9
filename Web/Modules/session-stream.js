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

const ENDED = "Your session is locked or has ended, or the server is gone; it is tried again.";
const AGAIN_MS = 5000;

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
        } else if (data === "ended") say(ENDED);
        else heard(data);
    });
    // Another tab may be listening already; it says what it has heard last.
    channel.postMessage("what is on?");
    // The lock is held as long as the page lives.
    void navigator.locks.request(`grevy ${path}`, () => new Promise(() => {
        const open = () => {
            const events = new EventSource(`${path}/events`);
            events.addEventListener("message", ({ data }) => {
                heard(data);
                channel.postMessage(data);
            });
            events.addEventListener("error", () => {
                // A stream that ends is asked for again at once; only a refusal closes it.
                if (events.readyState !== EventSource.CLOSED) return;
                say(ENDED);
                channel.postMessage("ended");
                // A session that was locked goes on after it was opened again, a server after it was started.
                setTimeout(open, AGAIN_MS);
            });
        };
        open();
    }));
}
