// SPDX-License-Identifier: Apache-2.0
// The editor of volumes of interest: list, drawing with autosave, operations, acceptance.

import { button, element, errorNotice } from "./elements.js";
import { messageOf } from "./failures.js";
import { flipped } from "./geometry.js";
import { isTextField } from "./keys.js";
import { fetchedScene } from "./scene-page.js";
import { createViewer } from "./viewer.js";
import { Brush } from "./voi-brush.js";
import { bindForms } from "./voi-forms.js";
import { listRows, versionRows, volumeChange } from "./voi-list.js";
import { emptyMask, encodedRuns, placed, volumeML } from "./voi-mask.js";
import { Store } from "./voi-store.js";
import { bindUse } from "./voi-use.js";

/** @typedef {import("./voi-store.js").Voi} Voi */
/** @typedef {import("./voi-store.js").Saved} Saved */

/** So that a killed tab loses less than 10 s, on its way to the server too. */
const AUTOSAVE_MS = 7000;
const COLOURS = ["#ffd166", "#ff6f5e", "#59e0d0", "#7ee26a", "#5ab4ff", "#ff8ad8", "#ffb13d", "#c9a7ff"];
/** @type {number[][]} */
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

/** @template {keyof HTMLElementTagNameMap} Tag @param {Tag} tag @param {string} id @returns {HTMLElementTagNameMap[Tag]} */
function found(tag, id) {
    const node = document.getElementById(id);
    if (!node || node.localName !== tag) throw new Error(`The page has no ${tag} '${id}'.`);
    return /** @type {any} */ (node);
}

class Editor {
    /** @param {import("./viewer.js").Viewer} viewer @param {Store} store @param {HTMLElement} panel */
    constructor(viewer, store, panel) {
        this.viewer = viewer;
        this.store = store;
        this.panel = panel;
        /** @type {Voi[]} */
        this.vois = [];
        // What is edited; `base` is empty for a volume that the server does not have yet.
        /** @type {{name: string, role: string, base: string} | null} */
        this.chosen = null;
        this.isDirty = false;
        /** @type {Promise<void> | null} */
        this.saving = null;
        this.waits = false;
        this.brush = new Brush(viewer, () => this.changed(), new AbortController().signal);
        this.state = found("p", "voi-state");
        this.conflict = found("div", "voi-conflict");
    }

    async start() {
        await this.reload();
        if (this.vois.length > 0) await this.choose(this.vois[0].name);
        this.bind();
        window.setInterval(() => { void this.save(); }, AUTOSAVE_MS);
        addEventListener("beforeunload", (event) => { if (this.isDirty) event.preventDefault(); });
        addEventListener("visibilitychange", () => { if (document.hidden) void this.save(); });
    }

