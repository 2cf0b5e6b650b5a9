// SPDX-License-Identifier: Apache-2.0
// A volume of interest as coverage 0 to 255 on every voxel of its CT: painting, filling, undoing,
// and the bytes that go to the server. Pure functions; positions are RAS mm.

import { PLANES, spacing, transformed, voxelML } from "./geometry.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {{lower: number[], upper: number[]}} Box lower bound inside, upper bound outside */
/**
 * @typedef {object} Mask
 * @property {Volume & {voxels: Uint8Array}} volume of the CT's shape
 * @property {Box} box holds every covered voxel
 */
/** @typedef {{at: number[], before: number[]}} Change voxels of a stroke, with what was there */

const INSIDE = 128;
const MARK = "GREVYVM1";

/**
 * An empty mask on a CT's grid.
 * @param {Volume} grid @returns {Mask}
 */
export function emptyMask({ shape, affine, inverse }) {
    const voxels = new Uint8Array(shape[0] * shape[1] * shape[2]);
    return { volume: { shape, affine, inverse, voxels, slope: 1, intercept: 0 }, box: { lower: [0, 0, 0], upper: [0, 0, 0] } };
}

/** @param {Box} box @param {number[]} lower @param {number[]} upper @returns {Box} */
function enclosing(box, lower, upper) {
    if (box.lower.every((n, axis) => n === box.upper[axis])) return { lower, upper };
    return {
        lower: box.lower.map((n, axis) => Math.min(n, lower[axis])),
        upper: box.upper.map((n, axis) => Math.max(n, upper[axis])),
    };
}

/**
 * A mask with what a cut-out from the server holds.
 * @param {Volume} grid @param {Volume} part voxels of the same grid
 * @returns {Mask}
 * @throws {RangeError} when it lies on another grid
 */
export function placed(grid, part) {
    const mask = emptyMask(grid);
    const { shape, voxels, inverse } = mask.volume;
    const first = transformed(inverse, transformed(part.affine, [0, 0, 0]));
    const low = first.map(Math.round);
    const high = low.map((n, axis) => n + part.shape[axis]);
    const fits = first.every((x, axis) => Math.abs(x - low[axis]) < 0.05 && low[axis] >= 0 && high[axis] <= shape[axis]);
    if (!fits) throw new RangeError("The mask lies on another grid than the CT.");
    const [nx, ny] = part.shape;
    for (let k = 0; k < part.shape[2]; k += 1) {
        for (let j = 0; j < ny; j += 1) {
            const row = nx * (j + ny * k);
            voxels.set(
                /** @type {Uint8Array} */ (part.voxels).subarray(row, row + nx),
                low[0] + shape[0] * (low[1] + j + shape[1] * (low[2] + k)));
        }
    }
    mask.box = { lower: low, upper: high };
    return mask;
}

/**
 * The volume inside, millilitres.
 * @param {Mask} mask
 */
export function volumeML({ volume, box }) {
    const [nx, ny] = volume.shape;
    let sum = 0;
    for (let k = box.lower[2]; k < box.upper[2]; k += 1) {
        for (let j = box.lower[1]; j < box.upper[1]; j += 1) {
            const row = nx * (j + ny * k);
            for (let n = row + box.lower[0]; n < row + box.upper[0]; n += 1) sum += volume.voxels[n];
        }
    }
    return sum / 255 * voxelML(volume.affine);
}

/**
 * The grid's axis through a plane of the screen, and the two within it.
 * @param {Volume} volume @param {PlaneName} plane
 */
export function axesOf({ affine }, plane) {
    const { w } = PLANES[plane];
    const along = [0, 1, 2].map((n) => Math.abs(affine[w * 4 + n]) / Math.hypot(affine[n], affine[4 + n], affine[8 + n]));
    const through = along.indexOf(Math.max(...along));
    const [a, b] = [0, 1, 2].filter((n) => n !== through);
    return { through, a, b };
}

/** @param {Volume} volume */
const stridesOf = ({ shape }) => [1, shape[0], shape[0] * shape[1]];

/**
 * Paints or erases a stroke of a round brush in the slice that holds its start; its border is as
 * soft as a voxel, so that outlines are smooth.
 * @param {Mask} mask @param {PlaneName} plane @param {Vec3} from @param {Vec3} to
 * @param {number} diameterMM @param {boolean} erase @param {Change} change gets what was there
 * @returns {boolean} whether anything changed
 */
