// SPDX-License-Identifier: Apache-2.0
// Brings the volumes of a scene, all at once, each to its place in the patient.

import { fetched, moved } from "./nifti.js";
import { windowed } from "./scene.js";

/** @typedef {import("./geometry.js").Volume} Volume */
/** @typedef {Pick<ReturnType<typeof import("./scene.js").fusion>, "fused" | "structures">} Wanted */

/**
 * @param {Wanted} wanted @param {AbortSignal} signal
 * @param {(done: number, total: number) => void} progress
 * @throws {Error} with a sentence that names the first volume that did not come
 */
export async function loaded(wanted, signal, progress) {
    const total = wanted.fused.length + wanted.structures.length;
    let done = 0;
    const volume = async (/** @type {string} */ url, /** @type {string} */ label, /** @type {number[] | null} */ matrix) => {
        try {
            const read = await fetched(url, signal);
            done += 1;
            progress(done, total);
            return (matrix ? moved(read, matrix) : read).volume;
        } catch (error) {
            throw new Error(`${label} could not be loaded. ${error instanceof Error ? error.message : ""} `
                + "Load the page again; if it stays so, tell the physicist on duty.");
        }
    };
    progress(0, total);
    const [layers, structures] = await Promise.all([
        Promise.all(wanted.fused.map(async ({ layer, matrix }) => {
            const read = await volume(layer.url, layer.label, matrix);
            return { layer: windowed(layer, read), volume: read, moved: matrix !== null };
        })),
        Promise.all(wanted.structures.map(async ({ structure, matrix }) =>
            ({ structure, volume: await volume(structure.url, structure.name, matrix) }))),
    ]);
    return { layers, structures };
}
