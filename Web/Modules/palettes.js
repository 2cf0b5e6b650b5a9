// SPDX-License-Identifier: Apache-2.0
// The palettes of layers: which there are, for which images, and their colours. Pure.
//
// Control points stand evenly from the window's foot to its top; between them red, green and blue are
// linear. Viridis, inferno: S. van der Walt, N. Smith, CC0; cividis: J. R. Nuñez, C. R. Anderton,
// R. S. Renslow, PLoS ONE 2018;13:e0199239; every fifth of the 256 colours of matplotlib 3.11. Difference:
// C. A. Brewer, ColorBrewer 2.0, RdBu of 11 classes without its two darkest ends, Apache-2.0.

/** @typedef {"gray" | "gray-inverted" | "hot" | "inferno" | "viridis" | "cividis" | "difference"} PaletteName */
/** @typedef {import("./scene.js").LayerRole} LayerRole */

/** @type {Record<PaletteName, {name: string, points: string}>} `points`: rrggbb after rrggbb */
const PALETTES = {
    gray: { name: "Grey", points: "000000ffffff" },
    "gray-inverted": { name: "Grey, inverted", points: "ffffff000000" },
    hot: { name: "Hot", points: "000000ff0000ffff00ffffff" },
    inferno: { name: "Inferno", points:
        "00000402020c0504170a072210092d160b391e0c45260c512f0a5b380962400a67490b6a510e6c59106e61136e69166e"
        + "71196e781c6d801f6c88226a902568982766a02a63a82e5fb0315bb73557bf3952c63d4dcc4248d34743d94d3ddf5337"
        + "e45a31e9612bed6925f1711ff47918f78212f98b0bfa9407fb9d07fca60cfcb014fbba1ffac42af8cd37f6d746f4e156"
        + "f2ea69f2f27df5f992fcffa4" },
    viridis: { name: "Viridis", points:
        "44015446085c471063481769481d6f482475472a7a46307e453781433d844142873f48893d4e8a3a538b38598c355e8d"
        + "33638d31688e2e6d8e2c718e2a768e297b8e27808e25848e23898e218e8d20928c1f978b1e9c891fa18821a58524aa83"
        + "28ae802eb37c35b7793dbc7446c06f50c46a5ac86465cb5e70cf577cd25089d54895d840a2da37b0dd2fbddf26cae11f"
        + "d8e219e5e419f1e51dfde725" },
    cividis: { name: "Cividis", points:
        "00224e002656002a5f002d68003070083370163770203a6f273e6e2e416d34456c3a486c3f4c6c444f6c49536c4e566c"
        + "535a6d575d6d5c616e60646f656870696b716d6f727272747676767a7a787e7d788381798885788d8878928c78969077"
        + "9b9476a09875a59c74aaa073afa471b5a86fbaac6dbfb06bc4b468c9b965cfbd62d4c15fdac65bdfca57e5cf52ead34c"
        + "f0d846f6dd3ffce236fee838" },
    difference: { name: "Blue less, red more", points: "2166ac4393c392c5ded1e5f0f7f7f7fddbc7f4a582d6604db2182b" },
};

/** @type {PaletteName[]} */
const ACTIVITY = ["hot", "inferno", "viridis", "cividis", "gray", "gray-inverted"];
/** @type {PaletteName[]} */
const DOSE = ["inferno", "viridis", "cividis", "hot", "gray", "gray-inverted"];
/**
 * Palettes of each role, its own first.
 * @type {Record<LayerRole, PaletteName[]>}
 */
const OF_ROLES = {
    ct: ["gray"], mr: ["gray"], activity: ACTIVITY, dose: DOSE, delivered: DOSE, compared: DOSE,
    difference: ["difference"],
};

/**
 * How far from zero a difference is seen fully, as a share of the window: nearer, it fades out, so that
 * the images below are seen where nothing differs.
 */
const FULL_FROM = 0.1;

/**
 * The palettes that a layer may have.
 * @param {LayerRole} role
 */
export function palettesOf(role) {
    return OF_ROLES[role].map((id) => ({ id, name: PALETTES[id].name }));
}

/**
 * The first of the names that the role has, or the role's own.
 * @param {LayerRole} role @param {(string | undefined)[]} names
 */
export function knownPalette(role, ...names) {
    const known = names.flatMap((name) => OF_ROLES[role].filter((p) => p === name));
    return known[0] ?? OF_ROLES[role][0];
}

/** @type {Map<PaletteName, Uint32Array>} those that were asked for */
const tables = new Map();

/**
 * 256 colours as a canvas keeps them: red in the lowest byte.
 * @param {PaletteName} name
 */
export function colourTable(name) {
    const table = tables.get(name) ?? madeTable(name);
    tables.set(name, table);
    return table;
}

/** @param {PaletteName} name */
function madeTable(name) {
    const { points } = PALETTES[name];
    const last = points.length / 6 - 1;
    return Uint32Array.from({ length: 256 }, (_, n) => {
        const at = n / 255 * last;
        const below = Math.min(Math.floor(at), last - 1);
        const [r, g, b] = [0, 2, 4].map((offset) => {
            const [low, high] = [below, below + 1].map((p) => Number.parseInt(points.slice(p * 6 + offset, p * 6 + offset + 2), 16));
            return Math.round(low + (high - low) * (at - below));
        });
        const alpha = name === "difference" ? Math.min(1, Math.abs(n / 127.5 - 1) / FULL_FROM) : 1;
        return ((Math.round(255 * alpha) << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
}
