// SPDX-License-Identifier: Apache-2.0
// A meeting's live session: one presents, everybody sees the same slice. Each browser loads images under
// its own rights; what goes between them is ids and geometry.

import { commentsOnSlices } from "./comment-grounds.js";
import { button, checkbox, choice, element, errorNotice, labelled } from "./elements.js";
import { refusalOf } from "./failures.js";
import { isTextField } from "./keys.js";
import { SessionMarks } from "./session-marks.js";
import { SessionPanel } from "./session-panel.js";
import { listen } from "./session-stream.js";
import { hasSameImages, show, stepped, viewOf } from "./session-view.js";
import { flipped } from "./geometry.js";
import { Viewer } from "./viewer.js";

const RETRY_MS = 1000;

/** @typedef {import("./session-stream.js").SessionState} SessionState */
/** @typedef {import("./session-panel.js").Item} Item */
/** @typedef {import("./geometry.js").Vec3} Vec3 */

const NOTHING = "";

class Session {
    /** @param {HTMLElement} root */
    constructor(root) {
        const { path, agenda, me, mayPresent, csrf } = root.dataset;
        this.root = root;
        this.path = path ?? "";
        /** @type {{item: number, patient: number, isSeen: boolean}[]} */
        this.agenda = JSON.parse(agenda ?? "[]");
        this.me = Number(me);
        this.csrf = csrf ?? "";
        /** @type {Map<number, string>} */
        this.people = new Map();
        /** @type {SessionState | null} */
        this.state = null;
        /** @type {Item | null} */
        this.item = null;
        /** What is loaded, so that what arrives late for something else is dropped. */
        this.loaded = "";
        /** @type {string[]} */
        this.images = [];
        /** @type {Viewer | null} */
        this.viewer = null;
        /** @type {SessionMarks | null} */
        this.marks = null;
        /** @type {import("./comments.js").Comments | null} */
        this.comments = null;
        /** @type {Vec3 | null} RAS */
        this.pointer = null;
        this.isFollowing = true;
        this.sent = "";
        this.isSending = false;
        /** The state that the next drawing shows. */
        this.shown = 0;
        /** When what is to be sent was drawn, in milliseconds of this page. */
        this.changedAt = 0;
        this.said = element("p", { role: "status", id: "session-state" });
        this.title = element("h2", { id: "session-title" });
        this.question = element("p", { class: "breakable" });
        this.presence = element("p", { id: "session-presence" });
        this.list = element("div", { class: "row", role: "group", "aria-label": "Cases" });
        this.choices = element("div", { class: "row" });
        this.host = element("section", { class: "viewer", "aria-label": "Images of the case" });
        this.decision = element("p");
        this.notices = element("div");
        this.panel = new SessionPanel({
            base: () => this.base(), csrf: this.csrf, mayMark: mayPresent === "yes",
            go: (series, ras) => void this.go(series, ras), changed: (item) => this.showItem(item),
        });
        this.present = button("Present", () => void this.send("present", {}), { id: "present" });
        this.names = checkbox("Hide names", false, (hidden) => void this.send("names", { hidden: hidden ? "yes" : "no" }));
        root.append(
            element("div", { class: "row" }, [
                ...(mayPresent === "yes" ? [this.present, this.names] : []),
                checkbox("Follow the presenter", true, (on) => { this.isFollowing = on; if (this.state) this.take(this.state); }),
                button("Point at the crosshair", () => this.point(), { id: "point" }),
                button("Full screen", () => void root.requestFullscreen()),
                button("Previous case", () => void this.step(-1), { id: "previous-case" }),
                button("Next case", () => void this.step(1), { id: "next-case" }),
            ]),
            this.list, this.presence, this.said, this.notices, this.title, this.question, this.choices, this.host,
            this.decision, this.panel.root,
            element("p", { class: "field-help" }, ["Keys: . next case, , previous case, k key image, x point at the crosshair, e end of a diameter."]));
    }

