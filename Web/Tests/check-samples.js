// SPDX-License-Identifier: Apache-2.0
// node check-samples.js FOLDER: holds the page's own arithmetic against what the program computed.
// FOLDER has expected.json: {plans: [{samples: file, vectors: [{activitiesGBq, structures, limits}]}]}.
// Prints the largest relative differences as JSON; exits 1 when one exceeds 1e-5.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { doseAtPercent, percentAtDose } from "../Modules/histogram.js";
import { preview } from "../Modules/preview.js";
import { parsedSamples } from "../Modules/samples.js";

const TOLERANCE = 1e-5;
/** A volume is a step of the dose: it is compared between doses this much lower and higher. */
const STEP = 1e-6;

const folder = process.argv[2];
const expected = JSON.parse(await readFile(join(folder, "expected.json"), "utf8"));
const worst = {};
const faults = [];
let compared = 0;

function note(kind, difference, what) {
    compared += 1;
    worst[kind] = Math.max(worst[kind] ?? 0, difference);
    if (!(difference <= TOLERANCE)) faults.push(`${what}: ${kind} off by ${difference}`);
}
const relative = (a, b) => (a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(b), 1e-9));

function structure(found, histogram, e, what) {
    note("mean", relative(found.meanGy, e.meanGy), what);
    if (e.bedGy !== undefined) note("BED", relative(found.bedGy, e.bedGy), what);
    else if (found.bedGy !== null) faults.push(`${what}: a BED that the program does not give`);
    for (const [percent, doseGy] of e.dx ?? []) {
        note("Dx", relative(doseAtPercent(histogram, percent), doseGy), `${what} D${percent}`);
    }
    for (const [doseGy, percent] of e.vx ?? []) {
        const most = percentAtDose(histogram, doseGy * (1 - STEP));
        const least = percentAtDose(histogram, doseGy * (1 + STEP));
        const outside = Math.max(0, percent - most, least - percent);
        note("Vx", outside === 0 ? 0 : outside / Math.max(percent, 1e-9), `${what} V${doseGy}`);
    }
}

function limit(found, e, what) {
    note("limit's dose", relative(found.doseGy, e.doseGy), what);
    // A margin may be zero: it is held against its limit.
    note("margin", Math.abs(found.marginGy - e.marginGy) / e.limitGy, what);
    if ((found.maximumTotalGBq === null) !== (e.maximumTotalGBq === undefined)) faults.push(`${what}: maximum`);
    else if (found.maximumTotalGBq !== null) note("maximum", relative(found.maximumTotalGBq, e.maximumTotalGBq), what);
    if (found.binding !== e.isBinding) faults.push(`${what}: binding ${found.binding}`);
    if (found.exceeded !== e.isExceeded) faults.push(`${what}: exceeded ${found.exceeded}`);
}

let vectors = 0;
for (const plan of expected.plans) {
    const bytes = await readFile(join(folder, plan.samples));
    const samples = parsedSamples(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    for (const [n, vector] of plan.vectors.entries()) {
        vectors += 1;
        const found = preview(samples, vector.activitiesGBq);
        for (const e of vector.structures) {
            const dose = found.doses.find((d) => d.name === e.name);
            structure(dose, found.histograms.get(e.name), e, `${plan.samples} ${n} ${e.name}`);
        }
        if (found.checks.length !== vector.limits.length) faults.push(`${plan.samples}: ${found.checks.length} limits`);
        vector.limits.forEach((e, m) => limit(found.checks[m], e, `${plan.samples} ${n} limit ${m}`));
    }
}
console.log(JSON.stringify({ vectors, compared, worst, faults: faults.slice(0, 20), faultCount: faults.length }));
process.exit(faults.length > 0 || vectors === 0 ? 1 : 0);
