// SPDX-License-Identifier: Apache-2.0
// Reads single-file NIfTI-1 volumes as Grevy's server writes them: the voxels stay as they are in
// the file, so that what is shown and read out is what was stored.

import { composed, inverted } from "./geometry.js";

/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./geometry.js").Voxels} Voxels */
/** @typedef {import("./geometry.js").Affine} Affine */
/** @typedef {{bytes: ArrayBuffer, volume: Volume}} NiftiFile the file, unpacked, and its volume */

const HEADER_BYTES = 348;
const SROW_BYTE = 280;

/**
 * Array kinds by NIfTI's data type number.
 * @type {Record<number, {new (b: ArrayBuffer, at: number, n: number): Voxels, BYTES_PER_ELEMENT: number}>}
 */
const KINDS = {
    2: Uint8Array, 4: Int16Array, 8: Int32Array, 16: Float32Array, 64: Float64Array,
    256: Int8Array, 512: Uint16Array, 768: Uint32Array,
};

/**
 * Unpacks gzip; other bytes are returned as they are.
 * @param {Blob} file @returns {Promise<ArrayBuffer>}
 */
export async function unpacked(file) {
    const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    if (!(head[0] === 0x1f && head[1] === 0x8b)) return file.arrayBuffer();
    return new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/**
 * @param {ArrayBuffer} bytes an unpacked file, little endian
 * @returns {NiftiFile}
 * @throws {RangeError} for what Grevy's server does not write
 */
export function parsed(bytes) {
    if (bytes.byteLength < HEADER_BYTES + 4) throw new RangeError("The volume is cut off.");
    const view = new DataView(bytes);
    const magic = String.fromCharCode(view.getUint8(344), view.getUint8(345), view.getUint8(346));
    if (view.getInt32(0, true) !== HEADER_BYTES || magic !== "n+1") {
        throw new RangeError("The volume is not a little-endian single-file NIfTI-1.");
    }
    const count = (/** @type {number} */ n) => Math.max(1, view.getInt16(40 + 2 * n, true));
    const frames = view.getInt16(40, true) > 3 ? count(4) * count(5) * count(6) * count(7) : 1;
    if (frames !== 1) throw new RangeError("The volume has several frames; one at a time is shown.");
    const Kind = KINDS[view.getInt16(70, true)];
    if (!Kind) throw new RangeError(`The volume's data type ${view.getInt16(70, true)} is not known.`);
    if (!(view.getInt16(254, true) > 0)) throw new RangeError("The volume has no sform.");

    const affine = Array.from({ length: 12 }, (_, n) => view.getFloat32(SROW_BYTE + 4 * n, true));
    /** @type {[number, number, number]} */
    const shape = [count(1), count(2), count(3)];
    const size = shape[0] * shape[1] * shape[2];
    const start = view.getFloat32(108, true);
    if (!(start >= HEADER_BYTES + 4 && start + size * Kind.BYTES_PER_ELEMENT <= bytes.byteLength)) {
        throw new RangeError("The volume has fewer voxels than its header says.");
    }
    const aligned = start % Kind.BYTES_PER_ELEMENT === 0;
    const voxels = aligned
        ? new Kind(bytes, start, size)
        : new Kind(bytes.slice(start, start + size * Kind.BYTES_PER_ELEMENT), 0, size);
    // A slope of 0 means that there is none.
    const slope = view.getFloat32(112, true);
    const scaled = slope !== 0 && Number.isFinite(slope);
    return {
        bytes,
        volume: {
            shape, affine, inverse: inverted(affine), voxels,
            slope: scaled ? slope : 1, intercept: scaled ? view.getFloat32(116, true) : 0,
        },
    };
}

/**
 * Moves a volume, as an accepted registration says. Changes the bytes' header.
 * @param {NiftiFile} file @param {Affine} matrix RAS mm to RAS mm, row-major 3 x 4
 * @returns {NiftiFile}
 */
export function moved(file, matrix) {
    const affine = composed(matrix, file.volume.affine);
    const view = new DataView(file.bytes);
    affine.forEach((x, n) => view.setFloat32(SROW_BYTE + 4 * n, x, true));
    return parsed(file.bytes);
}

/**
 * @param {string} url on our own server
 * @param {AbortSignal} [signal]
 * @param {(share: number | null) => void} [progress] told how much has come, 0 to 1; `null` while
 *   nobody can say
 * @returns {Promise<NiftiFile>}
 */
export async function fetched(url, signal, progress = () => {}) {
    const response = await fetch(url, { credentials: "same-origin", signal });
    if (!response.ok || !response.body) throw new Error(`The server answered ${response.status}.`);
    const total = Number(response.headers.get("Content-Length")) || 0;
    const parts = [];
    let came = 0;
    for (let reader = response.body.getReader(), next = await reader.read(); !next.done; next = await reader.read()) {
        parts.push(next.value);
        came += next.value.byteLength;
        progress(total > 0 ? Math.min(1, came / total) : null);
    }
    return parsed(await unpacked(new Blob(parts)));
}
