// SPDX-License-Identifier: Apache-2.0
// Lines of equal value on a lattice: marching squares, linear between points. Pure functions.

/**
 * A line in lattice units: `[x0, y0, x1, y1, ...]`, the higher values on its left. The first point
 * of a closed line is not repeated.
 * @typedef {{points: Float64Array, closed: boolean}} Isoline
 */

// Edges of a cell, in this order: bottom, right, top, left. For each of the sixteen cases (bit 0:
// lower left is high, 1: lower right, 2: upper right, 3: upper left) pairs of edges: from, to.
const BOTTOM = 0, RIGHT = 1, TOP = 2, LEFT = 3;
const SEGMENTS = [
    [], [BOTTOM, LEFT], [RIGHT, BOTTOM], [RIGHT, LEFT],
    [TOP, RIGHT], [], [TOP, BOTTOM], [TOP, LEFT],
    [LEFT, TOP], [BOTTOM, TOP], [], [RIGHT, TOP],
    [LEFT, RIGHT], [BOTTOM, RIGHT], [LEFT, BOTTOM], [],
];
// A saddle joins the two high corners when the middle of the cell is high, and parts them when not.
const SADDLES = {
    5: { joined: [BOTTOM, RIGHT, TOP, LEFT], parted: [BOTTOM, LEFT, TOP, RIGHT] },
    10: { joined: [LEFT, BOTTOM, RIGHT, TOP], parted: [RIGHT, BOTTOM, LEFT, TOP] },
};

/**
 * Finds every line at a level. A value at the level counts as high. Cells with a value that is not
 * a number have no line, so a line that meets them ends there.
 * @param {ArrayLike<number>} values row by row @param {number} columns @param {number} rows
 * @param {number} level @returns {Isoline[]}
 */
export function isolines(values, columns, rows, level) {
    // For each crossed edge the edge that follows it: 2 n is the edge to the right of point n,
    // 2 n + 1 the edge above it.
    /** @type {Map<number, number>} */
    const next = new Map();
    for (let y = 0; y + 1 < rows; y += 1) {
        for (let x = 0; x + 1 < columns; x += 1) {
            const n = y * columns + x;
            const a = values[n], b = values[n + 1];
            const c = values[n + columns + 1], d = values[n + columns];
            const bits = (a >= level ? 1 : 0) | (b >= level ? 2 : 0)
                | (c >= level ? 4 : 0) | (d >= level ? 8 : 0);
            if (bits === 0 || bits === 15) continue;
            const mean = (a + b + c + d) / 4;
            if (!(mean === mean)) continue;
            let pairs = SEGMENTS[bits];
            if (bits === 5 || bits === 10) {
                pairs = mean >= level ? SADDLES[bits].joined : SADDLES[bits].parted;
            }
            const edges = [2 * n, 2 * (n + 1) + 1, 2 * (n + columns), 2 * n + 1];
            for (let s = 0; s < pairs.length; s += 2) next.set(edges[pairs[s]], edges[pairs[s + 1]]);
        }
    }
    return chains(next).map(({ edges, closed }) => ({
        closed, points: pointsOf(edges, values, columns, level),
    }));
}

/** @param {Map<number, number>} next */
function chains(next) {
    const followed = new Set(next.values());
    const lines = [];
    // Open lines start where nothing leads; what is left then are rings.
    for (const start of next.keys()) {
        if (!followed.has(start)) lines.push({ edges: followedFrom(start, next), closed: false });
    }
    for (const start of [...next.keys()]) {
        if (next.has(start)) {
            const edges = followedFrom(start, next);
            edges.pop();
            lines.push({ edges, closed: true });
        }
    }
    return lines;
}

/**
 * Takes the chain out of the map.
 * @param {number} start @param {Map<number, number>} next
 */
function followedFrom(start, next) {
    const edges = [start];
    for (let at = next.get(start), last = start; at !== undefined; ) {
        edges.push(at);
        next.delete(last);
        last = at;
        at = next.get(at);
    }
    return edges;
}

/** @param {number[]} edges @param {ArrayLike<number>} values @param {number} columns @param {number} level */
function pointsOf(edges, values, columns, level) {
    const points = new Float64Array(2 * edges.length);
    edges.forEach((edge, n) => {
        const at = edge >> 1;
        const upward = edge & 1;
        const from = values[at];
        const to = values[upward ? at + columns : at + 1];
        const share = (level - from) / (to - from);
        points[2 * n] = (at % columns) + (upward ? 0 : share);
        points[2 * n + 1] = Math.floor(at / columns) + (upward ? share : 0);
    });
    return points;
}

/**
 * Area inside a closed line, in lattice units; negative when the inside is the low one.
 * @param {Isoline} line
 */
export function areaOf(line) {
    const { points } = line;
    let twice = 0;
    for (let n = 0; n < points.length; n += 2) {
        const m = (n + 2) % points.length;
        twice += points[n] * points[m + 1] - points[m] * points[n + 1];
    }
    return twice / 2;
}
