// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import {
    composed, flipped, inverted, linearValue, nearestValue, spacing, spokenPosition, transformed,
    voxelML,
} from "../Modules/geometry.js";
import { cutPoint, latticeOf, sampled } from "../Modules/lattice.js";

const close = (a, b, tolerance, what = "") =>
    assert.ok(Math.abs(a - b) <= tolerance, `${what} ${a} is not ${b} within ${tolerance}`);

/** A rotation about x, then z, with spacing (2, 3, 4) and an offset. */
function oblique(alpha, gamma, scale = [2, 3, 4], offset = [-40, 25, 10]) {
    const [ca, sa, cg, sg] = [Math.cos(alpha), Math.sin(alpha), Math.cos(gamma), Math.sin(gamma)];
    const r = [cg, -sg * ca, sg * sa, sg, cg * ca, -cg * sa, 0, sa, ca];
    return [0, 1, 2].flatMap((row) => [
        ...[0, 1, 2].map((column) => r[row * 3 + column] * scale[column]), offset[row],
    ]);
}

function volume(shape, affine, value) {
    const voxels = new Float32Array(shape[0] * shape[1] * shape[2]);
    let n = 0;
    for (let k = 0; k < shape[2]; k += 1) {
        for (let j = 0; j < shape[1]; j += 1) {
            for (let i = 0; i < shape[0]; i += 1) voxels[n++] = value(transformed(affine, [i, j, k]));
        }
    }
    return { shape, affine, inverse: inverted(affine), voxels, slope: 1, intercept: 0 };
}

test("an affine and its inverse undo each other, and keep spacing and volume", () => {
    const m = oblique(0.3, -0.7);
    const p = [3.25, -8.5, 11];
    const back = transformed(inverted(m), transformed(m, p));
    back.forEach((x, n) => close(x, p[n], 1e-12));
    spacing(m).forEach((x, n) => close(x, [2, 3, 4][n], 1e-12));
    close(voxelML(m), 0.024, 1e-12);
    const identity = composed(m, inverted(m));
    identity.forEach((x, n) => close(x, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0][n], 1e-12));
});

test("a grid whose axes lie in one plane is refused", () => {
    assert.throws(() => inverted([1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0]), RangeError);
});

test("RAS and LPS differ in the first two signs, and letters say the side", () => {
    assert.deepEqual(flipped([1, -2, 3]), [-1, 2, 3]);
    assert.equal(spokenPosition([12, -30.54, 140]), "R 12.0, P 30.5, S 140.0 mm");
    assert.equal(spokenPosition([-12, 30.5, -1]), "L 12.0, A 30.5, I 1.0 mm");
});

test("the nearest voxel is read as it lies, scaled, and nothing outside", () => {
    const v = {
        shape: [2, 2, 2], affine: oblique(0.2, 0.4), inverse: inverted(oblique(0.2, 0.4)),
        voxels: Int16Array.from([0, 1, 2, 3, 4, 5, 6, 7]), slope: 0.5, intercept: -10,
    };
    assert.equal(nearestValue(v, transformed(v.affine, [1, 0, 1])), -10 + 0.5 * 5);
    assert.equal(nearestValue(v, transformed(v.affine, [0.49, 0.51, -0.49])), -10 + 0.5 * 2);
    assert.equal(nearestValue(v, transformed(v.affine, [-0.51, 0, 0])), null);
    assert.equal(nearestValue(v, transformed(v.affine, [0, 0, 1.51])), null);
    assert.equal(nearestValue(v, [NaN, 0, 0]), null);
});

test("interpolation is exact for a linear function and fades to what is outside", () => {
    const f = ([x, y, z]) => 3 * x - 2 * y + 0.5 * z + 7;
    const v = volume([5, 6, 7], oblique(0.3, 0.1), f);
    const at = [1.3, 4.75, 2.1];
    close(linearValue(v, ...at, 0), f(transformed(v.affine, at)), 1e-4);
    const edge = linearValue(v, 4, 3, 3, 0);
    close(linearValue(v, 4.25, 3, 3, 0), 0.75 * edge, 1e-5);
    assert.ok(Number.isNaN(linearValue(v, 4.25, 3, 3, NaN)));
});

