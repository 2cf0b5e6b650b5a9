// SPDX-License-Identifier: Apache-2.0
// What comments need of the two kinds of viewers: slices of a patient, and single frames.

import { Comments } from "./comments.js";
import { element, labelled } from "./elements.js";
import { flipped, inside, spokenPosition } from "./geometry.js";
import { pinsOnFrames, pinsOnTiles } from "./pins.js";
import { fusion } from "./scene.js";

/** @typedef {import("./comments.js").Ground} Ground */
/** @typedef {import("./frames.js").FrameViewer} FrameViewer */
/** @typedef {import("./viewer.js").Viewer} Viewer */

/** A press that moves farther than this many CSS pixels pans. */
const CLICK_PIXELS = 4;

/**
 * Comments at points of the patient; without an image of the case in the frame that is shown, none.
 * @param {Viewer} viewer
 * @returns {Comments | null}
 */
export function commentsOnSlices(viewer) {
    const { scene, host } = viewer;
    const { frame } = fusion(scene);
    const images = scene.layers.filter((l) => l.id.startsWith("se-") && l.frameOfReferenceUID === frame);
    const image = images.find(({ id }) => id === scene.base) ?? images[0];
    if (!host.dataset.comments || !image || frame === "") return null;
    const comments = new Comments({
        host, stage: viewer.panes.stage, canvas: viewer.panes.volume, series: image.id, fields: [],
        isShown: () => viewer.layers().length > 0,
        pins: (all) => pinsOnTiles(all, viewer.tiles()),
        here: () => {
            const [x, y, z] = flipped(viewer.cursor()).map(String);
            return { x, y, z };
        },
        hereInWords: () => `At the crosshair: ${spokenPosition(viewer.cursor())}`,
        draft: () => null,
        go: ({ lpsMM }) => { if (lpsMM) viewer.setCursor(flipped(lpsMM)); },
        say: (text) => viewer.announce(text),
    });
    void comments.start();
    return comments;
}

/**
 * Comments on frames; a click on the image, or numbers, say where a new one goes.
 * @param {FrameViewer} viewer
 * @returns {Comments | null}
 */
export function commentsOnFrames(viewer) {
    const { data, host, stage } = viewer;
    const series = data.path.slice(data.path.lastIndexOf("/") + 1);
    if (!host.dataset.comments) return null;
    const field = (/** @type {string} */ low, /** @type {number} */ high, /** @type {string} */ step) => element("input", {
        type: "number", class: "number", min: low, max: String(high), step, required: true });
    const [frame, column, row] = [
        field("1", data.frames.length, "1"), field("0", data.columns - 1, "any"), field("0", data.rows - 1, "any")];
    /** Whether somebody has said where; until then it is the middle of what is seen. */
    let isPlaced = false;
    const place = () => ({ frame: frame.valueAsNumber, pixel: /** @type {[number, number]} */ ([column.valueAsNumber, row.valueAsNumber]) });
    const set = (/** @type {number} */ n, /** @type {number[]} */ [x, y]) => {
        frame.value = String(n);
        column.value = String(tenth(x, data.columns));
        row.value = String(tenth(y, data.rows));
    };
    const follow = () => {
        if (!isPlaced) set(viewer.frames()[0], [viewer.view.x * data.columns - 0.5, viewer.view.y * data.rows - 0.5]);
    };
    for (const typed of [frame, column, row]) {
        typed.addEventListener("input", () => {
            isPlaced = true;
            if (typed === frame && viewer.frames().length === 1) viewer.go(frame.valueAsNumber);
            comments.draw();
        });
    }
    host.addEventListener("grevy-drawn", follow);
    const comments = new Comments({
        host, stage, canvas: viewer.canvas, series,
        isShown: () => viewer.shown.size > 0,
        fields: [element("div", { class: "row" }, [labelled("Frame", frame), labelled("Column", column), labelled("Row", row)])],
        pins: (all) => pinsOnFrames(all, viewer.tiles()),
        here: () => ({ frame: frame.value, column: column.value, row: row.value }),
        hereInWords: () => "Click where it belongs, or type frame, column and row; the first pixel's centre is 0, 0.",
        draft: place,
        go: ({ frame: n, pixel }) => {
            if (n === undefined || !pixel) return;
            viewer.view.x = (pixel[0] + 0.5) / data.columns;
            viewer.view.y = (pixel[1] + 0.5) / data.rows;
            if (viewer.frames().includes(n)) viewer.draw();
            else viewer.go(n);
        },
        say: (text) => viewer.say(text),
    });
    followClicks(viewer, comments, (n, point) => {
        isPlaced = true;
        set(n, point);
    });
    follow();
    void comments.start();
    return comments;
}

/**
 * To a tenth of a pixel, on the image.
 * @param {number} x
 * @param {number} count
 */
function tenth(x, count) {
    return Math.round(inside(x, count) * 10) / 10;
}

/** @param {FrameViewer} viewer @param {Comments} comments @param {(frame: number, point: import("./rois.js").Point) => void} place */
function followClicks(viewer, comments, place) {
    let [x, y] = [NaN, NaN];
    viewer.stage.addEventListener("pointerdown", (event) => { [x, y] = [event.clientX, event.clientY]; });
    viewer.stage.addEventListener("click", (event) => {
        if (!comments.panel.open || Math.hypot(event.clientX - x, event.clientY - y) > CLICK_PIXELS) return;
        const found = viewer.at(event);
        if (!found) return;
        place(found.tile.frame, found.point);
        comments.draw();
    });
}