    async start() {
        document.addEventListener("keydown", (event) => this.key(event));
        const answer = await fetch(`${this.path}/people`);
        if (answer.ok) {
            for (const { account, name } of await answer.json()) this.people.set(account, name);
        }
        this.showList();
        listen(this.path, (state) => this.take(state), (sentence) => {
            if (this.said.textContent !== sentence) this.said.textContent = sentence;
        });
    }

    isPresenter() { return this.state?.presenter === this.me; }

    /** Address of the case on show in this meeting. */
    base() { return `/cases/${this.state?.patient ?? 0}${this.path}`; }

    // What the server says

    /** @param {SessionState} state */
    take(state) {
        const before = this.state;
        if (before && state.sequence < before.sequence && state.presenter !== undefined) return;
        this.state = state;
        this.showPeople(state);
        const box = this.names.querySelector("input");
        if (box) box.checked = state.hidesNames;
        const wanted = `${state.item ?? NOTHING} ${state.hidesNames}`;
        if (wanted !== this.loaded) {
            void this.load(wanted, state);
            return;
        }
        if (before && before.contents !== state.contents) void this.reread();
        this.follow(state);
    }

    /** @param {SessionState} state */
    follow(state) {
        // Without an item it is not there yet, or not shared.
        if (!state.view || !this.item || this.isPresenter() || !this.isFollowing) return;
        if (!hasSameImages(state.view.images, this.images)) {
            void this.showImages(state.view.images, this.loaded);
            return;
        }
        this.apply(state);
    }

    /** @param {SessionState} state */
    apply({ view, sequence }) {
        if (!this.viewer || !view || this.viewer.layers().length === 0) return;
        this.shown = sequence;
        this.setPointer(view.pointerMM ? flipped(view.pointerMM) : null);
        show(this.viewer, view);
    }

    /** @param {string} wanted @param {SessionState} state */
    async load(wanted, state) {
        this.loaded = wanted;
        this.clear();
        this.showList();
        if (state.item === undefined) {
            this.title.textContent = "No case is open yet";
            return;
        }
        const answer = await fetch(`${this.base()}/item`, { headers: { Accept: "application/json" } });
        if (this.loaded !== wanted) return;
        if (!answer.ok) {
            this.title.textContent = "Not shared with you";
            this.question.textContent = answer.status === 404
                ? "The presenter has opened a case that your organisation may not see." : await refusalOf(answer);
            return;
        }
        /** @type {Item} */
        const item = await answer.json();
        if (this.loaded !== wanted) return;
        this.showItem(item);
        const images = this.state?.view?.images ?? item.images.slice(0, 1).map(({ id }) => id);
        if (images.length > 0) await this.showImages(images, wanted);
        else this.question.append(" There is no image to show.");
    }

    /** Key images, measurements, comments or the decision have changed. */
    async reread() {
        const { loaded } = this;
        void this.comments?.start();
        const answer = await fetch(`${this.base()}/item`, { headers: { Accept: "application/json" } });
        if (answer.ok && this.loaded === loaded) this.showItem(await answer.json());
    }

    clear() {
        this.viewer?.destroy();
        [this.viewer, this.marks, this.comments, this.item, this.images, this.pointer] = [null, null, null, null, [], null];
        this.sent = "";
        for (const part of [this.title, this.question, this.decision]) part.textContent = "";
        this.choices.replaceChildren();
        this.notices.replaceChildren();
        this.host.replaceChildren();
        this.panel.clear();
    }

    // What is on show

    /** @param {Item} item */
    showItem(item) {
        this.item = item;
        this.title.textContent = item.title;
        this.question.textContent = [item.question, item.referral].filter((t) => t !== "").join(" · ")
            + (item.withheld > 0 ? ` (${item.withheld} images withheld: their pixels may show names)` : "");
        const { decision } = item;
        this.decision.replaceChildren(
            ...(item.isHidden ? [] : [element("a", { class: "button", href: item.decisionPath, target: "_blank" }, ["Decision"])]), " ",
            decision ? `Version ${decision.version}: ${decision.choice} (${decision.isSigned ? "signed" : "not signed"})` : "No decision is recorded yet.");
        this.showChoices();
        this.panel.show(item);
    }

