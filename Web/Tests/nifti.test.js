// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { nearestValue } from "../Modules/geometry.js";
import { moved, parsed, unpacked } from "../Modules/nifti.js";

const TYPES = { 2: [Uint8Array, 8], 4: [Int16Array, 16], 16: [Float32Array, 32] };

/** A file as the standard lays it out, made here byte by byte. */
function file({ type = 4, shape = [2, 3, 4], slope = 1, intercept = 0, offset = 352, values,
    affine = [2, 0, 0, -10, 0, 2, 0, -20, 0, 0, 3, 5], frames = 1, magic = "n+1", sform = 1 } = {}) {
    const [Kind, bits] = TYPES[type];
    const count = shape[0] * shape[1] * shape[2] * frames;
    const bytes = new ArrayBuffer(offset + count * Kind.BYTES_PER_ELEMENT);
    const view = new DataView(bytes);
    view.setInt32(0, 348, true);
    [frames > 1 ? 4 : 3, ...shape, frames, 1, 1, 1].forEach((n, i) => view.setInt16(40 + 2 * i, n, true));
    view.setInt16(70, type, true);
    view.setInt16(72, bits, true);
    view.setFloat32(108, offset, true);
    view.setFloat32(112, slope, true);
    view.setFloat32(116, intercept, true);
    view.setInt16(254, sform, true);
    affine.forEach((x, n) => view.setFloat32(280 + 4 * n, x, true));
    [...magic].forEach((c, n) => view.setUint8(344 + n, c.charCodeAt(0)));
    const at = (n) => (values ? values(n) : n);
    for (let n = 0; n < count; n += 1) {
        if (type === 2) view.setUint8(offset + n, at(n));
        else if (type === 4) view.setInt16(offset + 2 * n, at(n), true);
        else view.setFloat32(offset + 4 * n, at(n), true);
    }
    return bytes;
}

for (const type of [2, 4, 16]) {
    test(`voxels of data type ${type} are read with slope and intercept, packed or not`, async () => {
        const plain = file({ type, slope: 0.25, intercept: -3 });
        for (const bytes of [plain, new Uint8Array(gzipSync(new Uint8Array(plain))).slice().buffer]) {
            const { volume } = parsed(await unpacked(new Blob([bytes])));
            assert.ok(volume.voxels instanceof TYPES[type][0]);
            // Voxel (1, 2, 3) is number 23 and lies at (-8, -16, 14).
            assert.equal(nearestValue(volume, [-8, -16, 14]), 23 * 0.25 - 3);
        }
    });
}

test("a slope of zero means none, and an offset that does not fit the type is read too", () => {
    const { volume } = parsed(file({ type: 16, slope: 0, intercept: 9, offset: 353 }));
    assert.equal(nearestValue(volume, [-10, -20, 5]), 0);
    assert.equal(nearestValue(volume, [-8, -16, 14]), 23);
});

test("a registration moves the volume and what is read from it", () => {
    const { volume } = moved(parsed(file()), [0, -1, 0, 1, 1, 0, 0, 2, 0, 0, 1, 3]);
    // (-8, -16, 14) goes to (16 + 1, -8 + 2, 14 + 3).
    assert.equal(nearestValue(volume, [17, -6, 17]), 23);
});

test("files that the server does not write are refused", () => {
    assert.throws(() => parsed(new ArrayBuffer(100)), RangeError);
    assert.throws(() => parsed(file({ magic: "ni1" })), RangeError);
    assert.throws(() => parsed(file({ frames: 2 })), /one at a time/);
    assert.throws(() => parsed(file({ sform: 0 })), /sform/);
    assert.throws(() => parsed(file().slice(0, 380)), /fewer voxels/);
    assert.throws(() => parsed(file({ affine: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] })), RangeError);
});
