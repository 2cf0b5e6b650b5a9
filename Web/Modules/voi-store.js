// SPDX-License-Identifier: Apache-2.0
// The server's side of the editor: the list, masks, operations, and saves that name their base.

import { refusalOf } from "./failures.js";
import { fetched } from "./nifti.js";

/**
 * @typedef {object} Version
 * @property {string} id
 * @property {number} number
 * @property {{making: string, volumeML: number, base?: string, reason?: string, formerName?: string}} making
 * @property {string} author
 * @property {string} time
 * @property {"proposal" | "accepted" | "withdrawn"} state
 * @property {string} [acceptedBy]
 * @property {boolean} isAside kept beside the version that counted then
 * @property {string} [outdated] why
 */
/** @typedef {{number: number, name: string, role: string, series: string, current: Version, versions: Version[]}} Voi */
/** @typedef {{isConflict: boolean, version: string, voi: Voi}} Saved */

export class Store {
    /** @param {string} base address of the case's volumes @param {string} csrf @param {string} ct */
    constructor(base, csrf, ct) {
        this.base = base;
        this.csrf = csrf;
        this.ct = ct;
    }

    /** @returns {Promise<Voi[]>} */
    async list() {
        const answer = await fetch(`${this.base}/list`, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(await said(answer));
        return answer.json();
    }

    /** @param {string} version */
    async mask(version) {
        return (await fetched(`${this.base}/versions/${version}/mask`)).volume;
    }

    /**
     * @param {string} path @param {Record<string, string>} fields
     * @returns {Promise<Response>}
     */
    post(path, fields) {
        return fetch(`${this.base}${path}`, {
            method: "POST", body: new URLSearchParams(fields),
            headers: { Accept: "application/json", "X-CSRF-Token": this.csrf },
        });
    }

    /**
     * Makes a version on the server.
     * @param {Record<string, string>} fields @returns {Promise<Saved>}
     */
    async make(fields) {
        return saved(await this.post("", { ct: this.ct, ...fields }));
    }

    /**
     * Keeps a drawn mask.
     * @param {Uint8Array} runs @param {string} name @param {string} role
     * @param {string} base the version that was drawn on; empty for a new volume
     * @returns {Promise<Saved>}
     */
    async keep(runs, name, role, base) {
        const query = new URLSearchParams({ name, role, base, ct: this.ct });
        return saved(await fetch(`${this.base}/drawn?${query}`, {
            method: "POST", body: runs,
            headers: { Accept: "application/json", "X-CSRF-Token": this.csrf, "Content-Type": "application/octet-stream" },
        }));
    }

    /** @param {string} name @param {string} version @returns {Promise<Voi>} */
    async accept(name, version) {
        const answer = await this.post("/accept", { name, version });
        if (!answer.ok) throw new Error(await said(answer));
        return answer.json();
    }

    /** @returns {Promise<Voi[]>} what was taken out of use */
    async withdrawn() {
        const answer = await fetch(`${this.base}/withdrawn`, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(await said(answer));
        return answer.json();
    }

    /**
     * Renames, withdraws or restores.
     * @param {"rename" | "withdraw" | "restore"} what @param {Record<string, string>} fields
     * @returns {Promise<Saved>}
     */
    async change(what, fields) {
        return saved(await this.post(`/${what}`, fields));
    }

    /** @param {string} series of structures @returns {Promise<Voi[]>} */
    async takeOver(series) {
        const answer = await this.post("/import", { series, ct: this.ct });
        if (!answer.ok) throw new Error(await said(answer));
        return answer.json();
    }
}

/** @param {Response} answer @returns {Promise<Saved>} */
async function saved(answer) {
    if (answer.status !== 201 && answer.status !== 409) throw new Error(await said(answer));
    const { version, voi } = await answer.json();
    return { isConflict: answer.status === 409, version, voi };
}

/** @param {Response} answer */
async function said(answer) {
    if (answer.status === 401) return "Your session has ended. Sign in again in another tab, then save here.";
    return refusalOf(answer);
}
