// SPDX-License-Identifier: Apache-2.0
// Draws regions on planar views, by pointer or by numbers, and keeps them with the lung shunt that the
// server computes from them.

import { button, choice, element, labelled } from "./elements.js";
import { refusalOf } from "./failures.js";
import { PART_STYLES, boxBetween, cornersOf, opposite, outlineOf, written } from "./rois.js";

/** @typedef {import("./rois.js").Part} Part */
/** @typedef {import("./rois.js").Point} Point */
/** @typedef {import("./rois.js").Shape} Shape */
/** @typedef {import("./frames.js").FrameViewer} FrameViewer */

/**
 * @param {FrameViewer} viewer @param {HTMLElement} panel to be filled @param {string} csrf
 */
export function drawRegions(viewer, panel, csrf) {
    const { data } = viewer;
    const numberOf = (/** @type {string} */ view, /** @type {number} */ otherwise) => {
        const found = data.frames.findIndex((f) => f.view === view);
        return found >= 0 ? found + 1 : Math.min(otherwise, data.frames.length);
    };
    const state = {
        anterior: data.drawn?.anteriorFrame ?? numberOf("anterior", 1),
        posterior: data.drawn?.posteriorFrame ?? numberOf("posterior", 2),
        shapes: /** @type {Shape[]} */ (data.drawn?.shapes.map((s) => ({ ...s })) ?? []),
        part: /** @type {Part} */ ("lungs"),
        tool: /** @type {"look" | "box" | "polygon"} */ ("look"),
        /** @type {Point[]} corners set so far, in the anterior view */
        corners: [],
        /** @type {Point | null} */
        pointer: null,
    };

    viewer.drawOver = (context, tile) => {
        if (tile.frame !== state.anterior && tile.frame !== state.posterior) return;
        const place = (/** @type {Point} */ point) => {
            const [column, row] = tile.frame === state.posterior ? opposite(point, data.columns) : point;
            return [tile.x + column * tile.scale, tile.y + row * tile.scale];
        };
        for (const shape of state.shapes) line(context, outlineOf(shape).map(place), PART_STYLES[shape.part], true);
        const open = state.pointer ? [...state.corners, state.pointer] : state.corners;
        if (open.length === 0) return;
        const points = state.tool === "box" && open.length > 1
            ? outlineOf({ part: state.part, box: boxBetween(open[0], open[1], data.rows, data.columns) }) : open;
        line(context, points.map(place), PART_STYLES[state.part], state.tool === "box");
    };

    const said = element("p", { role: "status" });
    const list = element("ul", { class: "regions-list" });
    const refresh = () => {
        list.replaceChildren(...state.shapes.map((shape, n) => element("li", {}, [
            element("span", {}, [`${PART_STYLES[shape.part].name}: ${written(shape)}`]),
            button("Remove", () => {
                state.shapes.splice(n, 1);
                refresh();
            }, { "aria-label": `Remove region ${n + 1}, ${PART_STYLES[shape.part].name}` }),
        ])));
        viewer.draw();
    };
    const add = (/** @type {Omit<Shape, "part">} */ shape) => {
        state.shapes.push({ part: state.part, ...shape });
        state.corners = [];
        state.pointer = null;
        viewer.say(`${PART_STYLES[state.part].name}: region ${state.shapes.length} added`);
        refresh();
    };
    followDrawing(viewer, state, add);

    const frameChoice = (/** @type {"anterior" | "posterior"} */ key) => choice(
        data.frames.map((f, n) => ({ value: String(n + 1), name: `Frame ${n + 1}${f.label ? `, ${f.label}` : ""}` })),
        String(state[key]), (value) => {
            state[key] = Number(value);
            viewer.draw();
        });
    const tool = choice([
        { value: "look", name: "Look only" }, { value: "box", name: "Rectangle" }, { value: "polygon", name: "Polygon" },
    ], "look", (value) => {
        state.tool = /** @type {any} */ (value);
        state.corners = [];
        viewer.draw();
    });
    const part = choice(Object.entries(PART_STYLES).map(([value, { name }]) => ({ value, name })), state.part,
        (value) => { state.part = /** @type {Part} */ (value); });
    const corners = element("input", { type: "text", placeholder: "column,row column,row column,row" });
    const edges = ["First row", "Last row", "First column", "Last column"].map((name) => ({
        name, field: element("input", { type: "number", class: "number", min: "0", step: "1" }) }));
    const numbers = element("details", {}, [
        element("summary", {}, ["By numbers"]),
        element("p", { class: "field-help" }, ["Pixels of the anterior view, counted from 0."]),
        ...edges.map(({ name, field }) => element("label", { class: "field" }, [element("span", {}, [name]), field])),
        button("Add the rectangle", () => {
            const [top, bottom, left, right] = edges.map(({ field }) => field.valueAsNumber);
            if (![top, bottom, left, right].every(Number.isInteger)) viewer.say("Four whole numbers are needed.");
            else add({ box: boxBetween([left, top], [right, bottom], data.rows, data.columns) });
        }),
        element("label", { class: "field" }, [element("span", {}, ["Corners of a polygon"]), corners]),
        button("Add the polygon", () => {
            const read = cornersOf(corners.value);
            if (read) add({ corners: read });
            else viewer.say("At least three corners are needed, each as column,row.");
        }),
    ]);
    const keep = button("Compute and keep", () => void save(viewer, state, csrf, said, keep), { class: "button button-primary" });
    panel.replaceChildren(
        labelled("Anterior", frameChoice("anterior")), labelled("Posterior", frameChoice("posterior")),
        ...(data.mayDraw ? [
            labelled("Region of", part), labelled("Draw", tool),
            element("p", { class: "field-help" }, [
                "Rectangle: drag. Polygon: a click for each corner, Enter or a double click ends it, Escape drops it. "
                + "The region lies mirrored on the posterior view."]),
            numbers] : []),
        list, ...(data.mayDraw ? [keep] : []), said);
    refresh();
}

