// SPDX-License-Identifier: Apache-2.0
// Tables from a value in its window to a colour. Pure.

/** @typedef {"gray" | "inferno" | "turbo" | "hot"} ColourName */

/** Polynomials in x from the constant up: red, green, blue. Turbo: Mikhailov, Google, Apache-2.0. Inferno: fit by Zucker, CC0. */
const POLYNOMIALS = {
    turbo: [
        [0.13572138, 4.6153926, -42.66032258, 132.13108234, -152.94239396, 59.28637943],
        [0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604],
        [0.1066733, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973],
    ],
    inferno: [
        [0.00021894, 0.10651342, 11.60249308, -41.70399613, 77.1629357, -71.31942824, 25.13112622],
        [0.001651, 0.56395644, -3.97285397, 17.43639888, -33.40235894, 32.62606426, -12.24266895],
        [-0.0194809, 3.93271239, -15.94239411, 44.35414520, -81.80730926, 73.20951986, -23.070325],
    ],
    gray: [[0, 1], [0, 1], [0, 1]],
};

/**
 * A name that is known, or the other one.
 * @param {string | undefined} name @param {ColourName} otherwise
 */
export function knownColour(name, otherwise) {
    const known = name === "hot" || (name !== undefined && name in POLYNOMIALS);
    return known ? /** @type {ColourName} */ (name) : otherwise;
}

/**
 * 256 colours as a canvas keeps them: red in the lowest byte, opaque.
 * @param {ColourName} name
 */
export function colourTable(name) {
    return Uint32Array.from({ length: 256 }, (_, n) => {
        const x = n / 255;
        const [r, g, b] = (name === "hot" ? [3 * x, 3 * x - 1, 3 * x - 2]
            : POLYNOMIALS[name].map((p) => p.reduceRight((sum, c) => sum * x + c, 0)))
            .map((c) => Math.round(255 * Math.min(1, Math.max(0, c))));
        return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
}

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
        const to = (rows - 1 - row) * columns;
        for (let column = 0; column < columns; column += 1) {
            const value = values[from + column];
            const at = to + (mirrored ? columns - 1 - column : column);
            // Also false where there is no value.
            if (!(value >= least)) {
                pixels[at] = 0;
                continue;
            }
            const n = (value - start) * scale;
            pixels[at] = table[n <= 0 ? 0 : n >= 255 ? 255 : Math.round(n)];
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
