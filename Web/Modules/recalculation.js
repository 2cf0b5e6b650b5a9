// SPDX-License-Identifier: Apache-2.0
// Asks the server for a plan with other activities and leads to it when it is done. Without this
// module the form does the same by the page of jobs.

import { element } from "./elements.js";
import { refusalOf } from "./failures.js";

/** @typedef {import("./jobs.js").Job} Job */

/**
 * @param {HTMLFormElement} form with the jobs' stream in `data-events`
 */
export function watchRecalculation(form) {
    const host = /** @type {HTMLElement} */ (form.querySelector("#recalculation"));
    const bar = /** @type {HTMLProgressElement} */ (host.querySelector("progress"));
    const words = /** @type {HTMLElement} */ (host.querySelector("[role=status]"));
    const send = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));

    /** @param {(Node | string)[]} said @param {boolean} isOver */
    const say = (said, isOver) => {
        host.hidden = false;
        bar.hidden = isOver;
        words.replaceChildren(...said);
        if (isOver) send.disabled = false;
    };

    /** @param {number} id */
    const follow = (id) => {
        const events = new EventSource(form.dataset.events ?? "");
        events.addEventListener("message", (event) => {
            /** @type {Job | undefined} */
            const job = JSON.parse(event.data).find((/** @type {Job} */ j) => j.id === id);
            if (!job) return;
            if (!job.isOver) {
                if (job.percent === undefined) bar.removeAttribute("value"); else bar.value = job.percent;
                if (words.textContent !== job.sentence) say([`Recalculating: ${job.sentence}`], false);
                return;
            }
            events.close();
            if (!job.madePath) return say([`Not recalculated: ${job.sentence}`], true);
            const link = element("a", { href: job.madePath, class: "button" }, ["Open the new version"]);
            say([`${job.sentence} `, link], true);
            link.focus();
        });
        events.addEventListener("error", () => {
            if (events.readyState === EventSource.CLOSED) {
                say(["The session has ended, or the server is gone. The page of jobs shows how it goes on."], true);
            }
        });
    };

    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        send.disabled = true;
        bar.removeAttribute("value");
        say(["Sending the activities."], false);
        const fields = new URLSearchParams();
        for (const [name, value] of new FormData(form)) fields.set(name, String(value));
        try {
            const answer = await fetch(form.action, {
                method: "POST", headers: { Accept: "application/json" }, body: fields });
            if (!answer.ok) return say([await refusalOf(answer)], true);
            follow((await answer.json()).job);
        } catch {
            say(["The server cannot be reached. Nothing was sent; try again."], true);
        }
    });
}