export function paint(mask, plane, from, to, diameterMM, erase, change) {
    const { volume } = mask;
    const { shape, voxels } = volume;
    const { through, a, b } = axesOf(volume, plane);
    const [p, q] = [transformed(volume.inverse, from), transformed(volume.inverse, to)];
    const slice = Math.round(p[through]);
    if (slice < 0 || slice >= shape[through]) return false;
    const size = spacing(volume.affine);
    const strides = stridesOf(volume);
    const soft = Math.min(size[a], size[b]);
    const radius = diameterMM / 2;
    const reach = radius + soft;
    const range = (/** @type {number} */ axis) => [
        Math.max(0, Math.ceil(Math.min(p[axis], q[axis]) - reach / size[axis])),
        Math.min(shape[axis], Math.floor(Math.max(p[axis], q[axis]) + reach / size[axis]) + 1),
    ];
    const [a0, a1] = range(a);
    const [b0, b1] = range(b);
    if (a0 >= a1 || b0 >= b1) return false;
    const [du, dv] = [(q[a] - p[a]) * size[a], (q[b] - p[b]) * size[b]];
    const length2 = du * du + dv * dv;
    let changed = false;
    for (let j = b0; j < b1; j += 1) {
        const v = (j - p[b]) * size[b];
        for (let i = a0; i < a1; i += 1) {
            const u = (i - p[a]) * size[a];
            const along = length2 > 0 ? Math.min(1, Math.max(0, (u * du + v * dv) / length2)) : 0;
            const distance = Math.hypot(u - along * du, v - along * dv);
            const cover = Math.round(255 * Math.min(1, Math.max(0, 0.5 + (radius - distance) / soft)));
            if (cover === 0) continue;
            const n = i * strides[a] + j * strides[b] + slice * strides[through];
            const old = voxels[n];
            const value = erase ? Math.min(old, 255 - cover) : Math.max(old, cover);
            if (value === old) continue;
            change.at.push(n);
            change.before.push(old);
            voxels[n] = value;
            changed = true;
        }
    }
    if (changed && !erase) {
        const lower = [0, 0, 0];
        const upper = [0, 0, 0];
        [lower[a], upper[a], lower[b], upper[b]] = [a0, a1, b0, b1];
        [lower[through], upper[through]] = [slice, slice + 1];
        mask.box = enclosing(mask.box, lower, upper);
    }
    return changed;
}

/**
 * Fills the area round a point that the outline in its slice encloses.
 * @param {Mask} mask @param {PlaneName} plane @param {Vec3} at @param {Change} change
 * @returns {"filled" | "inside" | "open"} `open`: the area reaches the image's edge
 */
export function fill(mask, plane, at, change) {
    const { volume } = mask;
    const { shape, voxels } = volume;
    const { through, a, b } = axesOf(volume, plane);
    const p = transformed(volume.inverse, at).map(Math.round);
    if (p.some((n, axis) => n < 0 || n >= shape[axis])) return "open";
    const strides = stridesOf(volume);
    const base = p[through] * strides[through];
    const seen = new Uint8Array(shape[a] * shape[b]);
    const queue = [p[a] + shape[a] * p[b]];
    if (voxels[base + p[a] * strides[a] + p[b] * strides[b]] >= INSIDE) return "inside";
    seen[queue[0]] = 1;
    for (let next = 0; next < queue.length; next += 1) {
        const i = queue[next] % shape[a];
        const j = Math.floor(queue[next] / shape[a]);
        if (i === 0 || j === 0 || i === shape[a] - 1 || j === shape[b] - 1) return "open";
        for (const [x, y] of [[i - 1, j], [i + 1, j], [i, j - 1], [i, j + 1]]) {
            const m = x + shape[a] * y;
            if (seen[m] || voxels[base + x * strides[a] + y * strides[b]] >= INSIDE) continue;
            seen[m] = 1;
            queue.push(m);
        }
    }
    const set = (/** @type {number} */ i, /** @type {number} */ j) => {
        const n = base + i * strides[a] + j * strides[b];
        if (voxels[n] === 255) return;
        change.at.push(n);
        change.before.push(voxels[n]);
        voxels[n] = 255;
    };
    // The soft border inside the outline becomes whole, too.
    for (const m of queue) {
        const i = m % shape[a];
        const j = Math.floor(m / shape[a]);
        for (const [x, y] of [[i, j], [i - 1, j], [i + 1, j], [i, j - 1], [i, j + 1]]) set(x, y);
    }
    return "filled";
}

