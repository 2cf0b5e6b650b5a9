// SPDX-License-Identifier: Apache-2.0
// Values in their window to colours of a table (palettes.js), and colours that are seen on black. Pure.

/**
 * Colours of a slice's values, rows from the top of the screen, columns from its left.
 * @param {Float32Array} values row by row from below @param {number} columns @param {number} rows
 * @param {boolean} mirrored whether columns run to the left on screen
 * @param {{low: number, high: number, fromZero: boolean, table: Uint32Array}} window `fromZero`: the
 *   colours start at zero and values below the window are clear
 * @param {Uint32Array} pixels filled
 */
export function coloured(values, columns, rows, mirrored, { low, high, fromZero, table }, pixels) {
    const start = fromZero ? Math.min(0, low) : low;
    const scale = 255 / Math.max(high - start, 1e-12);
    const least = fromZero ? low : -Infinity;
    for (let row = 0; row < rows; row += 1) {
        const from = row * columns;
        const step = mirrored ? -1 : 1;
        let at = (rows - 1 - row) * columns + (mirrored ? columns - 1 : 0);
        for (let n = from; n < from + columns; n += 1, at += step) {
            // Clear below the window, and where there is no value.
            const shade = (values[n] - start) * scale;
            pixels[at] = values[n] >= least ? table[shade <= 0 ? 0 : shade >= 255 ? 255 : (shade + 0.5) | 0] : 0;
        }
    }
}

/** The least contrast with black of a line or a name over images: WCAG's higher level for text. */
const LEAST_CONTRAST = 7;

/** @param {number[]} rgb 0 to 255 @returns {number} relative luminance, WCAG 2.2 */
function luminance(rgb) {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * A colour that was chosen for paper, with as much white as it needs to be seen on black. Pure.
 * @param {string} colour `#rrggbb`; anything else is returned as it is
 * @returns {string}
 */
export function onBlack(colour) {
    if (!/^#[0-9a-f]{6}$/i.test(colour)) return colour;
    const paper = [1, 3, 5].map((n) => Number.parseInt(colour.slice(n, n + 2), 16));
    for (let percent = 0; percent <= 100; percent += 5) {
        const mixed = paper.map((c) => Math.round(c + (255 - c) * percent / 100));
        if ((luminance(mixed) + 0.05) / 0.05 >= LEAST_CONTRAST) {
            return `#${mixed.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
        }
    }
    return "#ffffff";
}