    bind() {
        const mayDraw = this.panel.dataset.mayDraw === "yes";
        for (const field of this.panel.querySelectorAll("[data-drawing] input, [data-drawing] select, [data-drawing] button")) {
            /** @type {HTMLInputElement} */ (field).disabled = !mayDraw;
        }
        for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (this.panel.querySelectorAll("[name=voi-mode]"))) {
            radio.addEventListener("change", () => this.brush.setMode(/** @type {any} */ (radio.value)));
        }
        const size = found("input", "voi-size");
        size.addEventListener("input", () => {
            if (size.valueAsNumber > 0) this.brush.diameterMM = Math.min(200, size.valueAsNumber);
        });
        const act = (/** @type {string} */ id, /** @type {() => void} */ does) =>
            found("button", id).addEventListener("click", does);
        act("voi-fill", () => this.say(this.brush.fillArea()));
        act("voi-undo", () => this.brush.undo());
        act("voi-redo", () => this.brush.redo());
        act("voi-save", () => { void this.save(); });
        act("voi-accept", () => { void this.accept(); });
        addEventListener("keydown", (event) => {
            if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || isTextField(event.target)) return;
            event.preventDefault();
            if (event.shiftKey) this.brush.redo();
            else this.brush.undo();
        });
        bindForms(this);
        bindUse(this);
    }

    /** @param {string} sentence */
    say(sentence) {
        if (this.state.textContent !== sentence) this.state.textContent = sentence;
    }

    /** @param {string} what @param {() => Promise<void>} work */
    async guarded(what, work) {
        this.say(`${what} …`);
        try {
            await work();
            if (this.state.textContent === `${what} …`) this.say(`${what}: done.`);
        } catch (error) {
            this.say(`${what} failed: ${messageOf(error)}`);
        }
    }

    /** Asks for the list, and shows every volume that lies on this CT. */
    async reload() {
        this.vois = (await this.store.list()).filter((voi) => voi.series === this.store.ct);
        const shown = new Map(this.viewer.structures.map((s) => [s.structure.url, s]));
        const kept = await Promise.all(this.vois.map(async (voi, n) => {
            const url = voi.current.id;
            const volume = voi.name === this.chosen?.name && this.brush.mask
                ? this.brush.mask.volume : shown.get(url)?.volume ?? await this.store.mask(url);
            const structure = {
                name: voi.name, role: voi.role, url, colour: COLOURS[n % COLOURS.length],
                dash: DASHES[Math.floor(n / COLOURS.length) % DASHES.length],
            };
            return { structure, volume, visible: shown.get(url)?.visible ?? true };
        }));
        this.viewer.showStructures([...kept, ...this.unkept()]);
        this.showList();
    }

    /** A volume that is drawn and not yet kept has an outline too. */
    unkept() {
        const { chosen, brush } = this;
        if (!chosen || chosen.base !== "" || !brush.mask) return [];
        return [{
            structure: { name: chosen.name, role: chosen.role, url: "", colour: "#ffffff", dash: [] },
            volume: brush.mask.volume, visible: true,
        }];
    }

    /** @param {string} name */
    async choose(name) {
        await this.save();
        const voi = this.vois.find((v) => v.name === name);
        if (!voi || this.waits) return;
        const grid = this.viewer.layers()[0].volume;
        const shown = this.viewer.structures.find((s) => s.structure.name === name);
        const part = shown?.structure.url === voi.current.id && shown.volume !== this.brush.mask?.volume
            ? shown.volume : await this.store.mask(voi.current.id);
        this.brush.take(placed(grid, part));
        this.chosen = { name, role: voi.role, base: voi.current.id };
        this.isDirty = false;
        await this.reload();
        this.say(`${name} is edited.`);
    }

    /** Edits nothing any more, and asks for the list. */
    async leave() {
        this.brush.take(null);
        this.chosen = null;
        this.isDirty = false;
        await this.reload();
    }

    /** @param {string} name @param {string} role */
    async begin(name, role) {
        if (this.vois.some((v) => v.name === name)) {
            await this.choose(name);
            return;
        }
        await this.save();
        if (this.waits) return;
        this.brush.take(emptyMask(this.viewer.layers()[0].volume));
        this.chosen = { name, role, base: "" };
        this.isDirty = false;
        await this.reload();
        this.say(`${name} is new: paint it, or make it below.`);
    }

    /** After every change of the mask that is edited. */
    changed() {
        const { chosen } = this;
        if (!chosen) return;
        this.isDirty = true;
        this.viewer.overlay.forget(`structure ${chosen.name}`);
        this.viewer.stage.redraw();
        this.say("Not saved yet.");
    }

    /** Keeps what was drawn; one save at a time. */
    async save() {
        await this.saving;
        const { chosen, brush } = this;
        if (!this.isDirty || !chosen || !brush.mask || brush.stroke || this.waits) return;
        this.isDirty = false;
        const ml = volumeML(brush.mask);
        this.saving = this.send(encodedRuns(brush.mask), chosen, ml);
        await this.saving;
        this.saving = null;
    }

    /** @param {Uint8Array} runs @param {{name: string, role: string, base: string}} chosen @param {number} ml */
    async send(runs, chosen, ml) {
        this.say("Saving …");
        try {
            const saved = await this.store.keep(runs, chosen.name, chosen.role, chosen.base);
            if (saved.isConflict) {
                this.offer(saved);
                return;
            }
            chosen.base = saved.version;
            await this.reload();
            this.say(`Saved as ${saved.version}, ${ml.toFixed(1)} mL.`);
        } catch (error) {
            this.isDirty = true;
            this.say(`Not saved: ${messageOf(error)}`);
        }
    }

    /**
     * Somebody else saved in between: both versions are kept, one must go on.
     * @param {Saved} saved
     */
    offer({ version, voi }) {
        if (voi.current.making.making === "withdrawn") {
            this.conflict.replaceChildren(errorNotice(
                `${voi.current.author} took ${voi.name} out of use while you drew. Yours is kept as ${version}; `
                + "restore the volume to go on with it.", []));
            void this.leave();
            return;
        }
        this.waits = true;
        this.brush.setMode("look");
        const go = async (/** @type {boolean} */ mine) => {
            this.conflict.replaceChildren();
            this.waits = false;
            if (this.chosen) [this.chosen.base, this.chosen.name] = [voi.current.id, voi.name];
            if (mine) {
                this.isDirty = true;
                await this.save();
            } else {
                this.isDirty = false;
                await this.reload();
                await this.choose(voi.name);
            }
            this.restoreMode();
        };
        const theirs = button(`Go on with theirs (${voi.current.id})`, () => { void go(false); });
        this.conflict.replaceChildren(errorNotice(
            `${voi.current.author} saved ${voi.current.id} of ${voi.name} while you drew. `
            + `Both are kept; yours is ${version}. Which one counts?`,
            [theirs, button(`Go on with mine (${version})`, () => { void go(true); })]));
        theirs.focus();
        this.say("Two versions are kept; choose one.");
    }

    restoreMode() {
        const radio = /** @type {HTMLInputElement | null} */ (this.panel.querySelector("[name=voi-mode]:checked"));
        if (radio) this.brush.setMode(/** @type {any} */ (radio.value));
    }

    /** @param {Record<string, string>} fields of the page's form */
    async operate(fields) {
        await this.save();
        if (this.waits) return;
        await this.guarded("Making the volume", async () => {
            const into = fields.name;
            const known = this.vois.find((v) => v.name === into);
            // Positions on the page are RAS, on the wire LPS.
            const [x, y, z] = flipped(this.viewer.cursor()).map(String);
            const saved = await this.store.make({ ...fields, base: known?.current.id ?? "", x, y, z });
            this.isDirty = false;
            if (saved.isConflict) this.offer(saved);
            await this.reload();
            if (!saved.isConflict) await this.choose(into);
            const ml = saved.voi.versions.find(({ id }) => id === saved.version)?.making.volumeML ?? NaN;
            this.say(`${into} is ${saved.version}, ${volumeChange(ml, known?.current.making.volumeML)}.`);
        });
    }

    /** @param {string} series RTSTRUCT or SEG */
    async takeOver(series) {
        await this.guarded("Taking structures over", async () => {
            await this.store.takeOver(series);
            await this.reload();
            if (!this.chosen && this.vois.length > 0) await this.choose(this.vois[0].name);
        });
    }

    async accept() {
        await this.save();
        const { chosen } = this;
        if (!chosen || chosen.base === "" || this.waits) return;
        await this.guarded(`Accepting ${chosen.name}`, async () => {
            await this.store.accept(chosen.name, chosen.base);
            await this.reload();
        });
    }

    showList() {
        const rows = found("table", "voi-list").tBodies[0];
        const focused = document.activeElement?.getAttribute("data-voi");
        rows.replaceChildren(...listRows(this.vois, this.chosen?.name ?? "", this.viewer.structures, {
            choose: (name) => { void this.choose(name); },
            show: (name, on) => this.viewer.setStructureVisible(name, on),
        }));
        if (focused) /** @type {HTMLElement | null} */ (rows.querySelector(`[data-voi="${CSS.escape(focused)}"]`))?.focus();
        found("p", "voi-empty").hidden = this.vois.length > 0;
        const voi = this.vois.find((v) => v.name === this.chosen?.name);
        found("table", "voi-versions").tBodies[0].replaceChildren(...versionRows(voi));
        found("strong", "voi-chosen").textContent = this.chosen?.name ?? "none";
        found("button", "voi-accept").disabled = this.panel.dataset.mayAccept !== "yes"
            || voi?.current.state !== "proposal" || Boolean(voi.current.outdated);
        for (const select of /** @type {NodeListOf<HTMLSelectElement>} */ (this.panel.querySelectorAll("[data-vois]"))) {
            const kept = select.value;
            const first = select.dataset.vois === "optional" ? [element("option", { value: "" }, ["a sphere at the crosshair"])] : [];
            select.replaceChildren(...first, ...this.vois.map((v) => element("option", { value: v.name }, [v.name])));
            select.value = [...select.options].some((o) => o.value === kept) && kept !== "" ? kept : first.length > 0 ? "" : this.chosen?.name ?? "";
        }
        const into = /** @type {HTMLInputElement} */ (found("form", "voi-operation").elements.namedItem("name"));
        if (this.chosen && document.activeElement !== into) into.value = this.chosen.name;
    }
}

const host = document.getElementById("viewer");
const panel = document.getElementById("voi-panel");
const scene = host && panel && host.dataset.scene ? await fetchedScene(host, host.dataset.scene) : null;
if (host && panel && scene) {
    const viewer = await createViewer(host, scene);
    const { base = "", csrf = "", ct = "" } = panel.dataset;
    // Without the CT there is nothing to draw on; the viewer has said why.
    if (viewer.layers().length > 0) {
        const editor = new Editor(viewer, new Store(base, csrf, ct), panel);
        await editor.start();
        // For tests and for the console: what is edited.
        Object.assign(window, { voiEditor: editor });
    }
}