/** The strokes that can be taken back and made again. */
export class History {
    /** @param {number} most voxels kept of all strokes together */
    constructor(most = 20_000_000) {
        this.most = most;
        /** @type {Change[]} */
        this.done = [];
        /** @type {Change[]} */
        this.undone = [];
    }

    /** @param {Change} change */
    keep(change) {
        if (change.at.length === 0) return;
        this.undone = [];
        this.done.push(change);
        let size = this.done.reduce((sum, c) => sum + c.at.length, 0);
        while (size > this.most && this.done.length > 1) {
            size -= this.done[0].at.length;
            this.done.shift();
        }
    }

    /** @param {Mask} mask @returns {boolean} whether there was anything to take back */
    undo(mask) { return move(mask, this.done, this.undone); }

    /** @param {Mask} mask */
    redo(mask) { return move(mask, this.undone, this.done); }
}

/** @param {Mask} mask @param {Change[]} from @param {Change[]} to */
function move({ volume: { voxels } }, from, to) {
    const change = from.pop();
    if (!change) return false;
    const { at, before } = change;
    /** @type {Change} */
    const back = { at: [], before: [] };
    // Backwards, because a stroke may have changed a voxel twice.
    for (let n = at.length - 1; n >= 0; n -= 1) {
        back.at.push(at[n]);
        back.before.push(voxels[at[n]]);
        voxels[at[n]] = before[n];
    }
    to.push(back);
    return true;
}

/** @param {Mask} mask @returns {Box} the smallest box; empty when nothing is covered */
export function tightBox({ volume: { shape, voxels }, box }) {
    const lower = box.upper.slice();
    const upper = box.lower.slice();
    for (let k = box.lower[2]; k < box.upper[2]; k += 1) {
        for (let j = box.lower[1]; j < box.upper[1]; j += 1) {
            const row = shape[0] * (j + shape[1] * k);
            let first = box.lower[0];
            while (first < box.upper[0] && voxels[row + first] === 0) first += 1;
            if (first === box.upper[0]) continue;
            let end = box.upper[0];
            while (voxels[row + end - 1] === 0) end -= 1;
            [lower[0], upper[0]] = [Math.min(lower[0], first), Math.max(upper[0], end)];
            [lower[1], upper[1]] = [Math.min(lower[1], j), Math.max(upper[1], j + 1)];
            [lower[2], upper[2]] = [Math.min(lower[2], k), Math.max(upper[2], k + 1)];
        }
    }
    return upper[0] > lower[0] ? { lower, upper } : { lower: [0, 0, 0], upper: [0, 0, 0] };
}

/**
 * The bytes that the server takes: mark, box, then runs of equal coverage.
 * @param {Mask} mask @returns {Uint8Array}
 */
export function encodedRuns(mask) {
    const { volume: { shape, voxels } } = mask;
    const { lower, upper } = tightBox(mask);
    let bytes = new Uint8Array(1 << 16);
    let view = new DataView(bytes.buffer);
    let length = 0;
    const room = (/** @type {number} */ more) => {
        if (length + more <= bytes.length) return;
        const larger = new Uint8Array(2 * bytes.length);
        larger.set(bytes);
        bytes = larger;
        view = new DataView(bytes.buffer);
    };
    for (const letter of MARK) bytes[length++] = letter.charCodeAt(0);
    for (const n of [...lower, ...upper]) {
        view.setInt32(length, n, true);
        length += 4;
    }
    let value = -1;
    let count = 0;
    const end = () => {
        if (count === 0) return;
        room(5);
        bytes[length] = value;
        view.setUint32(length + 1, count, true);
        length += 5;
    };
    for (let k = lower[2]; k < upper[2]; k += 1) {
        for (let j = lower[1]; j < upper[1]; j += 1) {
            const row = shape[0] * (j + shape[1] * k);
            for (let n = row + lower[0]; n < row + upper[0]; n += 1) {
                if (voxels[n] === value) {
                    count += 1;
                    continue;
                }
                end();
                value = voxels[n];
                count = 1;
            }
        }
    }
    end();
    return bytes.subarray(0, length);
}
