// SPDX-License-Identifier: Apache-2.0
// Locks the page when its session is locked, over whatever was being done on it, and opens it again.
//
// Only the server knows how long the session was idle, because other tabs use it too; the page tells
// it that somebody is there, and asks. When the browser has another session meanwhile, what the page
// shows is none of its owner's business: the page is left.

/** How often the server is asked at most and at least, in milliseconds. */
const OFTEN = 1000;
const SELDOM = 60_000;
/** How often a locked page asks whether another tab has opened the session. */
const LOCKED = 5000;

/**
 * When to ask again.
 * @param {number} secondsToLock @returns {number} milliseconds
 */
export function pause(secondsToLock) {
    return Math.min(SELDOM, Math.max(OFTEN, (secondsToLock * 1000) / 3));
}

/**
 * What to do with the page after the server's answer.
 * @param {string} own the tag of the session that the page was made for
 * @param {string | undefined} now the tag of the session that the browser has; undefined for none open
 * @returns {"open" | "leave" | "lock"}
 */
export function verdict(own, now) {
    if (now === undefined) return "lock";
    return now === own ? "open" : "leave";
}

/** @param {HTMLDialogElement} dialog */
function watch(dialog) {
    // Who has no password signs in again in another tab.
    const form = /** @type {HTMLFormElement | null} */ (dialog.querySelector("form[action='/unlock']"));
    const state = /** @type {HTMLElement} */ (dialog.querySelector("#lock-state"));
    const token = dialog.dataset.csrf ?? "";
    const tag = dialog.dataset.tag ?? "";
    let isSomebodyThere = true;
    let lockedAt = Infinity;
    /** @type {number | undefined} */
    let timer;

    let isLocked = false;

    function lock() {
        if (isLocked) return;
        isLocked = true;
        state.textContent = "";
        document.body.classList.add("is-locked");
        dialog.showModal();
    }

    function open() {
        isLocked = false;
        form?.reset();
        document.body.classList.remove("is-locked");
        dialog.close();
    }

    async function ask() {
        const isUse = isSomebodyThere && !isLocked;
        isSomebodyThere = false;
        const answer = await fetch("/account/session", isUse
            ? { method: "POST", headers: { "X-CSRF-Token": token } } : {});
        const session = answer.ok ? await answer.json() : {};
        const next = verdict(tag, answer.ok ? String(session.tag) : undefined);
        if (next === "open") {
            lockedAt = performance.now() + session.secondsToLock * 1000;
            if (isLocked) open();
            return pause(session.secondsToLock);
        }
        lock();
        if (next === "leave") location.replace("/");
        // The token of another session is refused: whose it is says the question without one.
        if (isUse && answer.status === 400) return 0;
        if (answer.status === 401) state.textContent = "This session is over. Sign in again in another tab, "
            + "or leave this page.";
        return LOCKED;
    }

    async function look() {
        clearTimeout(timer);
        let next = LOCKED;
        try {
            next = await ask();
        } catch {
            // Without the server the page's own clock counts.
            if (performance.now() > lockedAt) lock();
        }
        clearTimeout(timer);
        timer = setTimeout(look, next);
    }

    for (const type of ["pointerdown", "pointermove", "wheel", "keydown"]) {
        addEventListener(type, () => { isSomebodyThere = true; }, { capture: true, passive: true });
    }
    addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    // A second Escape closes a dialog whatever the first was told.
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => { if (isLocked) dialog.showModal(); });
    form?.addEventListener("submit", async (event) => {
        event.preventDefault();
        const fields = new URLSearchParams();
        fields.set("csrf", token);
        for (const name of ["password", "code"]) {
            fields.set(name, /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value);
        }
        try {
            const answer = await fetch("/unlock", { method: "POST", body: fields });
            state.textContent = answer.ok ? "" : await answer.text();
            if (answer.ok) look();
        } catch {
            state.textContent = "The server does not answer; try again.";
        }
    });
    look();
}

const dialog = globalThis.document?.getElementById("lock");
if (dialog) watch(/** @type {HTMLDialogElement} */ (dialog));
