// SPDX-License-Identifier: Apache-2.0
// The page "Bring in images": files and folders from a drop or a picker, sent in pieces.

import { element } from "./elements.js";
import { messageOf, refusalOf } from "./failures.js";
import { Upload } from "./upload.js";

/** @typedef {import("./upload.js").Item} Item */

/**
 * All files below what was dropped.
 * @param {FileSystemEntry} entry
 * @param {string} folder
 * @returns {Promise<Item[]>}
 */
async function below(entry, folder) {
    const path = folder + entry.name;
    if (entry.isFile) {
        const file = /** @type {FileSystemFileEntry} */ (entry);
        return [{ path, file: await new Promise((resolve, reject) => file.file(resolve, reject)) }];
    }
    const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
    /** @type {Item[]} */
    const found = [];
    for (;;) {
        // A reader gives a hundred at a time, and none at the end.
        /** @type {FileSystemEntry[]} */
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (some.length === 0) return found;
        for (const inner of some) found.push(...await below(inner, `${path}/`));
    }
}

/**
 * @param {DataTransfer} transfer
 * @returns {Promise<Item[]>}
 */
async function dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
    const found = await Promise.all(entries.map((entry) => (entry ? below(entry, "") : [])));
    return found.flat();
}

/**
 * @param {HTMLInputElement} input
 * @returns {Item[]}
 */
function picked(input) {
    return [...input.files ?? []].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * Where to send: the one upload of an inbox link, the upload that was chosen to go on with, or a
 * new one.
 * @param {HTMLElement} drop
 * @returns {Promise<string>}
 */
async function uploadPath(drop) {
    if (drop.dataset.upload) return drop.dataset.upload;
    const chosen = document.querySelector("input[name=upload]:checked");
    if (chosen instanceof HTMLInputElement) return chosen.value;
    const answer = await fetch(drop.dataset.begin ?? "", {
        method: "POST", headers: { "X-CSRF-Token": drop.dataset.csrf ?? "" },
    });
    if (!answer.ok) throw new Error(await refusalOf(answer));
    return (await answer.json()).path;
}

/**
 * @param {HTMLElement} drop
 * @param {Item[]} all
 */
async function sendAll(drop, all) {
    const section = document.getElementById("sending");
    const bar = document.getElementById("sent");
    const state = document.getElementById("sending-state");
    if (!section || !(bar instanceof HTMLProgressElement) || !state) return;
    const items = all.filter((item) => item.file.size > 0);
    const total = items.reduce((sum, item) => sum + item.file.size, 0);
    section.hidden = false;
    let sent = 0;
    const path = await uploadPath(drop);
    const csrf = drop.dataset.csrf ?? "";
    const upload = new Upload(path, csrf, Number(drop.dataset.piece), (bytes) => {
        sent += bytes;
        bar.value = total > 0 ? sent / total : 1;
        state.textContent = `${Math.floor(sent / 1e6)} of ${Math.ceil(total / 1e6)} MB of ${items.length} files`;
    });
    await upload.resume();
    const refused = await upload.sendAll(items);
    const lines = refused.map((one) => element("li", {}, [`${one.path}: ${one.sentence}`]));
    state.textContent = refused.length === 0
        ? `All ${items.length} files are here.`
        : `${items.length - refused.length} of ${items.length} files are here.`;
    if (lines.length > 0) section.append(element("ul", {}, lines));
    // Who sends by a link says on the page itself that they have finished.
    if (drop.dataset.upload) return;
    const import_ = element("form", { method: "post", action: `${path}/import` }, [
        element("input", { type: "hidden", name: "csrf", value: csrf }),
        element("button", { type: "submit", class: "button button-primary" }, ["Import them"]),
    ]);
    section.append(import_);
    import_.querySelector("button")?.focus();
}

const drop = document.getElementById("drop");
if (drop) {
    /** @param {Promise<Item[]> | Item[]} items */
    const start = async (items) => {
        try {
            await sendAll(drop, await items);
        } catch (error) {
            drop.append(element("p", { class: "notice notice-error", role: "alert" }, [messageOf(error)]));
        }
    };
    drop.addEventListener("dragover", (event) => {
        event.preventDefault();
        drop.classList.add("is-over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
    drop.addEventListener("drop", (event) => {
        event.preventDefault();
        drop.classList.remove("is-over");
        if (event.dataTransfer) void start(dropped(event.dataTransfer));
    });
    for (const id of ["files", "folder"]) {
        const input = document.getElementById(id);
        if (input instanceof HTMLInputElement) {
            input.addEventListener("change", () => void start(picked(input)));
        }
    }
}
