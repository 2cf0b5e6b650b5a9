// SPDX-License-Identifier: Apache-2.0
// Sends files in pieces. A piece counts once the server has acknowledged it; whoever comes again
// goes on where the server says.

import { messageOf, refusalOf } from "./failures.js";

/**
 * @typedef {object} Item
 * @property {string} path with its folders, parts joined by "/"
 * @property {Blob} file
 */

/** How often a piece is tried again when the network fails, and how long before the first time. */
const RETRIES = 6;
const FIRST_WAIT_MS = 500;

/**
 * The next piece of a file: where it begins and ends.
 * @param {number} size
 * @param {number} received
 * @param {number} most
 * @returns {[number, number]}
 */
export function piece(size, received, most) {
    return [received, Math.min(size, received + most)];
}

/**
 * @param {ArrayBuffer} bytes
 * @returns {Promise<string>}
 */
export async function digest(bytes) {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Upload {
    /**
     * @param {string} path of the upload on the server
     * @param {string} csrf
     * @param {number} most bytes of a piece
     * @param {(sent: number) => void} report told of every acknowledged byte
     */
    constructor(path, csrf, most, report) {
        this.path = path;
        this.csrf = csrf;
        this.most = most;
        this.report = report;
        /** @type {Map<string, number>} */
        this.received = new Map();
    }

    /** Asks what has come already. */
    async resume() {
        const answer = await fetch(`${this.path}/files`, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(await refusalOf(answer));
        for (const file of await answer.json()) {
            this.received.set(file.path, file.received);
        }
    }

    /**
     * Sends what is missing of a file.
     * @param {Item} item
     */
    async send(item) {
        let received = Math.min(this.received.get(item.path) ?? 0, item.file.size);
        this.report(received);
        while (received < item.file.size) {
            const next = await this.sendPiece(item, received);
            this.report(next - received);
            received = next;
        }
    }

    /**
     * @param {Item} item
     * @param {number} from
     * @returns {Promise<number>} how much of the file the server has
     */
    async sendPiece(item, from) {
        const [start, end] = piece(item.file.size, from, this.most);
        const bytes = await item.file.slice(start, end).arrayBuffer();
        const headers = {
            "Content-Type": "application/octet-stream",
            "X-CSRF-Token": this.csrf,
            "Grevy-File": encodeURIComponent(item.path),
            "Grevy-Size": String(item.file.size),
            "Grevy-Offset": String(start),
            "Grevy-SHA256": await digest(bytes),
        };
        for (let attempt = 0; ; attempt += 1) {
            const answer = await fetch(`${this.path}/file`, { method: "PUT", headers, body: bytes })
                .catch(() => undefined);
            const type = answer?.headers.get("Content-Type") ?? "";
            if (answer && (answer.ok || answer.status === 409) && type.startsWith("application/json")) {
                return (await answer.json()).received;
            }
            const isOurs = answer && answer.status >= 400 && answer.status < 500;
            if (isOurs || attempt === RETRIES) {
                throw new Error(answer ? await refusalOf(answer) : "The server cannot be reached.");
            }
            await pause(FIRST_WAIT_MS * 2 ** attempt);
        }
    }

    /**
     * Sends files, a few at a time; a file that is refused stops none of the others.
     * @param {Item[]} items
     * @param {number} [lanes]
     * @returns {Promise<{path: string, sentence: string}[]>} what was refused, and why
     */
    async sendAll(items, lanes = 3) {
        const waiting = [...items];
        /** @type {{path: string, sentence: string}[]} */
        const refused = [];
        const lane = async () => {
            for (let item = waiting.shift(); item; item = waiting.shift()) {
                try {
                    await this.send(item);
                } catch (error) {
                    refused.push({ path: item.path, sentence: messageOf(error) });
                }
            }
        };
        await Promise.all(Array.from({ length: lanes }, lane));
        return refused;
    }
}
