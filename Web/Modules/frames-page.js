// SPDX-License-Identifier: Apache-2.0
// Starts the page of a series that is looked at frame by frame.

import { commentsOnFrames } from "./comment-grounds.js";
import { drawRegions } from "./draw-regions.js";
import { FrameViewer } from "./frames.js";

const host = document.getElementById("frames");
if (host?.dataset.series) {
    /** @type {import("./frames.js").SeriesData} */
    const data = JSON.parse(host.dataset.series);
    const viewer = new FrameViewer(host, data, host.dataset.patient ?? "");
    commentsOnFrames(viewer);
    const panel = document.getElementById("regions");
    if (panel && data.isPlanarView) drawRegions(viewer, panel, host.dataset.csrf ?? "");
}
