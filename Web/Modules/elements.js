// SPDX-License-Identifier: Apache-2.0
// Makes page elements without mark-up: text is text, whatever it holds.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean>} [attributes] `true` sets an empty one, `false` none
 * @param {(Node | string)[]} [children]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, children = []) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === true) made.setAttribute(name, "");
        else if (value !== false) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {(Node | string)[]} [children]
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, children = []) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
    made.append(...children);
    return /** @type {SVGElementTagNameMap[Tag]} */ (made);
}

/**
 * A field with its label in front.
 * @param {string} label @param {HTMLElement} field
 */
export function labelled(label, field) {
    return element("label", { class: "field field-inline" }, [element("span", {}, [label]), field]);
}

/**
 * @param {string} label @param {(event: MouseEvent) => void} act
 * @param {Record<string, string | boolean>} [attributes]
 */
export function button(label, act, attributes = {}) {
    const made = element("button", { type: "button", class: "button", ...attributes }, [label]);
    made.addEventListener("click", act);
    return made;
}

/**
 * A field for a number; `act` hears of numbers only.
 * @param {(value: number) => void} act @param {Record<string, string>} [attributes]
 */
export function numberField(act, attributes = {}) {
    const field = element("input", { type: "number", class: "number", step: "any", ...attributes });
    field.addEventListener("change", () => { if (Number.isFinite(field.valueAsNumber)) act(field.valueAsNumber); });
    return field;
}

/**
 * Controls of a toolbar that belong together.
 * @param {string} name @param {(Node | string)[]} children
 */
export function group(name, children) {
    return element("div", { class: "toolbar-group", role: "group", "aria-label": name }, children);
}

/**
 * What keys do, folded away.
 * @param {{name: string, what: string}[]} keys
 */
export function keyHelp(keys) {
    return element("details", { class: "key-help" }, [
        element("summary", {}, ["Keys"]),
        element("ul", {}, keys.map(({ name, what }) => element("li", {}, [element("kbd", {}, [name]), what]))),
    ]);
}

/**
 * Says at once, also to a screen reader, that something went wrong.
 * @param {string} sentence @param {Node[]} [actions]
 */
export function errorNotice(sentence, actions = []) {
    return element("div", { class: "notice notice-error", role: "alert" }, [element("p", {}, [sentence]), ...actions]);
}

/**
 * @param {{value: string, name: string}[]} options @param {string} chosen
 * @param {(value: string) => void} act
 */
export function choice(options, chosen, act) {
    const made = element("select", {}, options.map(({ value, name }) =>
        element("option", { value, selected: value === chosen }, [name])));
    made.addEventListener("change", () => act(made.value));
    return made;
}

/**
 * @param {string} label @param {boolean} checked @param {(checked: boolean) => void} act
 */
export function checkbox(label, checked, act) {
    const box = element("input", { type: "checkbox", checked });
    box.addEventListener("change", () => act(box.checked));
    return element("label", { class: "field field-check" }, [box, element("span", {}, [label])]);
}
