// SPDX-License-Identifier: Apache-2.0
// Projections from all sides, drawn by the server side by side in one picture, shown one after the other.

import { pen } from "./canvas.js";
import { button, element, labelled } from "./elements.js";
import { messageOf } from "./failures.js";
import { fetchedPicture } from "./pictures.js";

const ANGLES = 36;
const PER_SECOND = 8;

/**
 * @param {HTMLElement} host to be filled @param {string} url of the picture @param {string} label
 */
export async function turning(host, url, label) {
    const canvas = element("canvas", { class: "turning", role: "img", "aria-label": `Projections of ${label}, from the front` });
    const words = element("p", { role: "status", class: "field-help" }, ["Loading"]);
    const darker = element("input", { type: "range", min: "5", max: "100", step: "5", value: "50" });
    let [angle, timer] = [0, 0];
    /** @type {ImageBitmap | null} */
    let picture = null;
    const draw = () => {
        if (!picture) return;
        const width = picture.width / ANGLES;
        canvas.width = width;
        canvas.height = picture.height;
        pen(canvas)?.drawImage(picture, angle * width, 0, width, picture.height, 0, 0, width, picture.height);
        canvas.setAttribute("aria-label", `Projections of ${label}, ${angle * 360 / ANGLES} degrees from the front`);
    };
    const turn = (/** @type {number} */ by) => {
        angle = (angle + by + ANGLES) % ANGLES;
        draw();
    };
    const play = button("Turn", () => {
        if (timer) clearInterval(timer);
        timer = timer ? 0 : window.setInterval(() => turn(1), 1000 / PER_SECOND);
        play.textContent = timer ? "Stop" : "Turn";
    });
    const load = async () => {
        try {
            picture = await fetchedPicture(`${url}?share=${darker.valueAsNumber / 100}`);
            words.textContent = `Greatest values of ${label}, black from ${darker.value} % of the greatest of all on.`;
            draw();
        } catch (error) {
            words.textContent = `The projections could not be made. ${messageOf(error)}`;
        }
    };
    darker.addEventListener("change", load);
    host.replaceChildren(canvas, element("div", { class: "row" }, [
        button("◀", () => turn(-1), { "aria-label": "Turn left" }), play,
        button("▶", () => turn(1), { "aria-label": "Turn right" }),
        labelled("Black at (%)", darker),
    ]), words);
    await load();
}
