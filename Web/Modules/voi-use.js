// SPDX-License-Identifier: Apache-2.0
// Another name for a volume of interest, out of use, and into use again.

import { withdrawnRows } from "./voi-list.js";

/** @typedef {import("./voi-store.js").Voi} Voi */
/**
 * What the editor lends.
 * @typedef {object} Editor
 * @property {import("./voi-store.js").Store} store
 * @property {HTMLElement} panel
 * @property {Voi[]} vois
 * @property {{name: string, base: string} | null} chosen
 * @property {boolean} waits
 * @property {() => Promise<void>} save
 * @property {() => Promise<void>} reload
 * @property {(name: string) => Promise<void>} choose
 * @property {() => Promise<void>} leave edits nothing any more
 * @property {(what: string, work: () => Promise<void>) => Promise<void>} guarded
 */

/** @param {string} id */
function form(id) {
    const found = document.getElementById(id);
    if (!(found instanceof HTMLFormElement)) throw new Error(`The page has no form '${id}'.`);
    return found;
}

/** @param {Editor} editor */
export function bindUse(editor) {
    const list = document.getElementById("voi-withdrawn");
    const mayDraw = editor.panel.dataset.mayDraw === "yes";
    const show = async () => {
        const vois = (await editor.store.withdrawn()).filter(({ series }) => series === editor.store.ct);
        list?.replaceChildren(...withdrawnRows(vois, mayDraw, (voi) => {
            void editor.guarded(`Restoring ${voi.name}`, async () => {
                await editor.store.change("restore", { number: String(voi.number) });
                await editor.reload();
                await show();
            });
        }));
    };
    const [rename, withdraw] = [form("voi-rename"), form("voi-withdraw")];

    /**
     * Does something to the volume that is edited, as it is after saving.
     * @param {HTMLFormElement} asked @param {string} field @param {string} what
     * @param {(chosen: {name: string, base: string}, value: string) => Promise<void>} act
     */
    const bind = (asked, field, what, act) => asked.addEventListener("submit", (event) => {
        event.preventDefault();
        const value = String(new FormData(asked).get(field) ?? "").trim();
        void (async () => {
            await editor.save();
            const { chosen } = editor;
            if (!chosen || chosen.base === "" || editor.waits) return;
            await editor.guarded(`${what} ${chosen.name}`, async () => {
                await act(chosen, value);
                asked.reset();
                await show();
            });
        })();
    });

    bind(rename, "to", "Renaming", async (chosen, to) => {
        await editor.store.change("rename", { name: chosen.name, version: chosen.base, to });
        await editor.leave();
        await editor.choose(to);
    });
    bind(withdraw, "reason", "Withdrawing", async (chosen, reason) => {
        await editor.store.change("withdraw", { name: chosen.name, version: chosen.base, reason });
        await editor.leave();
        if (editor.vois.length > 0) await editor.choose(editor.vois[0].name);
    });
    const use = document.getElementById("voi-use");
    use?.addEventListener("toggle", () => {
        if (use.hasAttribute("open")) void editor.guarded("Looking for withdrawn volumes", show);
    });
}