/**
 * @param {CanvasRenderingContext2D} context @param {number[][]} points
 * @param {{colour: string, dash: number[], name: string}} style @param {boolean} closed
 */
function line(context, points, { colour, dash, name }, closed) {
    if (points.length === 0) return;
    const ratio = window.devicePixelRatio || 1;
    context.beginPath();
    points.forEach(([x, y], n) => (n === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
    if (closed) context.closePath();
    for (const [stroke, width, dashes] of /** @type {[string, number, number[]][]} */ (
        [["rgba(0, 0, 0, 0.7)", 4, []], [colour, 2, dash]])) {
        context.setLineDash(dashes.map((x) => x * ratio));
        context.strokeStyle = stroke;
        context.lineWidth = width * ratio;
        context.stroke();
    }
    context.setLineDash([]);
    context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    context.lineWidth = 3 * ratio;
    context.strokeStyle = "rgba(0, 0, 0, 0.85)";
    const [x, y] = [points[0][0] + 4 * ratio, points[0][1] + 14 * ratio];
    context.strokeText(name, x, y);
    context.fillStyle = colour;
    context.fillText(name, x, y);
}

/**
 * @param {FrameViewer} viewer
 * @param {{tool: string, corners: Point[], pointer: Point | null, anterior: number, posterior: number}} state
 * @param {(shape: Omit<Shape, "part">) => void} add
 */
function followDrawing(viewer, state, add) {
    const { stage, data } = viewer;
    const place = (/** @type {PointerEvent | MouseEvent} */ event) => {
        const found = viewer.at(event);
        if (!found || ![state.anterior, state.posterior].includes(found.tile.frame)) return null;
        return viewer.toAnterior(found.tile.frame, found.point, state.posterior);
    };
    const drop = () => {
        state.corners = [];
        state.pointer = null;
        viewer.draw();
    };
    // Before the viewer's own listeners, which pan.
    stage.addEventListener("pointerdown", (event) => {
        const point = state.tool !== "look" && event.button === 0 ? place(event) : null;
        if (!point) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        stage.focus({ preventScroll: true });
        stage.setPointerCapture(event.pointerId);
        if (state.tool === "box") state.corners = [point];
        else state.corners.push(point);
        viewer.draw();
    }, { capture: true });
    stage.addEventListener("pointermove", (event) => {
        if (state.corners.length === 0) return;
        state.pointer = place(event);
        viewer.draw();
    });
    stage.addEventListener("pointerup", (event) => {
        const end = state.tool === "box" && state.corners.length === 1 ? place(event) : null;
        if (end) add({ box: boxBetween(state.corners[0], end, data.rows, data.columns) });
    });
    const close = () => {
        // A double click has set its corner twice.
        const corners = state.corners.filter((c, n, all) => n === 0 || Math.hypot(c[0] - all[n - 1][0], c[1] - all[n - 1][1]) > 0.25);
        if (state.tool === "polygon" && corners.length >= 3) add({ corners });
        else drop();
    };
    stage.addEventListener("dblclick", close);
    stage.addEventListener("keydown", (event) => {
        if (state.corners.length === 0) return;
        if (event.key === "Enter") close();
        if (event.key === "Escape") drop();
    });
}

/**
 * @param {FrameViewer} viewer
 * @param {{anterior: number, posterior: number, shapes: Shape[]}} state
 * @param {string} csrf @param {HTMLElement} said @param {HTMLButtonElement} keep
 */
async function save(viewer, { anterior, posterior, shapes }, csrf, said, keep) {
    keep.disabled = true;
    const regions = JSON.stringify({ anteriorFrame: anterior, posteriorFrame: posterior, shapes });
    try {
        const answer = await fetch(`${viewer.data.path}/regions`, {
            method: "POST", credentials: "same-origin", body: new URLSearchParams({ regions }),
            headers: { "X-CSRF-Token": csrf, Accept: "application/json" } });
        if (!answer.ok) {
            said.textContent = await refusalOf(answer);
            return;
        }
        const kept = await answer.json();
        said.textContent = `Kept as ${kept.id}, version ${kept.version}: lung shunt ${kept.lungShuntPercent} % by the `
            + `geometric mean of ${kept.lungCounts} counts in the lungs and ${kept.liverCounts} in the liver `
            + `(${kept.arithmeticPercent} % by the arithmetic mean).`;
    } catch {
        said.textContent = "The server did not answer; nothing was kept. Try again.";
    } finally {
        keep.disabled = false;
    }
}
