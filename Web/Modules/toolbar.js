// SPDX-License-Identifier: Apache-2.0
// The viewer's controls: everything that keys and pointer do, as buttons and fields.

import { button, checkbox, choice, element, group, keyHelp, labelled, numberField } from "./elements.js";
import { KEYS } from "./keys.js";
import { hasTwoDoses, layoutPresetsOf, layoutsOf } from "./layouts.js";
import { palettesOf } from "./palettes.js";
import { MOST_DIAMETER_MM } from "./sphere.js";
import { presetOf, presetsOf } from "./windows.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

const KEY_NAMES = /** @type {Record<string, string>} */ ({
    ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "Page up", PageDown: "Page down",
});

/**
 * @param {Viewer} viewer
 * @returns {{root: HTMLElement, update: () => void}} `update` shows the active layer's values
 */
export function toolbar(viewer) {
    const { stack } = viewer;
    const layers = choice([], "", (id) => stack.select(id));
    const presets = choice([], "", (id) => stack.applyPreset(id));
    const palettes = choice([], "", (id) => stack.setPalette(stack.active.layer.id, id));
    const low = numberField((value) => stack.setWindow(stack.active.layer.id, value, stack.active.high));
    const high = numberField((value) => stack.setWindow(stack.active.layer.id, stack.active.low, value));
    const opacity = element("input", { type: "range", min: "0", max: "100", step: "5" });
    opacity.addEventListener("input", () => stack.setOpacity(stack.active.layer.id, opacity.valueAsNumber / 100));
    const visible = checkbox("Show", true, (on) => stack.setVisible(stack.active.layer.id, on));

    const diameter = numberField((value) => viewer.setDiameter(value), {
        min: "1", max: String(MOST_DIAMETER_MM), value: String(viewer.state.diameterMM) });

    const layouts = choice(layoutsOf(viewer.scene), viewer.stage.layout, (name) =>
        viewer.layouts.choose(/** @type {import("./tiles.js").LayoutName} */ (name)));
    const layoutPresets = layoutPresetsOf(viewer.scene).map(({ id, name }) => ({
        id, made: button(name, () => viewer.layouts.choosePreset(id), { "aria-pressed": "false" }) }));

    const root = element("div", { class: "viewer-toolbar" }, [
        group("View", [
            ...layoutPresets.map(({ made }) => made),
            labelled("Layout", layouts),
            button("−", () => viewer.zoom(0.8), { "aria-label": "Smaller" }),
            button("+", () => viewer.zoom(1.25), { "aria-label": "Larger" }),
            button("Whole", () => viewer.resetView()),
        ]),
        group("Slice", [
            button("◀", () => viewer.stepActive(-1), { "aria-label": "Previous slice" }),
            button("▶", () => viewer.stepActive(1), { "aria-label": "Next slice" }),
            button("Next VOI", () => viewer.nextStructure(1)),
        ]),
        group("Layer", [
            labelled("Layer", layers), visible, labelled("Window", presets),
            labelled("from", low), labelled("to", high), labelled("Palette", palettes),
            labelled("Strength", opacity),
            ...(hasTwoDoses(viewer.scene) ? [
                checkbox("One window for all doses", stack.areDosesTied, (on) => stack.tieDoses(on)),
                button("Difference of the doses", () => viewer.showDifference())] : []),
        ]),
        group("Measure", [
            labelled("Sphere, mm", diameter), button("Measure", () => viewer.measure()),
        ]),
        group("Options", [
            checkbox("Voxels as squares", viewer.stage.nearest, (on) => viewer.setNearest(on)),
            checkbox("Single-letter keys", viewer.characterKeys(), (on) => viewer.setCharacterKeys(on)),
            keyHelp(KEYS.map((binding) => ({ name: keyName(binding), what: binding.what }))),
        ]),
    ]);

    const update = () => {
        const { active } = stack;
        const options = stack.all().map(({ layer }) => ({ value: layer.id, name: layer.label }));
        if (options.some((o, n) => layers.options[n]?.value !== o.value) || layers.options.length !== options.length) {
            layers.replaceChildren(...options.map(({ value, name }) => element("option", { value }, [name])));
        }
        layers.value = active.layer.id;
        presets.replaceChildren(
            ...presetsOf(active.layer).map((p) => element("option", { value: p.id }, [p.name])),
            element("option", { value: "" }, ["Own"]));
        presets.value = presetOf(active)?.id ?? "";
        palettes.replaceChildren(...palettesOf(active.layer.role).map(({ id, name }) => element("option", { value: id }, [name])));
        palettes.value = active.palette;
        palettes.disabled = palettes.options.length < 2;
        layouts.value = viewer.stage.layout;
        for (const { id, made } of layoutPresets) made.setAttribute("aria-pressed", String(id === viewer.layouts.preset));
        low.value = String(Number(active.low.toPrecision(4)));
        high.value = String(Number(active.high.toPrecision(4)));
        opacity.value = String(Math.round(active.opacity * 100));
        const isBase = stack.isBase(active);
        opacity.disabled = isBase;
        const box = /** @type {HTMLInputElement} */ (visible.querySelector("input"));
        box.checked = active.visible;
        box.disabled = isBase;
    };
    return { root, update };
}

/** @param {import("./keys.js").KeyBinding} binding */
function keyName({ keys: [key], shift, alt, character }) {
    return `${shift && !character ? "Shift " : ""}${alt ? "Alt " : ""}${KEY_NAMES[key] ?? key}`;
}
