// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { ends } from "../Modules/legend.js";
import { colourTable, knownPalette, palettesOf } from "../Modules/palettes.js";

const rgb = (c) => [c & 255, (c >>> 8) & 255, (c >>> 16) & 255];

/** CIE 1976 L*, of sRGB with white 1 (IEC 61966-2-1). */
function lightness(c) {
    const [r, g, b] = rgb(c).map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
    const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return y > (6 / 29) ** 3 ? 116 * Math.cbrt(y) - 16 : y * (29 / 3) ** 3;
}
const steps = (values) => values.slice(1).map((x, n) => x - values[n]);

test("every palette of an amount gets lighter from its foot to its top, or darker where it is inverted", () => {
    for (const { id } of palettesOf("activity")) {
        const rises = steps([...colourTable(id)].map(lightness)).map((x) => (id === "gray-inverted" ? -x : x));
        // Eight bits of three colours: a step may vanish, or fall by the rounding of one of them.
        assert.ok(Math.min(...rises) > -0.3, `${id}: ${Math.min(...rises)}`);
        assert.ok(rises.filter((x) => x > 0).length > 240, id);
    }
});

test("viridis, inferno and cividis have lightness in even steps", () => {
    for (const [id, foot, top] of [["viridis", 15, 91], ["inferno", 0, 98], ["cividis", 14, 91]]) {
        const all = [...colourTable(id)].map(lightness);
        assert.ok(Math.abs(all[0] - foot) < 1 && Math.abs(all[255] - top) < 1, `${id}: ${all[0]} to ${all[255]}`);
        all.forEach((l, n) => assert.ok(Math.abs(l - (foot + (top - foot) * n / 255)) < 6, `${id} ${n}: ${l}`));
    }
});

test("between the control points lie the published colours (matplotlib 3.11)", () => {
    const published = {
        viridis: { 0: "440154", 1: "440256", 64: "3b528b", 128: "21918c", 192: "5ec962", 254: "fbe723", 255: "fde725" },
        inferno: { 0: "000004", 64: "57106e", 128: "bc3754", 192: "f98e09", 255: "fcffa4" },
        cividis: { 0: "00224e", 64: "434e6c", 128: "7d7c78", 192: "bcae6c", 255: "fee838" },
    };
    for (const [id, colours] of Object.entries(published)) {
        const table = colourTable(id);
        for (const [n, hex] of Object.entries(colours)) {
            const expected = [0, 2, 4].map((k) => Number.parseInt(hex.slice(k, k + 2), 16));
            rgb(table[n]).forEach((c, k) => assert.ok(Math.abs(c - expected[k]) <= 2, `${id} ${n}: ${rgb(table[n])}, ${expected}`));
        }
    }
});

test("a difference is lightest at zero and darkens alike on both sides, blue below and red above", () => {
    const table = [...colourTable("difference")];
    const all = table.map(lightness);
    assert.ok(Math.max(...steps(all.slice(128))) < 0.3 && Math.min(...steps(all.slice(0, 128))) > -0.3);
    for (let n = 0; n < 128; n += 1) assert.ok(Math.abs(all[n] - all[255 - n]) < 10, `${n}: ${all[n]}, ${all[255 - n]}`);
    for (const n of [0, 60]) {
        const [below, above] = [rgb(table[n]), rgb(table[255 - n])];
        assert.ok(below[2] > below[0] + 30 && above[0] > above[2] + 30, `${n}`);
    }
    const alpha = table.map((c) => c >>> 24);
    assert.ok(alpha[127] < 16 && alpha[128] < 16, "zero is clear");
    assert.ok(alpha.slice(0, 114).concat(alpha.slice(142)).every((a) => a === 255), "beyond a tenth it is full");
});

test("a name that the role does not have falls back to the next, and to the role's own", () => {
    assert.equal(knownPalette("dose", "turbo", "viridis"), "viridis");
    assert.equal(knownPalette("dose", "turbo", undefined), "inferno");
    assert.equal(knownPalette("activity", "", "hot"), "hot");
    assert.equal(knownPalette("ct", "viridis"), "gray");
    assert.equal(knownPalette("dose", "difference"), "inferno");
});

test("a legend's ends are the values of the palette's ends", () => {
    const shown = (role, low, high) => ({ layer: { role }, low, high });
    assert.deepEqual(ends(shown("dose", 20, 100), false), { foot: 0, top: 100, fromZero: true });
    assert.deepEqual(ends(shown("dose", -5, 100), false), { foot: -5, top: 100, fromZero: true });
    assert.deepEqual(ends(shown("activity", 20, 100), true), { foot: 20, top: 100, fromZero: false });
    assert.deepEqual(ends(shown("difference", -7, 7), false), { foot: -7, top: 7, fromZero: false });
});
