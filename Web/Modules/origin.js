// SPDX-License-Identifier: Apache-2.0
// Where a number came from: on focus and under the pointer. Each group of numbers is one stop of
// Tab; arrow keys go from number to number in it, Escape closes. Without this module the same
// facts stand at the end of the page.

import { element } from "./elements.js";

/** Milliseconds that the pointer may take from the number to its box. */
const LEAVE_MS = 250;
const STEPS = new Map([
    ["ArrowRight", 1], ["ArrowDown", 1], ["ArrowLeft", -1], ["ArrowUp", -1],
    ["Home", -Infinity], ["End", Infinity],
]);

/**
 * Which number a key leads to. Pure.
 * @param {string} key @param {number} index @param {number} count
 */
export function stepped(key, index, count) {
    const step = STEPS.get(key);
    return step === undefined ? null : Math.max(0, Math.min(count - 1, index + step));
}

/**
 * Which facts are a number's: those that name its kind in `data-of`, and those that name none. Pure.
 * @template {{ dataset: { of?: string } }} Part
 * @param {string} kind @param {Part[]} parts
 */
export function factsOf(kind, parts) {
    return parts.filter(({ dataset }) => dataset.of === undefined || dataset.of.split(" ").includes(kind));
}

/** @param {HTMLElement} group */
function numbers(group) {
    return /** @type {HTMLElement[]} */ ([...group.querySelectorAll("[data-origin]")])
        .filter((e) => e.offsetParent !== null);
}

/** The box that tells; one for the whole page. */
class OriginBox {
    /** @param {HTMLElement[]} details the facts at the end of the page; of two records one for each */
    constructor(details) {
        this.details = details;
        this.box = element("div", { id: "origin-box", class: "origin-box", role: "tooltip", hidden: true });
        document.body.append(this.box);
        /** @type {HTMLElement | null} */
        this.shown = null;
        this.timer = 0;
        this.box.addEventListener("pointerenter", () => clearTimeout(this.timer));
        this.box.addEventListener("pointerleave", () => this.leave());
    }

    /** @param {HTMLElement} number */
    show(number) {
        clearTimeout(this.timer);
        if (this.shown === number) return;
        this.hide();
        this.shown = number;
        const isPreview = number.matches("[data-part], :has([data-part])") && number.closest(".is-preview") !== null;
        const kind = isPreview ? "preview" : number.dataset.origin;
        const words = [document.getElementById(`origin-${kind}`)?.textContent ?? ""];
        if (!isPreview && number.dataset.detail) words.push(number.dataset.detail);
        const parts = factsOf(kind ?? "", this.details);
        const facts = parts.flatMap((part) => {
            const list = part.querySelector("dl")?.cloneNode(true);
            const title = parts.length > 1 ? part.querySelector("summary")?.textContent : null;
            return [...(title ? [element("p", {}, [title])] : []), ...(list ? [list] : [])];
        });
        this.box.replaceChildren(...words.map((w) => element("p", {}, [w])), ...facts);
        this.box.hidden = false;
        number.setAttribute("aria-describedby", this.box.id);
        this.place(number);
    }

    /**
     * Below the number where there is room, else above; where neither has it, on the larger side and cut to
     * it, as the number itself must stay in sight. Never beside the window.
     * @param {HTMLElement} number
     */
    place(number) {
        this.box.style.removeProperty("max-height");
        const at = number.getBoundingClientRect();
        const own = this.box.getBoundingClientRect();
        const room = { below: innerHeight - at.bottom - 10, above: at.top - 10 };
        const isBelow = own.height <= room.below || (own.height > room.above && room.below >= room.above);
        const height = Math.min(own.height, isBelow ? room.below : room.above);
        const left = Math.max(4, Math.min(at.right - own.width, innerWidth - own.width - 4));
        this.box.style.setProperty("max-height", `${height}px`);
        this.box.style.setProperty("top", `${isBelow ? at.bottom + 6 : at.top - 6 - height}px`);
        this.box.style.setProperty("left", `${left}px`);
    }

    /** Focusing a number may scroll to it: its box goes along; one under the pointer does not. */
    follow() {
        if (this.shown && this.shown === document.activeElement) this.place(this.shown); else this.hide();
    }

    leave() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => {
            if (this.shown !== document.activeElement) this.hide();
        }, LEAVE_MS);
    }

    hide() {
        clearTimeout(this.timer);
        this.shown?.removeAttribute("aria-describedby");
        this.shown = null;
        this.box.hidden = true;
    }
}

/** @param {HTMLElement} group @param {OriginBox} box */
function watch(group, box) {
    const all = /** @type {HTMLElement[]} */ ([...group.querySelectorAll("[data-origin]")]);
    for (const number of all) number.tabIndex = -1;
    // What is folded away is a stop once it is unfolded.
    const first = numbers(group)[0] ?? all[0];
    if (first) first.tabIndex = 0;
    /** @param {Event} event */
    const target = (event) => /** @type {HTMLElement | null} */ (
        /** @type {Element} */ (event.target).closest("[data-origin]"));
    group.addEventListener("focusin", (event) => {
        const number = target(event);
        if (!number) return;
        for (const other of numbers(group)) other.tabIndex = -1;
        number.tabIndex = 0;
        box.show(number);
    });
    group.addEventListener("focusout", () => box.hide());
    group.addEventListener("pointerover", (event) => {
        const number = target(event);
        if (number) box.show(number);
    });
    group.addEventListener("pointerout", () => box.leave());
    group.addEventListener("keydown", (event) => {
        const number = target(event);
        if (!number) return;
        const all = numbers(group);
        const next = stepped(event.key, all.indexOf(number), all.length);
        if (next === null) return;
        event.preventDefault();
        all[next].focus();
    });
}

const details = /** @type {HTMLElement[]} */ (
    [...globalThis.document?.querySelectorAll("details.origin") ?? []]);
if (details.length > 0) {
    const box = new OriginBox(details);
    for (const group of document.querySelectorAll("[data-origins]")) {
        watch(/** @type {HTMLElement} */ (group), box);
    }
    addEventListener("keydown", (event) => { if (event.key === "Escape") box.hide(); });
    addEventListener("scroll", () => box.follow(), { passive: true });
}
