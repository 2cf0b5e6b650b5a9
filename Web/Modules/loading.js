// SPDX-License-Identifier: Apache-2.0
// Brings the volumes of a scene, each to its place in the patient, and hands over each when it is
// complete: first a reduced copy of the base and a dose on it, then the base, the other layers and
// structures beside it.

import { messageOf } from "./failures.js";
import { fetched, moved } from "./nifti.js";
import { isDose, windowed } from "./scene.js";

/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./scene.js").Layer} Layer */
/** @typedef {Pick<ReturnType<typeof import("./scene.js").fusion>, "fused" | "structures">} Wanted */
/** @typedef {{layer: Layer, volume: Volume, moved: boolean, preview: boolean}} ArrivedLayer */
/** @typedef {{structure: import("./scene.js").SceneStructure, volume: Volume}} ArrivedStructure */
/** @typedef {{label: string, isStructure: boolean, state: "waits" | "loads" | "shown" | "failed", share: number | null}} Progress `share`: 0 to 1, `null` while nobody can say */
/**
 * @typedef {object} Receiver
 * @property {(arrived: ArrivedLayer) => void} layer
 * @property {(arrived: ArrivedStructure) => void} structure
 * @property {(items: Progress[]) => void} progress
 * @property {(sentence: string, again: () => Promise<void>) => void} failed
 */
/** @typedef {Progress & {bring: (share: (x: number | null) => void) => Promise<void>}} Item */

/** What the whole base waits for a dose, at most: it may be as fine as a CT. */
const MOMENT_MS = 1500;

export class Loading {
    /**
     * @param {Wanted} wanted
     * @param {string} base id of the layer that comes first and alone; empty when the finest is to be found
     * @param {AbortSignal} signal @param {Receiver} receiver
     */
    constructor(wanted, base, signal, receiver) {
        this.signal = signal;
        this.receiver = receiver;
        this.base = wanted.fused.find(({ layer }) => layer.id === base);
        const others = wanted.fused.filter((f) => f !== this.base);
        // Where a plan is looked at first.
        const tumoursFirst = [...wanted.structures].sort((a, b) =>
            Number(b.structure.role === "tumour") - Number(a.structure.role === "tumour"));
        const dosesFirst = [...others].sort((a, b) => Number(isDose(b.layer)) - Number(isDose(a.layer)));
        this.first = (this.base ? [this.base] : others).map((f) => this.layerItem(f));
        this.rest = [
            ...(this.base ? dosesFirst : []).map((f) => this.layerItem(f)),
            ...tumoursFirst.map((s) => this.structureItem(s)),
        ];
    }

    /** @param {Wanted["fused"][number]} fused @returns {Item} */
    layerItem({ layer, matrix }) {
        return {
            label: layer.label, isStructure: false, state: "waits", share: null,
            bring: async (share) => {
                const volume = await this.volume(layer.url, matrix, share);
                this.receiver.layer({ layer: windowed(layer, volume), volume, moved: matrix !== null, preview: false });
            },
        };
    }

    /** @param {Wanted["structures"][number]} wanted @returns {Item} */
    structureItem({ structure, matrix }) {
        return {
            label: structure.name, isStructure: true, state: "waits", share: null,
            bring: async (share) =>
                this.receiver.structure({ structure, volume: await this.volume(structure.url, matrix, share) }),
        };
    }

    /** @param {string} url @param {number[] | null} matrix @param {(x: number | null) => void} share */
    async volume(url, matrix, share) {
        const file = await fetched(url, this.signal, share);
        return (matrix ? moved(file, matrix) : file).volume;
    }

    /** Brings everything; what fails is told and holds nothing else up. */
    async all() {
        this.told();
        const isPreviewed = await this.preview();
        // The base in one lane, the others one after the other beside it. The first of these, a dose as a rule, has
        // a moment to itself on the preview: a server of few processors makes the base for seconds.
        const [sooner, ...others] = this.rest;
        const head = sooner ? this.one(sooner) : Promise.resolve();
        if (isPreviewed) await Promise.race([head, new Promise((done) => setTimeout(done, MOMENT_MS))]);
        const inTurn = async () => {
            await head;
            for (const item of others) await this.one(item);
        };
        await Promise.all([...this.first.map((item) => this.one(item)), inTurn()]);
    }

    /**
     * The reduced copy only saves waiting: without it the base itself is waited for.
     * @returns {Promise<boolean>} whether it is shown
     */
    async preview() {
        if (!this.base?.layer.previewURL || !(this.base.layer.windowHigh > this.base.layer.windowLow)) return false;
        const { layer, matrix } = this.base;
        try {
            const volume = await this.volume(this.base.layer.previewURL, matrix, () => {});
            if (this.signal.aborted) return false;
            this.receiver.layer({ layer, volume, moved: matrix !== null, preview: true });
            return true;
        } catch {
            // The base says what is wrong, if anything is.
            return false;
        }
    }

    /** @param {Item} item */
    async one(item) {
        item.state = "loads";
        this.told();
        try {
            await item.bring((share) => {
                item.share = share;
                this.told();
            });
            item.state = "shown";
        } catch (error) {
            if (this.signal.aborted) return;
            item.state = "failed";
            this.receiver.failed(
                `${item.label} could not be loaded. ${messageOf(error)} `
                + "The rest is not affected. If it stays so, tell the physicist on duty.",
                () => this.one(item));
        }
        this.told();
    }

    told() {
        if (!this.signal.aborted) this.receiver.progress([...this.first, ...this.rest]);
    }
}