test("a lattice along the grid has the voxels themselves", () => {
    for (const sign of [1, -1]) {
        const affine = [sign * 2, 0, 0, 5, 0, 3, 0, -7, 0, 0, sign * 4, 11];
        const v = volume([6, 5, 4], affine, ([x, y, z]) => x + 100 * y + 10000 * z);
        const cut = { plane: "axial", w0: affine[11] + sign * 8, slopeU: 0, slopeV: 0 };
        const lattice = latticeOf(v, cut);
        assert.deepEqual([lattice.du, lattice.dv, lattice.columns, lattice.rows], [2, 3, 8, 7]);
        const values = sampled(v, cut, lattice, NaN);
        for (let row = 0; row < 7; row += 1) {
            for (let column = 0; column < 8; column += 1) {
                const u = lattice.u + 2 * column, w = lattice.v + 3 * row;
                const inside = column > 0 && column < 7 && row > 0 && row < 6;
                const value = values[row * 8 + column];
                if (inside) assert.equal(value, Math.fround(u + 100 * w + 10000 * cut.w0));
                else assert.ok(Number.isNaN(value));
            }
        }
    }
});

test("a lattice through an oblique grid interpolates at the plane's points", () => {
    const f = ([x, y, z]) => x - 2 * y + 3 * z;
    const v = volume([20, 20, 20], oblique(0.4, 0.6, [2, 2, 2], [0, 0, 0]), f);
    const cut = { plane: "coronal", w0: 12, slopeU: 0.05, slopeV: -0.1 };
    const lattice = latticeOf(v, cut);
    assert.equal(Math.round(lattice.du * 1e9) / 1e9, 1);
    const values = sampled(v, cut, lattice, NaN);
    let seen = 0;
    values.forEach((value, n) => {
        if (Number.isNaN(value)) return;
        seen += 1;
        const u = lattice.u + (n % lattice.columns) * lattice.du;
        const w = lattice.v + Math.floor(n / lattice.columns) * lattice.dv;
        close(value, f(cutPoint(cut, u, w)), 2e-3);
    });
    assert.ok(seen > 100, `${seen} points`);
});

test("between two slices, and beyond the last, values are those of interpolation", () => {
    const affine = [-2, 0, 0, 5, 0, 3, 0, -7, 0, 0, 4, 11];
    let seed = 5;
    const v = volume([6, 5, 4], affine, () => { seed = (seed * 16807) % 2147483647; return seed % 97; });
    for (const plane of ["axial", "coronal", "sagittal"]) {
        for (const share of [-0.7, -0.5, 0, 0.25, 1, 2.5, 3, 3.4, 4.2, 4.999, 5.5]) {
            const axis = { axial: 2, coronal: 1, sagittal: 0 }[plane];
            const w0 = transformed(affine, [share, share, share])[axis];
            const cut = { plane, w0, slopeU: 0, slopeV: 0 };
            const lattice = latticeOf(v, cut);
            if (!lattice) continue;
            for (const outside of [0, NaN]) {
                sampled(v, cut, lattice, outside).forEach((value, n) => {
                    const p = cutPoint(cut, lattice.u + (n % lattice.columns) * lattice.du,
                        lattice.v + Math.floor(n / lattice.columns) * lattice.dv);
                    const at = transformed(v.inverse, p).map((x) => (Math.abs(x - Math.round(x)) < 1e-9 ? Math.round(x) : x));
                    const expected = Math.fround(linearValue(v, ...at, outside));
                    assert.ok(Object.is(value, expected) || Math.abs(value - expected) < 1e-4, `${plane} ${share} ${n}: ${value} ${expected}`);
                });
            }
        }
    }
});

test("a plane that misses the volume has no lattice", () => {
    const v = volume([4, 4, 4], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], () => 1);
    assert.equal(latticeOf(v, { plane: "axial", w0: 20, slopeU: 0, slopeV: 0 }), null);
});