    showChoices() {
        if (!this.item) return;
        const options = this.item.images.map(({ id, label }) => ({ value: id, name: label }));
        const pick = (/** @type {string} */ first, /** @type {string} */ second) =>
            void this.showImages([first, second].filter((id, n, all) => id !== "" && all.indexOf(id) === n), this.loaded);
        const [first, second] = [this.images[0] ?? "", this.images[1] ?? ""];
        this.choices.replaceChildren(
            labelled("Image", choice(options, first, (id) => pick(id, second))),
            labelled("Over it", choice([{ value: "", name: "nothing" }, ...options], second, (id) => pick(first, id))));
    }

    /** @param {string[]} ids @param {string} wanted what they belong to */
    async showImages(ids, wanted) {
        if (hasSameImages(ids, this.images)) return;
        this.images = ids;
        const answer = await fetch(`${this.base()}/scene?images=${ids.join(",")}`, { headers: { Accept: "application/json" } });
        const isStale = () => this.loaded !== wanted || this.images !== ids;
        if (isStale()) return;
        if (!answer.ok) {
            const sentence = answer.status === 404
                ? "The image on show is not shared with you." : await refusalOf(answer);
            if (isStale()) return;
            // What was on show before is not what is looked at now.
            this.viewer?.destroy();
            [this.viewer, this.marks, this.comments] = [null, null, null];
            this.host.replaceChildren();
            this.notices.replaceChildren(errorNotice(sentence));
            return;
        }
        /** @type {{scene: import("./scene.js").Scene, notShared: number}} */
        const { scene, notShared } = await answer.json();
        if (isStale()) return;
        this.notices.replaceChildren(...(notShared > 0 ? [element("p", { class: "notice", role: "status" }, [
            `${notShared === 1 ? "An image" : `${notShared} images`} on top of this one ${notShared === 1 ? "is" : "are"} not shared with you.`])] : []));
        this.viewer?.destroy();
        const viewer = new Viewer(this.host, scene);
        this.viewer = viewer;
        this.sent = "";
        this.marks = new SessionMarks(viewer, (draft) => this.panel.drafted(draft));
        this.panel.use(viewer, this.marks);
        this.host.dataset.comments = `${this.base()}/comments`;
        this.host.dataset.csrf = this.csrf;
        this.host.dataset.mayComment = this.item?.mayComment ? "yes" : "";
        // Who keeps key images of a case belongs to its owner.
        this.host.dataset.isOwners = this.item?.mayMark ? "yes" : "";
        this.comments = commentsOnSlices(viewer);
        viewer.host.addEventListener("grevy-drawn", () => this.drawn(viewer));
        viewer.host.addEventListener("grevy-arrived", () => {
            if (this.viewer !== viewer || !this.state) return;
            // Who comes back while presenting goes on where they were.
            if (hasSameImages(this.state.view?.images ?? [], this.images)) this.apply(this.state);
        });
        this.showChoices();
        if (this.item) this.panel.show(this.item);
        await viewer.start();
    }

    /** @param {Viewer} viewer */
    drawn(viewer) {
        if (viewer !== this.viewer) return;
        if (this.shown > 0) {
            performance.mark("session painted", { detail: this.shown });
            this.root.dataset.painted = String(this.shown);
            this.shown = 0;
        }
        if (this.changedAt === 0) this.changedAt = performance.now();
        void this.tell();
    }

    /** @param {Vec3 | null} ras */
    setPointer(ras) {
        this.pointer = ras;
        if (this.marks) this.marks.pointer = ras;
    }

    // What a person does

    /** Sends what the presenter sees; what changes meanwhile goes in one piece afterwards. */
    async tell() {
        if (this.isSending || !this.isPresenter() || !this.viewer || this.state?.item === undefined) return;
        const view = viewOf(this.viewer, this.images, this.pointer);
        const text = view ? JSON.stringify(view) : "";
        if (text === "" || text === this.sent) {
            this.changedAt = 0;
            return;
        }
        [this.isSending, this.sent] = [true, text];
        const at = this.changedAt || performance.now();
        this.changedAt = 0;
        const state = await this.send("view", { item: String(this.state.item), view: text });
        this.isSending = false;
        if (state) {
            performance.mark("session sent", { startTime: at, detail: state.sequence });
            void this.tell();
            return;
        }
        // What did not arrive is sent again, or followers would stay where they were.
        this.sent = "";
        setTimeout(() => void this.tell(), RETRY_MS);
    }

