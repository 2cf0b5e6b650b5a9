"""Layers that come one after the other: a preview first, one that fails, and a person who goes on."""
import numpy as np

import viewer_data
from browser_page import until

POINT = [14.0, -6.0, 9.0]


def preview_page(folder):
    """The page of the four layers, whose CT has a reduced copy of every second voxel."""
    path = viewer_data.fused_page(folder)
    affine = viewer_data.AFFINES["flipped"] @ np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = viewer_data.AFFINES["flipped"][:3, :3] @ [0.5, 0.5, 0.5] \
        + viewer_data.AFFINES["flipped"][:3, 3]
    shape = tuple(n // 2 for n in viewer_data.SHAPE)
    reduced = np.where((np.abs(viewer_data.positions(affine, shape)) < [110, 95, 85]).all(-1), 0, -1000)
    url = viewer_data.save(folder, "ct-reduced", reduced.astype(np.int16), affine)
    scene = (folder / "fused.json").read_text()
    (folder / "arriving.json").write_text(
        scene.replace('"url": "/data/ct.nii.gz"', f'"url": "/data/ct.nii.gz", "previewURL": "{url}"', 1))
    return path.replace("fused", "arriving")


def said(page, name):
    return next((t for t in page.locator(".readout-item").all_inner_texts() if t.startswith(name)), "")


def check_arrival(browser, folder, report):
    page = browser.page()
    held = []
    page.route("**/data/ct.nii.gz", lambda route: held.append(route))
    page.route("**/data/dose.nii.gz", lambda route: route.abort())
    page.goto(browser.base + preview_page(folder))
    report.check(until(page, "window.viewer?.layers?.()[0]?.preview && viewer.structures.length === 2", seconds=20),
                 "the preview is not shown, or structures wait for the CT")
    browser.settle(page)
    label = lambda: page.locator(".viewport-label").first.inner_text()
    names = lambda: [t for t in label().split("\n") if "Series" in t]
    report.check("not for measuring" in label(), f"the preview is not marked: {label()}")
    report.check(said(page, "Series ct") == "Series ct loading", f"a value on a preview: {said(page, 'Series ct')}")
    report.check("Series ct: " in page.locator(".viewer-progress").inner_text(), "no progress of the CT")
    notice = page.get_by_role("alert").filter(has_text="Series dose could not be loaded")
    report.check(notice.count() == 1, "a layer that fails says nothing")
    before = names()[0].split(" [")[0]
    page.evaluate(f"viewer.setCursor({POINT}); viewer.zoom(1.5); viewer.nextLayer()")
    browser.settle(page)
    view = page.evaluate("JSON.stringify([viewer.cursor(), viewer.stage.view.zoom, viewer.activeLayer().layer.id])")
    report.check(len(held) == 1, f"the CT was asked for {len(held)} times")
    held[0].continue_()
    until(page, "window.loadingMS !== undefined", seconds=20)
    browser.settle(page)
    report.check(page.evaluate("JSON.stringify([viewer.cursor(), viewer.stage.view.zoom, viewer.activeLayer().layer.id])")
                 == view, "the CT's arrival moves the view or changes the layer")
    report.check("not for measuring" not in label() and names()[0].split(" [")[0] == before,
                 f"after the CT: {label()}")
    report.check("HU" in said(page, "Series ct"), f"no value on the CT: {said(page, 'Series ct')}")
    report.check(page.locator(".viewer-progress").inner_text() == "", "progress stays")
    shown = page.evaluate("viewer.layers().map((s) => s.layer.id)")
    report.check(shown == ["ct", "pet", "delivered"], f"without the dose: {shown}")
    page.unroute("**/data/dose.nii.gz")
    page.get_by_role("button", name="Load it again").click()
    report.check(until(page, "viewer.layers().length === 4", seconds=20), "the dose does not come when asked for again")
    shown = page.evaluate("viewer.layers().map((s) => s.layer.id)")
    report.check(shown == ["ct", "pet", "dose", "delivered"], f"in this order: {shown}")
    report.check(notice.count() == 0, "the notice stays")
    browser.close(page)
