// SPDX-License-Identifier: Apache-2.0
// A meeting's live session: one presents, everybody sees the same slice. Each browser loads images under
// its own rights; what goes between them is ids and geometry.

import { button, checkbox, element } from "./elements.js";
import { refusalOf } from "./failures.js";
import { isTextField } from "./keys.js";
import { SessionImages } from "./session-images.js";
import { SessionPanel } from "./session-panel.js";
import { listen } from "./session-stream.js";
import { hasSameImages, haveChanged, stepped } from "./session-view.js";

const RETRY_MS = 1000;

/** @typedef {import("./session-stream.js").SessionState} SessionState */
/** @typedef {import("./session-panel.js").Item} Item */

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
        this.decision = element("p");
        this.notices = element("div");
        this.images = new SessionImages({
            base: () => this.base(), csrf: this.csrf, item: () => this.item,
            drafted: (draft) => this.panel.drafted(draft), changed: () => this.showPanel(),
            // Who comes back while presenting goes on where they were.
            arrived: () => { if (this.state) this.apply(this.state); },
            drawn: () => this.drawn(),
        });
        this.panel = new SessionPanel({
            base: () => this.base(), csrf: this.csrf, mayMark: mayPresent === "yes",
            go: (place) => void this.go(place), changed: (item) => this.showItem(item),
        });
        this.present = button("Present", () => void this.send("present", {}), { id: "present" });
        this.names = checkbox("Hide names", false, (hidden) => void this.send("names", { hidden: hidden ? "yes" : "no" }));
        root.append(
            element("div", { class: "row" }, [
                ...(mayPresent === "yes" ? [this.present, this.names] : []),
                checkbox("Follow the presenter", true, (on) => { this.isFollowing = on; if (this.state) this.take(this.state); }),
                button("Point at the crosshair", () => this.images.shown?.point(), { id: "point" }),
                button("Full screen", () => void root.requestFullscreen()),
                button("Previous case", () => void this.step(-1), { id: "previous-case" }),
                button("Next case", () => void this.step(1), { id: "next-case" }),
            ]),
            this.list, this.presence, this.said, this.notices, this.title, this.question, this.images.root, this.decision, this.panel.root,
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
        performance.mark("session heard", { detail: state.sequence });
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
        if (hasSameImages(state.view.images, this.images.ids)) this.apply(state);
        else void this.images.show(state.view.images);
    }

    /** @param {SessionState} state */
    apply({ view, sequence }) {
        // While it is shown it may be drawn at once.
        const before = this.shown;
        this.shown = sequence;
        if (!view || !this.images.follow(view)) this.shown = before;
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
        if (images.length > 0) await this.images.show(images);
        else this.question.append(" There is no image to show.");
    }

    /** Key images, measurements, comments, the decision or what is shared have changed. */
    async reread() {
        const { loaded, state, item: before } = this;
        const answer = await fetch(`${this.base()}/item`, { headers: { Accept: "application/json" } });
        if (this.loaded !== loaded || !state) return;
        // A share begins or ends while its case is on show.
        if (answer.status === 404 || !before) {
            await this.load(loaded, state);
            return;
        }
        void this.images.shown?.comments?.start();
        if (!answer.ok) return;
        /** @type {Item} */
        const item = await answer.json();
        if (this.loaded !== loaded) return;
        this.showItem(item);
        if (haveChanged(this.images.ids, before.images, item.images)) await this.images.again();
    }

    clear() {
        this.images.clear();
        [this.item, this.sent] = [null, ""];
        for (const part of [this.title, this.question, this.decision]) part.textContent = "";
        this.notices.replaceChildren();
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
        this.images.showChoices();
        this.panel.show(item);
    }

    /** Other images are on show: marks belong to them, and nothing of them was sent. */
    showPanel() {
        this.sent = "";
        this.panel.use(this.images.shown);
        if (this.item) this.panel.show(this.item);
    }

    drawn() {
        if (this.shown > 0) {
            performance.mark("session painted", { detail: this.shown });
            this.root.dataset.painted = String(this.shown);
            this.shown = 0;
        }
        if (this.changedAt === 0) this.changedAt = performance.now();
        void this.tell();
    }

    // What a person does

    /** Sends what the presenter sees; what changes meanwhile goes in one piece afterwards. */
    async tell() {
        if (this.isSending || !this.isPresenter() || this.state?.item === undefined) return;
        const view = this.images.view();
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

    /** @param {import("./session-panel.js").Place} place */
    async go(place) {
        if (!this.images.ids.includes(place.series)) await this.images.show([place.series]);
        this.images.shown?.go(place);
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
        if (this.images.shown?.characterKeys() === false) return;
        /** @type {Record<string, () => void>} */
        const acts = {
            ".": () => void this.step(1), ",": () => void this.step(-1), k: () => void this.panel.markHere(),
            x: () => this.images.shown?.point(), e: () => this.panel.addEnd(),
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
