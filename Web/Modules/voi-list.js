// SPDX-License-Identifier: Apache-2.0
// The rows of the editor's tables: volumes of interest, and the versions of one.

import { button, checkbox, element } from "./elements.js";

/** @typedef {import("./voi-store.js").Voi} Voi */
/** @typedef {import("./voi-store.js").Version} Version */

/** @param {Version} version */
function badges(version) {
    const state = version.state === "accepted"
        ? element("span", { class: "badge badge-ok" }, ["accepted"])
        : element("span", { class: "badge badge-warning" }, ["proposal"]);
    return version.outdated ? [state, element("span", { class: "badge badge-error" }, ["outdated"])] : [state];
}

/** @param {string} time ISO 8601, UTC */
const readable = (time) => time.slice(0, 16).replace("T", " ");

/**
 * @param {Voi[]} vois @param {string} chosen
 * @param {import("./structures.js").ShownStructure[]} shown
 * @param {{choose: (name: string) => void, show: (name: string, on: boolean) => void}} acts
 */
export function listRows(vois, chosen, shown, acts) {
    return vois.map((voi) => {
        const { current } = voi;
        const isChosen = voi.name === chosen;
        const edit = button(voi.name, () => acts.choose(voi.name), {
            class: "button button-quiet", "data-voi": voi.name, "aria-pressed": String(isChosen) });
        const isVisible = shown.find((s) => s.structure.name === voi.name)?.visible ?? true;
        const visible = checkbox("Show", isVisible, (on) => acts.show(voi.name, on));
        visible.querySelector("span")?.classList.add("visually-hidden");
        visible.querySelector("input")?.setAttribute("aria-label", `Show ${voi.name}`);
        const who = current.acceptedBy ? `accepted by ${current.acceptedBy}` : `by ${current.author}`;
        return element("tr", isChosen ? { "aria-selected": "true" } : {}, [
            element("th", { scope: "row" }, [edit, element("div", {}, [element("small", {}, [`${voi.role}, ${who}`])])]),
            element("td", { class: "number" }, [current.making.volumeML.toFixed(1)]),
            element("td", {}, badges(current)), element("td", {}, [visible]),
        ]);
    });
}

/**
 * How much a volume has changed, in words.
 * @param {number} ml @param {number | undefined} beforeML nothing for a new one
 */
export function volumeChange(ml, beforeML) {
    if (beforeML === undefined) return `${ml.toFixed(1)} mL`;
    const [now, before] = [ml, beforeML].map((x) => Math.round(x * 10) / 10);
    const change = now - before;
    return `${now.toFixed(1)} mL, before ${before.toFixed(1)} (${change > 0 ? "+" : change < 0 ? "−" : "±"}${Math.abs(change).toFixed(1)})`;
}

/**
 * @param {Voi[]} vois taken out of use @param {boolean} mayRestore @param {(voi: Voi) => void} restore
 */
export function withdrawnRows(vois, mayRestore, restore) {
    return vois.map((voi) => element("li", {}, [
        element("span", {}, [`${voi.name}: ${voi.current.making.reason ?? ""}, ${voi.current.author}, ${readable(voi.current.time)}`]),
        button("Restore", () => restore(voi), { disabled: !mayRestore, "aria-label": `Restore ${voi.name}` }),
    ]));
}

/** @param {Version["making"]} making */
function how({ making, formerName }) {
    return formerName ? `${making}, was ${formerName}` : making;
}

/** @param {Voi | undefined} voi */
export function versionRows(voi) {
    return (voi?.versions ?? []).slice().reverse().map((version) => element("tr", version.outdated ? { class: "is-outdated" } : {}, [
        element("th", { scope: "row" }, [version.id]),
        element("td", {}, [
            `${how(version.making)}, ${version.author}, ${readable(version.time)}`,
            version.isAside ? element("small", {}, [" kept beside another"]) : "",
        ]),
        element("td", { class: "number" }, [version.making.volumeML.toFixed(1)]),
    ]));
}
