// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { inverted } from "../Modules/geometry.js";
import { cutPoint, latticeOf, sampled } from "../Modules/lattice.js";
import { areaOf, isolines } from "../Modules/marching.js";

const grid = (columns, rows, f) => Float32Array.from(
    { length: columns * rows }, (_, n) => f(n % columns, Math.floor(n / columns)));

test("a disc's outline is one closed line with the disc's area, high on its left", () => {
    const lines = isolines(grid(60, 50, (x, y) => 20 - Math.hypot(x - 30.3, y - 24.6)), 60, 50, 5);
    assert.equal(lines.length, 1);
    assert.ok(lines[0].closed);
    const area = areaOf(lines[0]);
    // A polygon inside a circle of radius 15, sides about one: short by under half a percent.
    assert.ok(area > 0.995 * Math.PI * 225 && area <= Math.PI * 225 * 1.0005, `${area}`);
    for (let n = 0; n < lines[0].points.length; n += 2) {
        const r = Math.hypot(lines[0].points[n] - 30.3, lines[0].points[n + 1] - 24.6);
        assert.ok(Math.abs(r - 15) < 0.02, `${r}`);
    }
});

test("a hole is a line of its own that runs the other way", () => {
    const lines = isolines(
        grid(40, 40, (x, y) => 5 - Math.abs(Math.hypot(x - 20, y - 20) - 12)), 40, 40, 1);
    const areas = lines.map(areaOf).sort((a, b) => a - b);
    assert.equal(lines.length, 2);
    assert.ok(lines.every((l) => l.closed));
    assert.ok(Math.abs(areas[0] + Math.PI * 64) < 3 && Math.abs(areas[1] - Math.PI * 256) < 4,
        `${areas}`);
});

test("a saddle joins its high corners when its middle is high and parts them when low", () => {
    const corner = (high, low) => [low, low, low, low, low, high, low, low,
        low, low, high, low, low, low, low, low];
    // Two diagonal points: each with its own ring below the mean of the cell, one ring above.
    assert.equal(isolines(corner(10, 0), 4, 4, 6).length, 2);
    assert.equal(isolines(corner(10, 0), 4, 4, 4).length, 1);
    const other = (high, low) => [low, low, low, low, low, low, high, low,
        low, high, low, low, low, low, low, low];
    assert.equal(isolines(other(10, 0), 4, 4, 6).length, 2);
    assert.equal(isolines(other(10, 0), 4, 4, 4).length, 1);
});

test("every random pattern gives closed lines only, each edge used once, inside area right", () => {
    let seed = 12345;
    const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
    for (let round = 0; round < 200; round += 1) {
        const values = grid(12, 12, (x, y) =>
            (x === 0 || y === 0 || x === 11 || y === 11 ? 0 : Math.floor(random() * 3)));
        const lines = isolines(values, 12, 12, 1.5);
        assert.ok(lines.every((l) => l.closed && l.points.length >= 8), `round ${round}`);
        const crossings = lines.reduce((sum, l) => sum + l.points.length / 2, 0);
        let edges = 0;
        for (let y = 0; y < 12; y += 1) {
            for (let x = 0; x < 12; x += 1) {
                const high = values[y * 12 + x] >= 1.5;
                if (x < 11 && high !== (values[y * 12 + x + 1] >= 1.5)) edges += 1;
                if (y < 11 && high !== (values[y * 12 + x + 12] >= 1.5)) edges += 1;
            }
        }
        assert.equal(crossings, edges, `round ${round}`);
    }
});

test("a line that meets the end of the data stays open", () => {
    const lines = isolines(grid(10, 10, (x, y) => (x > 6 ? NaN : y)), 10, 10, 4.5);
    assert.equal(lines.length, 1);
    assert.equal(lines[0].closed, false);
    const ends = [lines[0].points[0], lines[0].points[lines[0].points.length - 2]].sort();
    assert.deepEqual(ends, [0, 6]);
});

test("nothing above the level, nothing below it: no line", () => {
    assert.deepEqual(isolines(grid(5, 5, () => 1), 5, 5, 2), []);
    assert.deepEqual(isolines(grid(5, 5, () => 1), 5, 5, 1), []);
    assert.deepEqual(isolines([1], 1, 1, 0.5), []);
});

test("the isodose of a sphere lies within half a dose voxel, also on an oblique grid", () => {
    const [alpha, s] = [0.35, 3];
    const affines = [
        [s, 0, 0, -60, 0, s, 0, -60, 0, 0, s, -60],
        [s, 0, 0, -60, 0, s * Math.cos(alpha), -s * Math.sin(alpha), -40,
            0, s * Math.sin(alpha), s * Math.cos(alpha), -75],
    ];
    for (const affine of affines) {
        const shape = [41, 41, 41];
        const dose = { shape, affine, inverse: inverted(affine), slope: 1, intercept: 0,
            voxels: new Float32Array(41 ** 3) };
        // Dose 100 exp(-r / 30): curved, so that linear interpolation is not exact.
        for (let n = 0; n < dose.voxels.length; n += 1) {
            const [i, j, k] = [n % 41, Math.floor(n / 41) % 41, Math.floor(n / 1681)];
            const p = [0, 4, 8].map((r) =>
                affine[r] * i + affine[r + 1] * j + affine[r + 2] * k + affine[r + 3]);
            dose.voxels[n] = 100 * Math.exp(-Math.hypot(...p) / 30);
        }
        for (const plane of ["axial", "coronal", "sagittal"]) {
            const cut = { plane, w0: 7.3, slopeU: 0, slopeV: 0 };
            const lattice = latticeOf(dose, cut);
            const lines = isolines(
                sampled(dose, cut, lattice, NaN), lattice.columns, lattice.rows, 50);
            assert.equal(lines.length, 1);
            assert.ok(lines[0].closed);
            let worst = 0;
            for (let n = 0; n < lines[0].points.length; n += 2) {
                const p = cutPoint(cut, lattice.u + lines[0].points[n] * lattice.du,
                    lattice.v + lines[0].points[n + 1] * lattice.dv);
                worst = Math.max(worst, Math.abs(Math.hypot(...p) - 30 * Math.log(2)));
            }
            assert.ok(worst <= s / 2, `${plane}: ${worst} mm`);
        }
    }
});
