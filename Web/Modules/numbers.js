// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them, with a true minus sign. Pure.

/**
 * A bound of a window: three digits.
 * @param {number} x
 */
export function short(x) {
    return String(Number(x.toPrecision(3))).replace("-", "−");
}

/**
 * The value of a voxel: whole HU, four digits of anything else.
 * @param {number} value @param {string} unit
 */
export function writtenNumber(value, unit) {
    if (!Number.isFinite(value)) return "no value";
    if (unit === "HU") return withMinus(String(Math.round(value)));
    const size = Math.abs(value);
    return withMinus(size !== 0 && (size >= 1e6 || size < 1e-3)
        ? value.toExponential(2) : String(Number(value.toPrecision(4))));
}

/**
 * The mean of voxels: it has more figures than one of them.
 * @param {number} value @param {string} unit
 */
export function writtenMean(value, unit) {
    return unit === "HU" ? withMinus(value.toFixed(1)) : writtenNumber(value, unit);
}

/**
 * A difference: what is more than nothing says so.
 * @param {string} written by one of the above
 */
export function withSign(written) {
    return /^[1-9]|^0\.0*[1-9]/.test(written) ? `+${written}` : written;
}

/** @param {string} text of a number */
function withMinus(text) {
    return text.replace(/^-/, "−");
}
