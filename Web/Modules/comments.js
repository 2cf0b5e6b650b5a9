// SPDX-License-Identifier: Apache-2.0
// Comments pinned to what a viewer shows: numbered markers on the images, their list below, and a form
// that pins another one.

import { button, checkbox, choice, element } from "./elements.js";
import { refusalOf } from "./failures.js";
import { commentOf, following } from "./pins.js";

/** @typedef {import("./pins.js").PinnedComment} PinnedComment */
/** @typedef {Pick<PinnedComment, "lpsMM" | "frame" | "pixel">} Place */
/**
 * What a viewer lends to its comments. On its host it dispatches `grevy-drawn` after every drawing,
 * `grevy-pin` and `grevy-comment` for the keys.
 * @typedef {object} Ground
 * @property {HTMLElement} host @property {HTMLElement} stage @property {HTMLCanvasElement} canvas
 * @property {string} series `se-…` that new comments are pinned to
 * @property {() => boolean} isShown whether there is anything to go to yet
 * @property {<Comment extends Place>(comments: Comment[]) => import("./pins.js").Pin<Comment>[]} pins
 * @property {() => Record<string, string>} here form fields of where a new one goes
 * @property {() => string} hereInWords
 * @property {() => Place | null} draft what is marked while somebody writes; `null` when the image shows it itself
 * @property {HTMLElement[]} fields of the place, where there are any
 * @property {(comment: PinnedComment) => void} go
 * @property {(text: string) => void} say
 */

const KINDS = [
    { value: "comment", name: "Comment" }, { value: "catheter-position", name: "Catheter position" },
    { value: "territory", name: "Territory" },
];
const LONGEST_TEXT = 2000;

/** @param {PinnedComment} comment */
function spoken({ number, title, isInternal, text, author }) {
    return `Comment ${number}, ${title}${isInternal ? ", internal" : ""}: ${text} (${author})`;
}

export class Comments {
    /** @param {Ground} ground */
    constructor(ground) {
        this.ground = ground;
        const { comments, csrf, mayComment, isOwners } = ground.host.dataset;
        this.address = comments ?? "";
        this.csrf = csrf ?? "";
        /** @type {PinnedComment[]} */
        this.all = [];
        /** @type {number | null} */
        this.chosen = commentOf(location.hash);
        this.isSought = this.chosen !== null;
        /** @type {Map<string, HTMLButtonElement>} */
        this.markers = new Map();
        this.layer = element("div", { class: "comment-pins", role: "group", "aria-label": "Comments on the images" });
        this.ghost = element("span", { class: "comment-pin is-new", "aria-hidden": "true", hidden: true }, ["+"]);
        this.layer.append(this.ghost);
        this.title = element("summary", {}, ["Comments"]);
        this.list = element("ol", { class: "comment-list" });
        this.said = element("p", { role: "status" });
        this.here = element("p", { class: "field-help" });
        this.text = element("textarea", { rows: "3", maxlength: String(LONGEST_TEXT), required: true });
        this.kind = choice(KINDS, "comment", () => {});
        // Only the owner of a case keeps a comment from others.
        this.form = mayComment ? this.makeForm(Boolean(isOwners)) : null;
        this.panel = element("details", { class: "card comments" }, [
            this.title, this.list, ...(this.form ? [this.form] : []), this.said]);
        ground.stage.append(this.layer);
        ground.host.append(this.panel);
        ground.host.addEventListener("grevy-drawn", () => this.draw());
        ground.host.addEventListener("grevy-pin", () => this.write());
        ground.host.addEventListener("grevy-comment", () => this.next());
        this.panel.addEventListener("toggle", () => this.draw());
    }

