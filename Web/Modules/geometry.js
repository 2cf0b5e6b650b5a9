// SPDX-License-Identifier: Apache-2.0
// Positions, planes and the lattices on which a volume is cut. Pure functions.
//
// Volumes come as NIfTI, whose millimetres are RAS (right, anterior, superior are positive), and
// Grevy and DICOM count LPS; people read LPS with letters. Inside these
// modules every position is RAS mm unless its name says `lps`.

/** @typedef {[number, number, number]} Vec3 */
/**
 * Row-major 3 x 4: voxel index (centres at integers) to mm.
 * @typedef {number[]} Affine
 */
/** @typedef {"axial" | "coronal" | "sagittal"} PlaneName */
/** @typedef {Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array} Voxels */
/**
 * A volume on its native grid. `value = slope * voxel + intercept`.
 * @typedef {object} Volume
 * @property {Vec3} shape voxels along i (fastest), j and k
 * @property {Affine} affine voxel to RAS mm
 * @property {Affine} inverse RAS mm to voxel
 * @property {Voxels} voxels
 * @property {number} slope
 * @property {number} intercept
 */

/**
 * The three planes: `u` runs along the screen's x, `v` up the screen, `w` through it (RAS axes).
 * `sign` is the direction of `u` on screen in radiological convention: the patient's right is on
 * the left, and a sagittal slice looks to the left.
 * @type {Record<PlaneName, {u: number, v: number, w: number, sign: 1 | -1}>}
 */
export const PLANES = {
    axial: { u: 0, v: 1, w: 2, sign: -1 },
    coronal: { u: 0, v: 2, w: 1, sign: -1 },
    sagittal: { u: 1, v: 2, w: 0, sign: -1 },
};

/**
 * Names by number, as in a layout.
 * @type {PlaneName[]}
 */
export const PLANE_NAMES = ["axial", "coronal", "sagittal"];

/**
 * Turns RAS into LPS or back.
 * @param {Vec3} p @returns {Vec3}
 */
export function flipped(p) {
    return [-p[0], -p[1], p[2]];
}

/**
 * Says a position with the letters that radiologists use.
 * @param {Vec3} ras mm @returns {string} such as `R 12.0, P 30.5, S 140.0 mm`
 */
export function spokenPosition(ras) {
    const letters = [["R", "L"], ["A", "P"], ["S", "I"]];
    const parts = ras.map((x, n) => {
        const rounded = Math.round(x * 10) / 10;
        // In RAS the first axis grows to the right of the patient.
        return `${rounded < 0 ? letters[n][1] : letters[n][0]} ${Math.abs(rounded).toFixed(1)}`;
    });
    return `${parts.join(", ")} mm`;
}

/** @param {Affine} m @param {ArrayLike<number>} p @returns {Vec3} */
export function transformed(m, p) {
    return [
        m[0] * p[0] + m[1] * p[1] + m[2] * p[2] + m[3],
        m[4] * p[0] + m[5] * p[1] + m[6] * p[2] + m[7],
        m[8] * p[0] + m[9] * p[1] + m[10] * p[2] + m[11],
    ];
}

/**
 * Transforms a direction: no translation.
 * @param {Affine} m @param {ArrayLike<number>} d @returns {Vec3}
 */
export function turned(m, d) {
    return [
        m[0] * d[0] + m[1] * d[1] + m[2] * d[2],
        m[4] * d[0] + m[5] * d[1] + m[6] * d[2],
        m[8] * d[0] + m[9] * d[1] + m[10] * d[2],
    ];
}

/**
 * The affine that first does `b`, then `a`.
 * @param {Affine} a @param {Affine} b @returns {Affine}
 */
export function composed(a, b) {
    const result = [];
    for (let row = 0; row < 3; row += 1) {
        for (let column = 0; column < 4; column += 1) {
            let sum = column === 3 ? a[row * 4 + 3] : 0;
            for (let n = 0; n < 3; n += 1) sum += a[row * 4 + n] * b[n * 4 + column];
            result.push(sum);
        }
    }
    return result;
}

/**
 * @param {Affine} m
 * @returns {Affine}
 * @throws {RangeError} when the axes span no volume
 */
