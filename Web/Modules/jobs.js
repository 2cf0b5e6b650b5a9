// SPDX-License-Identifier: Apache-2.0
// Keeps a page's list of jobs as the server says they are. Without this module the page shows the
// state of its loading, and everything on it works.

import { element } from "./elements.js";

/**
 * @typedef {object} Job
 * @property {number} id
 * @property {string} kind
 * @property {string} person
 * @property {string} [casePath]
 * @property {string} state
 * @property {number} [percent] whole percent; missing while nobody can say
 * @property {string} sentence
 * @property {string} created
 * @property {string} [cancelPath]
 * @property {string} [madePath]
 * @property {boolean} isOver
 * @property {boolean} isBad
 */

/**
 * @param {Job} job
 * @param {string} csrf
 * @returns {(Node | string)[]}
 */
function cancelForm(job, csrf) {
    if (!job.cancelPath) return [];
    return [element("form", { method: "post", action: job.cancelPath }, [
        element("input", { type: "hidden", name: "csrf", value: csrf }),
        element("button", { type: "submit", class: "button" }, [`Cancel job ${job.id}`]),
    ])];
}

/**
 * @param {Job} job
 * @returns {Node[]}
 */
function progressOf(job) {
    const words = element("p", {}, [job.sentence]);
    if (job.madePath) words.append(" ", element("a", { href: job.madePath }, ["Open it"]));
    if (job.isOver) return [words];
    /** @type {Record<string, string>} */
    const attributes = { max: "100", "aria-label": `Progress of job ${job.id}` };
    if (job.percent !== undefined) attributes.value = String(job.percent);
    return [element("progress", attributes), words];
}

/**
 * @param {Job} job
 * @param {string} csrf
 * @returns {HTMLTableRowElement}
 */
export function row(job, csrf) {
    const badge = job.isBad ? "badge badge-error" : "badge";
    return element("tr", {}, [
        element("th", { scope: "row", class: "number" }, [String(job.id)]),
        element("td", {}, [job.kind]),
        element("td", {}, job.casePath ? [element("a", { href: job.casePath }, ["open"])] : []),
        element("td", {}, [job.person]),
        element("td", {}, [job.created]),
        element("td", {}, [element("span", { class: badge }, [job.state])]),
        element("td", {}, progressOf(job)),
        element("td", {}, cancelForm(job, csrf)),
    ]);
}

/**
 * Shows jobs and listens for changes; a cut stream is taken up again by the browser.
 * @param {HTMLTableElement} table with the stream's address in `data-events`
 * @param {(sentence: string) => void} say
 * @returns {EventSource}
 */
export function follow(table, say) {
    const events = new EventSource(table.dataset.events ?? "");
    const empty = document.getElementById("no-jobs");
    let shown = "";
    events.addEventListener("message", (event) => {
        say("");
        if (event.data === shown) return;
        shown = event.data;
        /** @type {Job[]} */
        const jobs = JSON.parse(event.data);
        const focused = document.activeElement?.closest("form")?.getAttribute("action");
        table.tBodies[0].replaceChildren(...jobs.map((job) => row(job, table.dataset.csrf ?? "")));
        if (empty) empty.hidden = jobs.length > 0;
        const form = [...table.querySelectorAll("form")].find(
            (form) => form.getAttribute("action") === focused);
        form?.querySelector("button")?.focus();
    });
    events.addEventListener("error", () => {
        // A stream that ends is asked for again at once; only a refusal closes it for good.
        if (events.readyState === EventSource.CLOSED) {
            say("Your session has ended, or the server is gone: load the page again.");
        }
    });
    return events;
}

const table = document.getElementById("jobs");
const state = document.getElementById("jobs-state");
if (table instanceof HTMLTableElement) {
    follow(table, (sentence) => {
        if (state && state.textContent !== sentence) state.textContent = sentence;
    });
}
