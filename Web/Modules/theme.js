// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system has it; the browser remembers. Runs before the page is painted, so it is
// no module.

(() => {
    const NAMES = /** @type {Record<string, string>} */ ({ "": "Theme: system", light: "Theme: light", dark: "Theme: dark" });
    const read = () => {
        try {
            const kept = localStorage.getItem("theme") ?? "";
            return kept in NAMES ? kept : "";
        } catch {
            return "";
        }
    };
    const show = (/** @type {string} */ theme) => {
        if (theme) document.documentElement.dataset.theme = theme;
        else delete document.documentElement.dataset.theme;
    };
    show(read());
    document.addEventListener("DOMContentLoaded", () => {
        const menu = document.querySelector(".banner-menu");
        if (!menu) return;
        const choose = document.createElement("button");
        choose.type = "button";
        choose.className = "button button-quiet";
        choose.textContent = NAMES[read()];
        choose.addEventListener("click", () => {
            const order = Object.keys(NAMES);
            const next = order[(order.indexOf(read()) + 1) % order.length];
            try {
                localStorage.setItem("theme", next);
            } catch {
                // Without storage the choice lasts as long as the page.
            }
            show(next);
            choose.textContent = NAMES[next];
        });
        menu.prepend(choose);
    });
})();
