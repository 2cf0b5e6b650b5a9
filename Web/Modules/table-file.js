// SPDX-License-Identifier: Apache-2.0
// Puts the text of a chosen file into the form's table; without this module it is pasted.

for (const label of document.querySelectorAll("[data-table-file]")) {
    const field = /** @type {HTMLInputElement} */ (label.querySelector("input"));
    const table = /** @type {HTMLTextAreaElement} */ (field.form?.elements.namedItem("table"));
    field.addEventListener("change", async () => {
        const file = field.files?.[0];
        if (file) table.value = await file.text();
    });
    label.removeAttribute("hidden");
}