    /** @param {boolean} isOwners */
    makeForm(isOwners) {
        const internal = checkbox("Internal: for this organisation alone", false, () => {});
        const form = element("form", { class: "stack" }, [
            element("label", { class: "field" }, [element("span", {}, ["Pin"]), this.kind]),
            element("label", { class: "field" }, [element("span", {}, ["Text"]), this.text]),
            ...(isOwners ? [internal] : []), this.here, ...this.ground.fields,
            element("button", { type: "submit", class: "button" }, ["Pin it here"]),
        ]);
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            const isInternal = internal.querySelector("input")?.checked === true;
            void this.keep(form, isInternal);
        });
        return form;
    }

    /** Gets what is pinned, and goes to the comment that the address names. */
    async start() {
        try {
            const answer = await fetch(`${this.address}?series=${this.ground.series}`, { headers: { Accept: "application/json" } });
            if (!answer.ok) this.said.textContent = `The comments cannot be shown. ${await refusalOf(answer)}`;
            else this.take(await answer.json());
        } catch {
            this.said.textContent = "The server did not answer: the comments are not shown. Load the page again.";
        }
    }

    /** @param {PinnedComment[]} comments */
    take(comments) {
        this.all = comments;
        this.title.textContent = comments.length > 0 ? `Comments (${comments.length})` : "Comments";
        this.list.replaceChildren(...comments.map((comment) => this.line(comment)));
        this.draw();
    }

    /** @param {PinnedComment} comment */
    line(comment) {
        const { number, id, title, kind, isInternal, text, author, time, answers } = comment;
        const open = element("a", { href: `${this.address.replace(/(\/meetings\/\d+)?\/comments$/, "")}#comment-${id}` }, ["Answer or withdraw"]);
        return element("li", { value: String(number) }, [
            element("p", { class: "row" }, [
                button(`Go to ${number}`, () => this.choose(comment)),
                ...(kind === "comment" ? [] : [element("span", { class: "badge badge-info" }, [title])]),
                ...(isInternal ? [element("span", { class: "badge badge-warning" }, ["internal"])] : []),
                element("span", {}, [`${author}, ${time}`]), open,
            ]),
            element("p", { class: "breakable" }, [text]),
            ...answers.map((answer) => element("p", { class: "breakable answer" }, [
                `${answer.author}, ${answer.time}: ${answer.text}`])),
        ]);
    }

    /**
     * Goes to a comment.
     * @param {PinnedComment} comment
     */
    choose(comment) {
        this.chosen = comment.id;
        this.ground.go(comment);
        this.ground.say(spoken(comment));
        this.draw();
    }

    next() {
        const comment = following(this.all, this.chosen);
        if (comment) this.choose(comment);
        else this.ground.say("No comments on this image");
    }

    /** Opens the form for a comment at this place. */
    write() {
        if (!this.form) {
            this.ground.say("Your role does not write comments");
            return;
        }
        this.panel.open = true;
        this.text.focus();
    }

    /** @param {HTMLFormElement} form @param {boolean} isInternal */
    async keep(form, isInternal) {
        const fields = new URLSearchParams({
            kind: this.kind.value, text: this.text.value, series: this.ground.series, ...this.ground.here() });
        if (isInternal) fields.set("internal", "on");
        const submit = form.querySelector("button[type=submit]");
        submit?.toggleAttribute("disabled", true);
        try {
            const answer = await fetch(this.address, {
                method: "POST", credentials: "same-origin", body: fields,
                headers: { "X-CSRF-Token": this.csrf, Accept: "application/json" } });
            if (!answer.ok) {
                this.said.textContent = await refusalOf(answer);
                return;
            }
            this.text.value = "";
            this.take(await answer.json());
            const kept = this.all[this.all.length - 1];
            this.chosen = kept?.id ?? null;
            this.said.textContent = kept ? `Kept as comment ${kept.number}.` : "Kept.";
            this.draw();
            this.ground.stage.focus({ preventScroll: true });
        } catch {
            this.said.textContent = "The server did not answer; nothing was kept. Try again.";
        } finally {
            submit?.toggleAttribute("disabled", false);
        }
    }

    /** Puts the markers where the images show their places now. */
    draw() {
        const { ground } = this;
        // What the address names is gone to once, when both the comments and the images are there.
        if (this.isSought && this.all.length > 0 && ground.isShown()) {
            this.isSought = false;
            const sought = this.all.find(({ id }) => id === this.chosen);
            if (sought) {
                this.panel.open = true;
                this.choose(sought);
            }
        }
        const ratio = ground.canvas.width / Math.max(1, ground.canvas.clientWidth);
        const left = new Set(this.markers.keys());
        const tabbed = new Set();
        for (const { comment, x, y, part } of ground.pins(this.all)) {
            const key = `${comment.id} ${part}`;
            left.delete(key);
            const marker = this.marker(key, comment);
            place(marker, x / ratio, y / ratio);
            marker.setAttribute("aria-pressed", String(comment.id === this.chosen));
            // One stop of the tab key for each comment, however many slices show it.
            marker.tabIndex = tabbed.has(comment.id) ? -1 : 0;
            tabbed.add(comment.id);
        }
        for (const key of left) {
            this.markers.get(key)?.remove();
            this.markers.delete(key);
        }
        this.drawGhost(ratio);
    }

    /** @param {number} ratio */
    drawGhost(ratio) {
        const isWriting = this.form !== null && this.panel.open;
        if (isWriting) this.here.textContent = this.ground.hereInWords();
        const draft = isWriting ? this.ground.draft() : null;
        const pin = draft ? this.ground.pins([draft])[0] : undefined;
        this.ghost.hidden = !pin;
        if (pin) place(this.ghost, pin.x / ratio, pin.y / ratio);
    }

    /** @param {string} key @param {PinnedComment} comment */
    marker(key, comment) {
        const known = this.markers.get(key);
        if (known) return known;
        const made = button(String(comment.number), () => {
            this.panel.open = true;
            this.choose(comment);
        }, { class: "comment-pin", "data-kind": comment.kind, "aria-label": spoken(comment), "aria-pressed": "false" });
        // The images below take neither the pointer nor the keys that press a button.
        made.addEventListener("pointerdown", (event) => event.stopPropagation());
        made.addEventListener("keydown", (event) => {
            if (event.key === "Enter" || event.key === " ") event.stopPropagation();
        });
        this.markers.set(key, made);
        this.layer.append(made);
        return made;
    }
}

/** @param {HTMLElement} marker @param {number} x CSS pixels @param {number} y */
function place(marker, x, y) {
    marker.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
}
