// SPDX-License-Identifier: Apache-2.0
// Where comments lie on what is drawn: points of the patient in slices, places on frames. Pure.

import { PLANES, flipped } from "./geometry.js";
import { toCanvas } from "./tiles.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./frames.js").FrameTile} FrameTile */
/** @typedef {import("./tiles.js").Tile} Tile */
/**
 * A comment as the server sends it: with a point of the patient, or with a frame and a place on it.
 * @typedef {object} PinnedComment
 * @property {number} id @property {number} number counts the case's comments
 * @property {string} kind @property {string} title of the kind @property {string} text
 * @property {boolean} isInternal @property {string} author @property {string} time
 * @property {{text: string, author: string, time: string}[]} answers
 * @property {Vec3} [lpsMM]
 * @property {number} [frame] from 1 @property {[number, number]} [pixel] column, row
 */
/**
 * What is drawn, in device pixels.
 * @template Comment
 * @typedef {{comment: Comment, x: number, y: number, part: string}} Pin `part` tells pins of one comment apart
 */

/** How far from a slice a point is still shown in it, in mm. */
const NEAR_MM = 2.5;

/** @param {{left: number, top: number, width: number, height: number}} part @param {number} x @param {number} y */
function isInside({ left, top, width, height }, x, y) {
    return x >= left && x < left + width && y >= top && y < top + height;
}

/**
 * The pins in slices.
 * @template {Pick<PinnedComment, "lpsMM">} Comment
 * @param {Comment[]} comments @param {Tile[]} tiles @returns {Pin<Comment>[]}
 */
export function pinsOnTiles(comments, tiles) {
    return comments.flatMap((comment) => {
        if (!comment.lpsMM) return [];
        const ras = flipped(comment.lpsMM);
        return tiles.flatMap((tile, n) => {
            const { u, v, w } = PLANES[tile.plane];
            if (Math.abs(ras[w] - tile.cut.w0) > NEAR_MM) return [];
            const [x, y] = toCanvas(tile, ras[u], ras[v]);
            return isInside(tile, x, y) ? [{ comment, x, y, part: `${tile.plane} ${n}` }] : [];
        });
    });
}

/**
 * The pins on frames.
 * @template {Pick<PinnedComment, "frame" | "pixel">} Comment
 * @param {Comment[]} comments @param {FrameTile[]} tiles @returns {Pin<Comment>[]}
 */
export function pinsOnFrames(comments, tiles) {
    return comments.flatMap((comment) => tiles.flatMap((tile) => {
        if (!comment.pixel || comment.frame !== tile.frame) return [];
        const [x, y] = [tile.x + comment.pixel[0] * tile.scale, tile.y + comment.pixel[1] * tile.scale];
        return isInside(tile, x, y) ? [{ comment, x, y, part: `frame ${tile.frame}` }] : [];
    }));
}

/**
 * The comment after the one that was chosen, or the first.
 * @template {{id: number}} Comment
 * @param {Comment[]} comments @param {number | null} chosen id @returns {Comment | undefined}
 */
export function following(comments, chosen) {
    return comments[(comments.findIndex(({ id }) => id === chosen) + 1) % comments.length];
}

/**
 * Which comment an address leads to.
 * @param {string} hash such as `#comment-17` @returns {number | null} its id
 */
export function commentOf(hash) {
    const found = /^#comment-(\d{1,15})$/.exec(hash);
    return found ? Number(found[1]) : null;
}
