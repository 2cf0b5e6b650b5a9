// SPDX-License-Identifier: Apache-2.0
// What a meeting looks at, as ids and geometry: read from a viewer, and shown in another one. Slices
// lie in the patient's space; a picture is a frame of a series that is no volume.

import { flipped, inside } from "./geometry.js";

/** @typedef {import("./geometry.js").Vec3} Vec3 */
/** @typedef {import("./tiles.js").LayoutName} LayoutName */
/** @typedef {import("./geometry.js").PlaneName} PlaneName */
/** @typedef {SlicesView | PictureView} MeetingView as the server passes it on (Docs/Meeting.md) */
/**
 * Places are DICOM LPS in mm.
 * @typedef {object} SlicesView
 * @property {string[]} images the lowest first
 * @property {LayoutName} layout
 * @property {PlaneName} plane
 * @property {Vec3} cursorMM
 * @property {Vec3} centreMM
 * @property {number} zoom
 * @property {{id: string, low: number, high: number, opacity: number, isVisible: boolean}[]} windows
 * @property {Vec3} [pointerMM]
 */
/**
 * @typedef {object} PictureView
 * @property {string[]} images the one series
 * @property {number} frame from 1; where several are side by side, the first
 * @property {number} low
 * @property {number} high
 * @property {number} zoom the whole picture is 1
 * @property {[number, number]} middle of what is seen, as shares of width and height
 * @property {[number, number]} [pointer] column and row
 */
/**
 * What of a viewer is read and set; `Viewer` is one.
 * @typedef {object} Shows
 * @property {{layout: LayoutName, view: import("./tiles.js").View, redraw: () => void}} stage
 * @property {{plane: PlaneName}} state
 * @property {() => {layer: {id: string}, low: number, high: number, opacity: number, visible: boolean}[]} layers
 * @property {{setOpacity: (id: string, opacity: number) => void, setVisible: (id: string, visible: boolean) => void}} stack
 * @property {(name: LayoutName) => void} setLayout
 * @property {(plane: PlaneName) => void} activate
 * @property {(id: string, low: number, high: number) => void} setWindow
 * @property {(mm: Vec3) => void} setCursor
 */
/**
 * What of a viewer of pictures is read and set; `FrameViewer` is one.
 * @typedef {object} ShowsPictures
 * @property {number} frame
 * @property {number} low
 * @property {number} high
 * @property {{zoom: number, x: number, y: number}} view
 * @property {{frames: unknown[]}} data
 * @property {{size: number}} shown
 * @property {() => number[]} frames
 * @property {() => void} stop
 * @property {() => void} draw
 * @property {() => Promise<void>} show
 */

/**
 * @param {Shows} viewer @param {string[]} images @param {Vec3 | null} pointer RAS
 * @returns {SlicesView | null} `null` while nothing is on show; places keep all their digits, for on the
 *   border of two voxels a rounded one is in the other voxel
 */
export function viewOf(viewer, images, pointer) {
    const layers = viewer.layers();
    if (layers.length === 0) return null;
    const { cursor, centre, zoom } = viewer.stage.view;
    /** @type {SlicesView} */
    const view = {
        images, layout: viewer.stage.layout, plane: viewer.state.plane,
        cursorMM: flipped(cursor), centreMM: flipped(centre),
        zoom: Math.round(zoom * 1000) / 1000,
        windows: layers.filter(({ layer }) => images.includes(layer.id)).map(
            ({ layer, low, high, opacity, visible }) => ({ id: layer.id, low, high, opacity, isVisible: visible })),
    };
    if (pointer) view.pointerMM = flipped(pointer);
    return view;
}

/**
 * Shows what another one looks at; layers that are not there are passed over.
 * @param {Shows} viewer @param {SlicesView} view
 */
export function show(viewer, view) {
    const { stage } = viewer;
    if (viewer.layers().length === 0) return;
    if (stage.layout !== view.layout) viewer.setLayout(view.layout);
    viewer.activate(view.plane);
    for (const { id, low, high, opacity, isVisible } of view.windows) {
        const shown = viewer.layers().find(({ layer }) => layer.id === id);
        if (!shown) continue;
        if (shown.low !== low || shown.high !== high) viewer.setWindow(id, low, high);
        if (shown.opacity !== opacity) viewer.stack.setOpacity(id, opacity);
        if (shown.visible !== isVisible) viewer.stack.setVisible(id, isVisible);
    }
    stage.view = { ...stage.view, centre: flipped(view.centreMM), zoom: view.zoom };
    viewer.setCursor(flipped(view.cursorMM));
}

/**
 * @param {ShowsPictures} viewer @param {string[]} images
 * @param {[number, number] | null} pointer column and row
 * @returns {PictureView | null} `null` while nothing is on show
 */
export function pictureOf(viewer, images, pointer) {
    if (viewer.shown.size === 0) return null;
    const { low, high, view: { zoom, x, y } } = viewer;
    const [frame] = viewer.frames();
    return { images, frame, low, high, zoom, middle: [x, y], ...(pointer ? { pointer } : {}) };
}

/**
 * Shows what another one looks at; a frame that the series does not have is passed over.
 * @param {ShowsPictures} viewer @param {PictureView} view
 */
export function showPicture(viewer, { frame, low, high, zoom, middle: [x, y] }) {
    if (frame > viewer.data.frames.length) return;
    viewer.stop();
    const isSame = viewer.frame === frame && viewer.low === low && viewer.high === high;
    [viewer.frame, viewer.low, viewer.high] = [frame, low, high];
    viewer.view = { zoom, x, y };
    if (isSame) viewer.draw();
    else void viewer.show();
}

/**
 * Whether two lists of ids are the same images in the same order.
 * @param {string[]} a @param {string[]} b
 */
export function hasSameImages(a, b) {
    return a.join() === b.join();
}

/**
 * The place on a list that many steps on; the ends hold.
 * @param {number} index @param {number} by @param {number} count
 */
export function stepped(index, by, count) {
    return inside(index + by, count);
}

/**
 * Whether any of these images has come or gone between two lists of a case's images.
 * @param {string[]} ids @param {{id: string}[]} before @param {{id: string}[]} now
 */
export function haveChanged(ids, before, now) {
    const isIn = (/** @type {{id: string}[]} */ list, /** @type {string} */ id) => list.some((one) => one.id === id);
    return ids.some((id) => isIn(before, id) !== isIn(now, id));
}
