// SPDX-License-Identifier: Apache-2.0
// Why something did not work, in words.

/** @param {unknown} error */
export function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}

/**
 * What the server said when it refused: one sentence, with what to do.
 * @param {Response} answer
 */
export async function refusalOf(answer) {
    return (await answer.text()).trim() || `The server answered ${answer.status}.`;
}
