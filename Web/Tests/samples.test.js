// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import {
    bedAtPercent, checkedLimits, doseAtPercent, histogram, histograms, meanBED, percentAtDose,
} from "../Modules/histogram.js";
import { bedGy, meanGy, parsedSamples } from "../Modules/samples.js";
import { binary } from "./sample-bytes.js";

const close = (a, b, relative, what = "") => assert.ok(
    Math.abs(a - b) <= relative * Math.max(1e-12, Math.abs(b)), `${what} ${a} is not ${b}`);

let seed = 4711;
const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };

/** Slow and plain: sort pairs, walk. */
function plain(structure, activities) {
    const pairs = [...structure.weights].map((w, n) => [
        Math.fround(structure.gyPerGBq.reduce((d, g, t) => d + activities[t] * g[n], 0)), w]);
    pairs.sort((a, b) => b[0] - a[0]);
    const total = pairs.reduce((sum, p) => sum + p[1], 0);
    const mean = pairs.reduce((sum, p) => sum + p[0] * p[1], 0) / total;
    const dx = (percent) => {
        let sum = 0;
        for (const [d, w] of pairs) {
            sum += w;
            if (sum >= percent / 100 * total * (1 - 1e-9)) return d;
        }
        return pairs[pairs.length - 1][0];
    };
    const vx = (dose) => 100 * pairs.filter((p) => p[0] >= dose).reduce((s, p) => s + p[1], 0) / total;
    return { mean, dx, vx };
}

test("a uniform dose: every Dx is it, Vx is a step, BED is the closed form", () => {
    const s = parsedSamples(binary(["a", "b"], [{
        name: "x", volumeML: 2, weights: [1, 0.5, 0.25],
        gyPerGBq: [[10, 10, 10], [4, 4, 4]],
    }]));
    const h = histogram(s.structures[0], [2, 5]);
    assert.equal(h.meanGy, 40);
    for (const x of [0, 2, 50, 98, 100]) assert.equal(doseAtPercent(h, x), 40);
    assert.equal(percentAtDose(h, 40), 100);
    assert.equal(percentAtDose(h, 40.001), 0);
    const model = { alphaBetaGy: 2.5, repairHalfTimeH: 2.5, effectiveHalfLifeH: 64.1 };
    // 40 * (1 + 2.5 / 66.6 * 40 / 2.5)
    close(meanBED(h, model), 40 * (1 + 40 / 66.6), 1e-12);
    close(bedAtPercent(h, model, 50), 40 * (1 + 40 / 66.6), 1e-12);
    assert.equal(bedGy(model, -1), -1);
});

test("a linear ramp: Dx = top - x, Vx its inverse, mean the middle", () => {
    const n = 10000;
    const ramp = Array.from({ length: n }, (_, i) => (i + 0.5) / n);
    const s = parsedSamples(binary(["a"], [
        { name: "x", volumeML: 1, weights: ramp.map(() => 1), gyPerGBq: [ramp] }]));
    const h = histogram(s.structures[0], [100]);
    close(h.meanGy, 50, 1e-6);
    for (const x of [2, 30, 50, 95]) {
        assert.ok(Math.abs(doseAtPercent(h, x) - (100 - x)) <= 0.0051, `D${x}`);
        assert.ok(Math.abs(percentAtDose(h, x) - (100 - x)) <= 0.0051, `V${x}`);
    }
    // Mean of D + b D^2 over 0 to 100 is 50 + b 10000 / 3.
    const model = { alphaBetaGy: 10, repairHalfTimeH: 1, effectiveHalfLifeH: 9 };
    close(meanBED(h, model), 50 + 0.01 * 10000 / 3, 1e-5);
});

test("weights count: a heavy cold voxel pulls the mean and Dx", () => {
    const s = parsedSamples(binary(["a"], [
        { name: "x", volumeML: 1, weights: [0.25, 0.75], gyPerGBq: [[10, 2]] }]));
    const h = histogram(s.structures[0], [1]);
    assert.equal(h.meanGy, 4);
    assert.equal(doseAtPercent(h, 25), 10);
    assert.equal(doseAtPercent(h, 26), 2);
    assert.equal(percentAtDose(h, 5), 25);
});

