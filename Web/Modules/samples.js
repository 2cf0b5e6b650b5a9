// SPDX-License-Identifier: Apache-2.0
// The dose samples that the server sends once per plan, and the doses of a vector of activities.
//
// Dose is linear in activity and adds over territories, so a voxel's dose is the sum of activity
// times dose per activity; the order of the voxels is not, so it is sorted anew each time.

/**
 * @typedef {object} Structure
 * @property {string} name
 * @property {string} role
 * @property {number} volumeML
 * @property {Float32Array | null} weights share of each voxel inside; `null`: known by its mean only
 * @property {Float32Array[]} gyPerGBq per territory, one value per voxel
 * @property {Float64Array} meanGyPerGBq per territory, by the plan's method
 * @property {BEDModel | null} bed `null` where no repair is known
 */
/**
 * @typedef {{name?: string, structure: string, measure: "mean" | "hottestPercent", percent?: number,
 *   limitGy: number, provenance: string}} Limit
 */
/** @typedef {{territories: string[], structures: Structure[], limits: Limit[]}} Samples */
/**
 * BED = D * (1 + repair / (repair + effective) * D / alphaBeta), Dale 1985.
 * @typedef {{alphaBetaGy: number, repairHalfTimeH: number, effectiveHalfLifeH: number}} BEDModel
 */

const MAGIC = "GREVYDS1";

/**
 * Reads the server's binary (layout in Web/README.md). The arrays are views of it.
 * @param {ArrayBuffer} bytes @returns {Samples}
 * @throws {RangeError}
 */
export function parsedSamples(bytes) {
    const text = new TextDecoder();
    if (bytes.byteLength < 12 || text.decode(new Uint8Array(bytes, 0, 8)) !== MAGIC) {
        throw new RangeError("These are not dose samples.");
    }
    const headerBytes = new DataView(bytes).getUint32(8, true);
    const start = 12 + headerBytes;
    if (start % 4 !== 0 || start > bytes.byteLength) throw new RangeError("The samples are cut off.");
    const header = JSON.parse(text.decode(new Uint8Array(bytes, 12, headerBytes)));
    const array = (/** @type {number} */ offset, /** @type {number} */ count) => {
        if (!(offset >= 0 && offset % 4 === 0 && start + offset + 4 * count <= bytes.byteLength)) {
            throw new RangeError("The samples are cut off.");
        }
        return new Float32Array(bytes, start + offset, count);
    };
    const territories = header.territories;
    const structures = header.structures.map((/** @type {any} */ s) => {
        const bed = s.bed ? { ...s.bed, effectiveHalfLifeH: header.effectiveHalfLifeH } : null;
        const weights = s.weightsOffset === undefined ? null : array(s.weightsOffset, s.voxels);
        /** @type {Float32Array[]} */
        const gyPerGBq = weights
            ? s.gyPerGBqOffsets.map((/** @type {number} */ o) => array(o, s.voxels)) : [];
        return {
            name: s.name, role: s.role, volumeML: s.volumeML, weights, gyPerGBq, bed,
            meanGyPerGBq: Float64Array.from(
                s.meanGyPerGBq ?? gyPerGBq.map((g) => weightedMean(g, /** @type {Float32Array} */ (weights)))),
        };
    });
    for (const s of structures) {
        if (s.meanGyPerGBq.length !== territories.length
            || (s.weights && s.gyPerGBq.length !== territories.length)) {
            throw new RangeError(`'${s.name}' has not one array per territory.`);
        }
    }
    return { territories, structures, limits: header.limits ?? [] };
}

/** @param {Float32Array} values @param {Float32Array} weights */
function weightedMean(values, weights) {
    let sum = 0, total = 0;
    for (let n = 0; n < values.length; n += 1) {
        sum += values[n] * weights[n];
        total += weights[n];
    }
    return sum / total;
}

/**
 * Mean dose in Gy.
 * @param {Structure} structure @param {ArrayLike<number>} activitiesGBq
 */
export function meanGy(structure, activitiesGBq) {
    return structure.meanGyPerGBq.reduce((sum, g, t) => sum + g * activitiesGBq[t], 0);
}

/**
 * Dose of every voxel, Gy.
 * @param {Structure} structure @param {ArrayLike<number>} activitiesGBq @param {Float32Array} doses filled
 */
export function fillDoses(structure, activitiesGBq, doses) {
    const { gyPerGBq } = structure;
    const [g0, g1, g2] = gyPerGBq;
    const [a0, a1, a2] = [activitiesGBq[0], activitiesGBq[1], activitiesGBq[2]];
    const count = g0.length;
    // The usual cases without an inner loop; all sums are in double precision.
    if (gyPerGBq.length === 1) {
        for (let n = 0; n < count; n += 1) doses[n] = a0 * g0[n];
    } else if (gyPerGBq.length === 2) {
        for (let n = 0; n < count; n += 1) doses[n] = a0 * g0[n] + a1 * g1[n];
    } else if (gyPerGBq.length === 3) {
        for (let n = 0; n < count; n += 1) doses[n] = a0 * g0[n] + a1 * g1[n] + a2 * g2[n];
    } else {
        for (let n = 0; n < count; n += 1) {
            let sum = 0;
            for (let t = 0; t < gyPerGBq.length; t += 1) sum += activitiesGBq[t] * gyPerGBq[t][n];
            doses[n] = sum;
        }
    }
}

/**
 * Returns BED in Gy of a dose in Gy; below zero (noise) the dose itself.
 * @param {BEDModel} model @param {number} doseGy
 */
export function bedGy(model, doseGy) {
    if (!(doseGy > 0)) return doseGy;
    const { repairHalfTimeH, effectiveHalfLifeH, alphaBetaGy } = model;
    const protraction = repairHalfTimeH / (repairHalfTimeH + effectiveHalfLifeH);
    return doseGy * (1 + protraction * doseGy / alphaBetaGy);
}
