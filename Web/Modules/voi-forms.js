// SPDX-License-Identifier: Apache-2.0
// The editor's forms: a new volume, an operation, structures that are taken over.

/**
 * What the editor does for them.
 * @typedef {object} Editor
 * @property {(name: string, role: string) => Promise<void>} begin
 * @property {(fields: Record<string, string>) => Promise<void>} operate
 * @property {(series: string) => Promise<void>} takeOver
 */

/** @param {Editor} editor */
export function bindForms(editor) {
    bind("voi-new", ({ name, role }) => {
        if (name !== "") void editor.begin(name, role);
    });
    bind("voi-operation", (fields) => { void editor.operate(fields); })?.addEventListener("change", showParts);
    showParts();
    // Only where the case has structures of the CT.
    bind("voi-import", ({ series }) => { void editor.takeOver(series); });
}

/**
 * @param {string} id @param {(fields: Record<string, string>) => void} act with what is to be seen of the form
 * @returns {HTMLFormElement | null}
 */
function bind(id, act) {
    const form = document.getElementById(id);
    if (!(form instanceof HTMLFormElement)) return null;
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        act(fieldsOf(form));
    });
    return form;
}

/** @param {HTMLFormElement} form */
function fieldsOf(form) {
    /** @type {Record<string, string>} */
    const fields = {};
    for (const field of /** @type {Iterable<any>} */ (form.elements)) {
        if (!field.name || field.closest("[hidden]")) continue;
        if (field.type !== "checkbox" || field.checked) fields[field.name] = field.value.trim();
    }
    return fields;
}

/** Shows the parts of the form that the chosen operation needs. */
function showParts() {
    const form = /** @type {HTMLFormElement} */ (document.getElementById("voi-operation"));
    const { value } = /** @type {HTMLSelectElement} */ (form.elements.namedItem("operation"));
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-for]"))) {
        part.hidden = !(part.dataset.for ?? "").split(" ").includes(value);
    }
}