    point() {
        if (!this.viewer) return;
        this.setPointer(this.pointer ? null : this.viewer.cursor());
        this.viewer.stage.redrawOver();
    }

    /** @param {string} series @param {Vec3} ras */
    async go(series, ras) {
        if (!this.images.includes(series)) await this.showImages([series], this.loaded);
        this.viewer?.setCursor(ras);
    }

    /** @param {number} by */
    async step(by) {
        const index = this.agenda.findIndex(({ item }) => item === this.state?.item);
        const next = this.agenda[index < 0 ? 0 : stepped(index, by, this.agenda.length)];
        if (next) await this.open(next.item);
    }

    /** @param {number} item */
    async open(item) {
        if (!this.isPresenter()) {
            if (this.state?.presenter !== undefined) {
                this.said.textContent = "Somebody else presents now; take over first.";
                return;
            }
            if (!await this.send("present", {})) return;
        }
        await this.send("open", { item: String(item) }, (sentence) => {
            this.notices.replaceChildren(element("div", { class: "notice", role: "alert" }, [
                element("p", {}, [sentence]),
                button("Open it all the same", () => void this.send("open", { item: String(item), anyway: "yes" })),
            ]));
        });
    }

    /**
     * @param {string} what @param {Record<string, string>} fields
     * @param {(sentence: string) => void} [warned] told of a conflict
     * @returns {Promise<SessionState | null>} the state afterwards
     */
    async send(what, fields, warned) {
        try {
            const answer = await fetch(`${this.path}/${what}`, {
                method: "POST", headers: { Accept: "application/json" },
                body: new URLSearchParams({ ...fields, csrf: this.csrf }),
            });
            if (answer.ok) {
                this.said.textContent = "";
                const state = await answer.json();
                this.take(state);
                return state;
            }
            const sentence = await refusalOf(answer);
            if (answer.status === 409 && warned) warned(sentence);
            else this.said.textContent = sentence;
        } catch {
            this.said.textContent = "The server did not answer. Try again.";
        }
        return null;
    }

    /** @param {KeyboardEvent} event */
    key(event) {
        if (isTextField(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
        if (this.viewer && !this.viewer.characterKeys()) return;
        /** @type {Record<string, () => void>} */
        const acts = {
            ".": () => void this.step(1), ",": () => void this.step(-1), k: () => void this.panel.markHere(),
            x: () => this.point(), e: () => this.panel.addEnd(),
        };
        const act = acts[event.key];
        if (!act || this.root.dataset.mayPresent !== "yes") return;
        event.preventDefault();
        act();
    }

    // Who and what

    showList() {
        this.list.replaceChildren(...this.agenda.map(({ item, isSeen }, n) => button(
            String(n + 1), () => void this.open(item), {
                "aria-label": `Case ${n + 1}${isSeen ? "" : ", not shared with you"}`, disabled: !isSeen,
                "aria-pressed": String(item === this.state?.item) })));
    }

    /** @param {SessionState} state */
    showPeople({ presenter, present }) {
        const name = (/** @type {number} */ account) => this.people.get(account) ?? "somebody";
        const who = presenter === undefined ? "Nobody presents" : `${name(presenter)} presents`;
        const text = `${who}. Here: ${present.map(name).join(", ")}.`;
        if (this.presence.textContent !== text) this.presence.textContent = text;
        // Written at every step, it would be laid out anew at every step.
        const act = presenter === undefined || presenter === this.me ? "Present" : "Take over";
        if (this.present.textContent !== act) this.present.textContent = act;
        this.present.disabled = presenter === this.me;
    }
}

const root = document.getElementById("session");
if (root) void new Session(root).start();
