"""What the plan's page draws of structures, held against the contours of the RTSTRUCT that they come from."""
from pathlib import Path

import numpy as np
import pydicom

from browser_page import until

# The largest organ, and a tumour that is small.
NAMES = ["Liver", "Tumour 4"]
MOST_PIXELS = 1.0
# A viewer of its own, with the page's code and scene: the page gives its viewer to nobody.
BEGIN = """async () => {
    const { Viewer } = await import("/modules/viewer.js");
    const { fetchedScene } = await import("/modules/scene-page.js");
    const host = document.createElement("section");
    host.className = "viewer";
    host.setAttribute("aria-label", "Outlines");
    document.querySelector("main").append(host);
    const scene = await fetchedScene(host, document.getElementById("viewer").dataset.scene);
    window.outlines = new Viewer(host, scene);
    await window.outlines.start();
}"""
LINES = "outlines.drawnLines().map((line) => ({ ...line, points: [...line.points] }))"
PLANES = {"axial": (0, 1, 2), "coronal": (0, 2, 1), "sagittal": (1, 2, 0)}


def contours(folder):
    """Polygons of every structure, RAS mm, by name: arrays of n x 3, each in one plane."""
    found = {}
    for path in sorted((Path(folder) / "dicom" / "rtstruct").iterdir()):
        image = pydicom.dcmread(path)
        names = {roi.ROINumber: roi.ROIName for roi in image.StructureSetROISequence}
        for roi in image.ROIContourSequence:
            for contour in roi.ContourSequence:
                points = np.array(contour.ContourData, float).reshape(-1, 3) * [-1, -1, 1]
                found.setdefault(names[roi.ReferencedROINumber], []).append(points)
    return found


def crossings(polygon, axis, value):
    """Where a closed polyline of n x 2 crosses `axis` at a value: the other coordinate, sorted."""
    a, b = polygon, np.roll(polygon, -1, 0)
    is_crossed = (a[:, axis] > value) != (b[:, axis] > value)
    a, b = a[is_crossed], b[is_crossed]
    share = (value - a[:, axis]) / (b[:, axis] - a[:, axis])
    return np.sort(a[:, 1 - axis] + share * (b[:, 1 - axis] - a[:, 1 - axis]))


def to_boundary(points, polygon):
    """The distance of each point to a closed polyline."""
    a, b = polygon, np.roll(polygon, -1, 0)
    along = b - a
    share = ((points[:, None] - a) * along).sum(-1) / np.maximum((along ** 2).sum(-1), 1e-12)
    near = a + np.clip(share, 0, 1)[..., None] * along
    return np.sqrt(((points[:, None] - near) ** 2).sum(-1)).min(1)


def distances(plane, cut, polygons, lines):
    """Millimetres between lines drawn in a plane at `cut` and the structure's contours."""
    if plane == "axial":
        here = [p[:, :2] for p in polygons if abs(p[0, 2] - cut) < 0.01]
        drawn = np.vstack([line for line in lines])
        return np.concatenate([np.min([to_boundary(drawn, p) for p in here], 0),
                               *[np.min([to_boundary(p, line) for line in lines], 0) for p in here]])
    # Across the contours: at the height of each one but the ends, where the line leaves and enters.
    axis, heights, found = PLANES[plane][2], sorted({p[0, 2] for p in polygons}), []
    for height in heights[1:-1]:
        there = [p[:, [1 - axis, axis]] for p in polygons if p[0, 2] == height]
        expected = np.sort(np.concatenate([crossings(p, 1, cut) for p in there]))
        drawn = np.sort(np.concatenate([crossings(line, 1, height + 1e-6) for line in lines]))
        if len(expected) and len(expected) == len(drawn):
            # Where the contour runs along the cut the crossing says nothing of the outline's place.
            slope = [abs(crossings(p, 1, cut + d) - crossings(p, 1, cut - d)) for p in there for d in [0.5]
                     if len(crossings(p, 1, cut + d)) == len(crossings(p, 1, cut - d)) == len(expected)]
            if slope and max(np.max(s) for s in slope) < 2:
                found.extend(np.abs(expected - drawn))
    return np.array(found)


def check_outlines(page, browser, patient, report):
    """On axial, coronal and sagittal views, as they open, zoomed, and after the window was resized."""
    page.evaluate(BEGIN)
    polygons = contours(patient)
    report.check(until(page, f"outlines.structures.length >= {len(NAMES)} && outlines.drawnLines().length > 0"), "no outlines are drawn")
    worst, compared = {}, 0
    for name in NAMES:
        middle = sorted({p[0, 2] for p in polygons[name]})[len({p[0, 2] for p in polygons[name]}) // 2]
        here = np.vstack([p for p in polygons[name] if p[0, 2] == middle])
        page.evaluate(f"outlines.setCursor([{here[:, 0].mean() + 0.3}, {here[:, 1].mean() + 0.2}, {middle}])")
        for state, action in [("at first", None), ("zoomed", "outlines.zoom(1.9)"), ("resized", "size"), ("back", "outlines.zoom(1 / 1.9)")]:
            if action == "size":
                page.set_viewport_size({"width": 1111, "height": 777})
                page.wait_for_timeout(200)
            elif action:
                page.evaluate(action)
            browser.settle(page)
            lines = [line for line in page.evaluate(LINES) if line["label"] == name and line["closed"]]
            for tile in page.evaluate("outlines.tiles()"):
                plane = tile["plane"]
                drawn = [np.array(line["points"]).reshape(-1, 2) for line in lines if line["plane"] == plane]
                report.check(drawn != [], f"{name}, {plane}, {state}: no closed line")
                if not drawn:
                    continue
                off = distances(plane, tile["cut"]["w0"], polygons[name], drawn)
                pixels = off / (abs(tile["fovU"]) / tile["width"])
                compared += len(pixels)
                worst[plane] = max(worst.get(plane, 0), float(pixels.max(initial=0)))
                report.check(len(pixels) > 3 and pixels.max() <= MOST_PIXELS,
                             f"{name}, {plane}, {state}: {pixels.max(initial=np.inf):.2f} px, {off.max(initial=np.inf):.2f} mm off the RTSTRUCT")
        page.set_viewport_size({"width": 1280, "height": 900})
    report.figures["outlines off the RTSTRUCT, worst, pixels; places"] = [{k: round(v, 2) for k, v in worst.items()}, compared]
    page.evaluate("outlines.destroy()")