export function inverted(m) {
    const [a, b, c, , d, e, f, , g, h, i] = m;
    const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    if (!(Math.abs(determinant) > 1e-12)) throw new RangeError("The grid's axes span no volume.");
    const n = [
        e * i - f * h, c * h - b * i, b * f - c * e,
        f * g - d * i, a * i - c * g, c * d - a * f,
        d * h - e * g, b * g - a * h, a * e - b * d,
    ].map((x) => x / determinant);
    const t = [m[3], m[7], m[11]];
    return [0, 1, 2].flatMap((row) => {
        const [x, y, z] = n.slice(row * 3, row * 3 + 3);
        return [x, y, z, -(x * t[0] + y * t[1] + z * t[2])];
    });
}

/**
 * Distances between voxel centres, mm.
 * @param {Affine} m @returns {Vec3}
 */
export function spacing(m) {
    return [
        Math.hypot(m[0], m[4], m[8]), Math.hypot(m[1], m[5], m[9]), Math.hypot(m[2], m[6], m[10]),
    ];
}

/**
 * Millilitres of one voxel.
 * @param {Affine} m
 */
export function voxelML(m) {
    const [a, b, c, , d, e, f, , g, h, i] = m;
    return Math.abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) / 1000;
}

/**
 * The nearest of the places 0 to `count - 1`, also between whole ones.
 * @param {number} x @param {number} count
 */
export function inside(x, count) {
    return Math.min(count - 1, Math.max(0, x));
}

/**
 * The value of the voxel that holds a point, as it lies in the file.
 * @param {Volume} volume @param {Vec3} mm
 * @returns {number | null} `null` outside the grid
 */
export function nearestValue(volume, mm) {
    const p = transformed(volume.inverse, mm).map(Math.round);
    const [nx, ny, nz] = volume.shape;
    if (!(p[0] >= 0 && p[0] < nx && p[1] >= 0 && p[1] < ny && p[2] >= 0 && p[2] < nz)) return null;
    return volume.slope * volume.voxels[p[0] + nx * (p[1] + ny * p[2])] + volume.intercept;
}

/**
 * The value between voxel centres, linear along each axis.
 * @param {Volume} volume @param {number} x @param {number} y @param {number} z voxel index
 * @param {number} outside what voxels outside the grid count as
 */
export function linearValue(volume, x, y, z, outside) {
    const { shape, voxels } = volume;
    const nx = shape[0], ny = shape[1], nz = shape[2];
    const i = Math.floor(x), j = Math.floor(y), k = Math.floor(z);
    const fx = x - i, fy = y - j, fz = z - k;
    // Most points lie between eight voxels of the grid.
    if (fx > 0 && fy > 0 && fz > 0 && i >= 0 && j >= 0 && k >= 0 && i + 1 < nx && j + 1 < ny && k + 1 < nz) {
        const at = i + nx * (j + ny * k), above = at + nx * ny;
        const low = (1 - fy) * ((1 - fx) * voxels[at] + fx * voxels[at + 1])
            + fy * ((1 - fx) * voxels[at + nx] + fx * voxels[at + nx + 1]);
        const high = (1 - fy) * ((1 - fx) * voxels[above] + fx * voxels[above + 1])
            + fy * ((1 - fx) * voxels[above + nx] + fx * voxels[above + nx + 1]);
        return volume.slope * ((1 - fz) * low + fz * high) + volume.intercept;
    }
    if (!(i >= -1 && i < nx && j >= -1 && j < ny && k >= -1 && k < nz)) return outside;
    let sum = 0;
    for (let n = 0; n < 8; n += 1) {
        const dx = n & 1, dy = (n >> 1) & 1, dz = n >> 2;
        const weight = (dx ? fx : 1 - fx) * (dy ? fy : 1 - fy) * (dz ? fz : 1 - fz);
        if (weight === 0) continue;
        const a = i + dx, b = j + dy, c = k + dz;
        const inside = a >= 0 && a < nx && b >= 0 && b < ny && c >= 0 && c < nz;
        sum += weight * (inside
            ? volume.slope * voxels[a + nx * (b + ny * c)] + volume.intercept : outside);
    }
    return sum;
}