test("200 random vectors of one to four territories agree with sorting pairs", () => {
    for (let round = 0; round < 200; round += 1) {
        const many = 1 + (round % 4);
        const n = 1 + Math.floor(random() * 400);
        const noisy = () => Array.from({ length: n }, () => random() * 60 - 3);
        const s = parsedSamples(binary(["a", "b", "c", "d"].slice(0, many), [{
            name: "x", volumeML: 1, weights: Array.from({ length: n }, () => 0.01 + random()),
            gyPerGBq: Array.from({ length: many }, noisy),
        }])).structures[0];
        const activities = Array.from({ length: many }, () => random() * 5);
        const h = histogram(s, activities);
        const expected = plain(s, activities);
        const scale = Math.max(1, Math.abs(expected.mean));
        assert.ok(Math.abs(h.meanGy - expected.mean) / scale < 1e-6, `round ${round}`);
        for (const x of [0, 2, 30, 50, 98, 100]) assert.equal(doseAtPercent(h, x), expected.dx(x));
        for (const d of [0, 10, 50]) close(percentAtDose(h, d), expected.vx(d), 1e-9);
    }
});

test("limits: the least total binds, margins and maxima are the server's rule", () => {
    const s = parsedSamples(binary(["a", "b"], [
        { name: "Liver", volumeML: 1500, weights: [1, 1], gyPerGBq: [[20, 10], [0, 10]] },
        { name: "Lungs", role: "lungs", volumeML: 3000, meanGyPerGBq: [1.5, 0.5] },
    ], [
        { structure: "Liver", measure: "mean", limitGy: 60, provenance: "test" },
        { structure: "Liver", measure: "hottestPercent", percent: 50, limitGy: 70, provenance: "test" },
        { structure: "Lungs", measure: "mean", limitGy: 30, provenance: "test" },
    ]));
    const activities = [3, 1];
    const checks = checkedLimits(s, activities, histograms(s, activities));
    // Liver voxels: 60 and 40; mean 50, D50 60; lungs 5.
    assert.deepEqual(checks.map((c) => c.doseGy), [50, 60, 5]);
    assert.deepEqual(checks.map((c) => c.binding), [false, true, false]);
    assert.deepEqual(checks.map((c) => c.exceeded), [false, false, false]);
    close(checks[0].maximumTotalGBq, 60 / 50 * 4, 1e-12);
    close(checks[1].maximumTotalGBq, 70 / 60 * 4, 1e-12);
    const more = checkedLimits(s, [6, 2], histograms(s, [6, 2]));
    assert.deepEqual(more.map((c) => c.exceeded), [true, true, false]);
    const none = checkedLimits(s, [0, 0], histograms(s, [0, 0]));
    assert.deepEqual(none.map((c) => [c.maximumTotalGBq, c.binding]), [[null, false], [null, false], [null, false]]);
});

test("a limit on a structure without samples, and bytes that are cut off, are refused", () => {
    const bytes = binary(["a"], [{ name: "x", volumeML: 1, weights: [1, 1], gyPerGBq: [[1, 2]] }],
        [{ structure: "y", measure: "mean", limitGy: 1, provenance: "test" }]);
    const s = parsedSamples(bytes);
    assert.throws(() => checkedLimits(s, [1], histograms(s, [1])), /'y'/);
    assert.throws(() => parsedSamples(bytes.slice(0, bytes.byteLength - 4)), /cut off/);
    assert.throws(() => parsedSamples(new ArrayBuffer(40)), /not dose samples/);
    assert.throws(() => parsedSamples(binary(["a", "b"],
        [{ name: "x", volumeML: 1, weights: [1], gyPerGBq: [[1]] }])), /per territory/);
});

test("20 structures of 3 territories, 200,000 samples: the time of one slider step is printed", (t) => {
    const n = 10000;
    const structures = Array.from({ length: 20 }, (_, i) => ({
        name: `s${i}`, volumeML: 100, weights: Array.from({ length: n }, random),
        gyPerGBq: [0, 1, 2].map(() => Array.from({ length: n }, () => 40 * random())),
    }));
    const s = parsedSamples(binary(["a", "b", "c"], structures));
    const times = [];
    for (let round = 0; round < 100; round += 1) {
        const activities = [random(), random(), random()];
        const start = performance.now();
        const all = histograms(s, activities);
        for (const h of all.values()) doseAtPercent(h, 70);
        times.push(performance.now() - start);
        assert.equal(all.size, 20);
        close(all.get("s0").meanGy, meanGy(s.structures[0], activities), 1e-12);
    }
    times.sort((a, b) => a - b);
    t.diagnostic(`median ${times[50].toFixed(1)} ms, p95 ${times[95].toFixed(1)} ms`);
});
