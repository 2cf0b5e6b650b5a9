// SPDX-License-Identifier: Apache-2.0
// Target lesions of the case in a session: which one is measured, and what they add up to.

import { button, choice, element, labelled } from "./elements.js";

/**
 * @typedef {object} Lesions
 * @property {string[]} days
 * @property {{number: number, name: string, site: string, cells: string[]}[]} targets
 * @property {{name: string, cells: string[]}[]} lines
 * @property {string[]} departures
 */
/** @typedef {{value: string, name: string}} Choice */

/** What is noted of a target that is not measured. */
const NOTES = [
    { kind: "gone", name: "Gone" },
    { kind: "too-small", name: "Too small" },
    { kind: "not-read", name: "Not read" },
];

export class SessionLesions {
    /**
     * @param {{mayMark: () => boolean, series: () => string, send: (path: string, fields: Record<string, string>) => Promise<boolean>}} page
     *   `series`: what is on show, or nothing
     */
    constructor(page) {
        this.page = page;
        this.target = "";
        this.site = "";
        /** @type {{lesions: Lesions | undefined, sites: Choice[]}} */
        this.shown = { lesions: undefined, sites: [] };
        this.choices = element("div", { class: "row", role: "group", "aria-label": "Target lesion" });
        this.table = element("div");
        this.tools = element("div", { class: "stack" });
        this.root = element("div", { class: "stack" }, [
            element("h2", {}, ["Target lesions"]), this.table, this.tools]);
    }

    /**
     * What the measurement that is kept next is a reading of.
     * @returns {Record<string, string>}
     */
    fields() {
        return this.target === "" ? {} : { target: this.target, site: this.site };
    }

    /** What was kept is not kept again as the same reading by a second press. */
    reset() {
        this.target = "";
        this.show(this.shown.lesions, this.shown.sites);
    }

    /** @param {Lesions | undefined} lesions @param {Choice[]} sites */
    show(lesions, sites) {
        this.shown = { lesions, sites };
        // Targets are read by the people whose case it is.
        const isOwners = sites.length > 0;
        this.root.hidden = this.choices.hidden = !isOwners;
        if (!isOwners) this.target = "";
        const targets = lesions?.targets ?? [];
        if (!["", "new", ...targets.map(({ number }) => String(number))].includes(this.target)) this.target = "";
        if (this.site === "") this.site = sites[0]?.value ?? "";
        const options = [
            { value: "", name: "no target" },
            ...targets.map(({ number, name }) => ({ value: String(number), name })),
            { value: "new", name: "a new target" },
        ];
        const site = labelled("Lies in", choice(sites, this.site, (value) => { this.site = value; }));
        site.hidden = this.target !== "new";
        this.choices.replaceChildren(
            labelled("Reading of", choice(options, this.target, (value) => {
                this.target = value;
                site.hidden = value !== "new";
            })), site);
        this.table.replaceChildren(lesions ? tableOf(lesions) : element("p", { class: "muted" }, [
            "None yet: measure a diameter as the reading of a new target."]));
        this.tools.replaceChildren(...(this.page.mayMark() && lesions ? this.makeTools(lesions) : []));
    }

    /** @param {Lesions} lesions */
    makeTools({ targets }) {
        const send = (/** @type {string} */ path, /** @type {Record<string, string>} */ fields) => () => {
            const series = this.page.series();
            if (series !== "") void this.page.send(path, { ...fields, series });
        };
        return [
            ...targets.map(({ number, name }) => element("div", { class: "row", role: "group", "aria-label": name }, [
                element("span", { class: "breakable" }, [name]),
                ...NOTES.map((note) => button(note.name, send(`targets/${number}/readings`, { kind: note.kind }), {
                    "aria-label": `T${number}: ${note.name} on the image on show` })),
                button("No target", send(`targets/${number}/withdraw`, {}), { "aria-label": `T${number} is no target any more` }),
            ])),
            element("div", { class: "row", role: "group", "aria-label": "New lesion on the image on show" }, [
                button("New lesion here", send("new-lesions", { isThere: "yes" }), { id: "new-lesion" }),
                button("No new lesion here", send("new-lesions", { isThere: "no" })),
            ]),
        ];
    }
}

/** @param {Lesions} lesions */
function tableOf({ days, targets, lines, departures }) {
    const cells = (/** @type {string[]} */ texts) => texts.map((text) => element("td", { class: "number" }, [text]));
    return element("div", { class: "stack" }, [
        element("div", { class: "table-wrap" }, [element("table", { class: "table", id: "lesions" }, [
            element("caption", {}, ["RECIST 1.1, by the day of the images"]),
            element("thead", {}, [element("tr", {}, [
                ...["Lesion", "In"].map((text) => element("th", { scope: "col" }, [text])),
                ...days.map((day) => element("th", { scope: "col", class: "number" }, [day]))])]),
            element("tbody", {}, [
                ...targets.map(({ name, site, cells: texts }) => element("tr", {}, [
                    element("th", { scope: "row", class: "breakable" }, [name]), element("td", {}, [site]), ...cells(texts)])),
                ...lines.map(({ name, cells: texts }) => element("tr", {}, [
                    element("th", { scope: "row", colspan: "2" }, [name]), ...cells(texts)])),
            ]),
        ])]),
        ...departures.map((text) => element("p", { class: "notice notice-warning" }, [text])),
    ]);
}
