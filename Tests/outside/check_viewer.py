"""Drives the image viewer in a headless Chromium over synthetic volumes, and checks what it shows.

Usage: check_viewer.py FOLDER [--large]. FOLDER receives volumes and pictures. The volumes are made
with nibabel, expected values come from numpy. Prints one JSON object: measured figures, and
failures; exits 1 when there are any. --large adds a 512 x 512 x 300 CT with 20 structures (minutes).
Longer than 400 lines because every check shares one browser, whose start is the slow part.
"""
import io
import json
import sys
import time
from pathlib import Path

import nibabel
import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import viewer_data
from browser_page import Browser, Report, check_axe, until
from viewer_data import AFFINES, BOX, SPHERE_CENTRE, SPHERE_SCALE
from viewer_loading import check_arrival
from web_server import serve

WEB = Path(__file__).resolve().parents[2] / "Web"
PLANES = {"axial": (0, 1, 2), "coronal": (0, 2, 1), "sagittal": (1, 2, 0)}


class ViewerBrowser(Browser):
    """Opens pages that say when their viewer has loaded."""

    def open(self, path, width=1280, height=900, theme="dark"):
        page = self.page(width, height, theme)
        page.goto(self.base + path)
        until(page, "window.loadingMS !== undefined", seconds=300)
        self.settle(page)
        return page


def picture(page, lines=False):
    """The pixels of the stage as a person sees them, without names, and without lines if so."""
    page.evaluate("document.querySelector('.viewer-labels').hidden = true")
    if not lines:
        page.evaluate("viewer.overlay.drawLines = viewer.overlay.drawOver = () => {}; viewer.stage.redraw(); viewer.stage.draw()")
    data = page.locator(".viewer-images").screenshot()
    page.evaluate("document.querySelector('.viewer-labels').hidden = false")
    if not lines:
        page.evaluate("delete viewer.overlay.drawLines; delete viewer.overlay.drawOver; viewer.stage.redraw(); viewer.stage.draw()")
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def tiles(page):
    return {t["plane"]: t for t in page.evaluate("viewer.tiles()")}


def inside(image, tile):
    left, top = round(tile["left"]), round(tile["top"])
    return image[top:top + round(tile["height"]), left:left + round(tile["width"])]


def check_orientation(browser, folder, report):
    """The block on the patient's right, in front and high is on screen left, top and so on."""
    centre = viewer_data.MARKER.mean(0)
    for name in AFFINES:
        page = browser.open(viewer_data.marker_page(folder, name))
        page.evaluate(f"viewer.setCursor({centre.tolist()})")
        browser.settle(page)
        image, places = picture(page), tiles(page)
        # A bright block on a black ground of a darker body.
        expected = {"axial": (-1, -1), "coronal": (-1, -1), "sagittal": (-1, -1)}
        for plane, (x_sign, y_sign) in expected.items():
            part = inside(image, places[plane])
            rows, columns = np.nonzero((part > 200).all(-1))
            report.check(len(rows) > 50, f"{name}, {plane}: the marker is not seen")
            if len(rows) == 0:
                continue
            x = columns.mean() / part.shape[1] * 2 - 1
            y = rows.mean() / part.shape[0] * 2 - 1
            report.check(x * x_sign > 0.1 and y * y_sign > 0.1,
                         f"{name}, {plane}: marker at {x:.2f}, {y:.2f} of the half view")
            report.figures[f"marker {name} {plane}"] = [round(x, 2), round(y, 2)]
        browser.close(page)


def edges_of_picture(values, threshold=127):
    """Where brightness crosses the middle, in pixels: between the two pixels of each step."""
    high = values > threshold
    return np.nonzero(high[1:] != high[:-1])[0] + 1.0


def line_places(green):
    """Middles of the runs of the line's colour."""
    where = np.nonzero(green)[0]
    if len(where) == 0:
        return np.array([])
    runs = np.split(where, np.nonzero(np.diff(where) > 1)[0] + 1)
    return np.array([run.mean() + 0.5 for run in runs])


def check_contours(browser, folder, report):
    """The drawn outline of a mask lies on the edge of the same box in the picture."""
    worst, compared = 0.0, 0
    for name in ["identity", "flipped", "oblique", "oblique, flipped"]:
        page = browser.open(viewer_data.box_page(folder, name))
        # Squares show a grid that the planes run along as it is; a turned one is cut between voxels.
        page.evaluate(f"viewer.setNearest({json.dumps('oblique' not in name)})")
        # The label would hide a part of the line.
        page.evaluate("viewer.overlay.contours.forEach((c) => { c.label = ''; })")
        middle = AFFINES[name][:3, :3] @ (BOX.mean(0) + 0.3) + AFFINES[name][:3, 3]
        for state, action in [
                ("at first", f"viewer.setCursor({middle.tolist()})"),
                ("zoomed", "viewer.zoom(1.9)"),
                ("panned", "viewer.panActive(0.7, -0.4)"),
                ("resized", None), ("three slices on", "viewer.step('axial', 3)")]:
            if action:
                page.evaluate(action)
            else:
                page.set_viewport_size({"width": 1111, "height": 777})
                page.wait_for_timeout(200)
            browser.settle(page)
            image, lines = picture(page).mean(-1), picture(page, lines=True)
            colour = (lines[..., 1] > 150) & (lines[..., 0] < 120) & (lines[..., 2] < 120)
            for plane, tile in tiles(page).items():
                cursor = page.evaluate("viewer.cursor()")
                u, v, _ = PLANES[plane]
                x = tile["left"] + (cursor[u] - tile["u"]) / tile["fovU"] * tile["width"]
                y = tile["top"] + (1 - (cursor[v] - tile["v"]) / tile["fovV"]) * tile["height"]
                # Beside the crosshair, which is drawn on the same canvas.
                row, column = int(y) + 14, int(x) + 14
                left, top = int(tile["left"]) + 2, int(tile["top"]) + 2
                right = int(tile["left"] + tile["width"]) - 2
                bottom = int(tile["top"] + tile["height"]) - 2
                for seen, drawn in [
                        (edges_of_picture(image[row, left:right]), line_places(colour[row, left:right])),
                        (edges_of_picture(image[top:bottom, column]), line_places(colour[top:bottom, column]))]:
                    report.check(len(seen) > 0 or state != "at first", f"{name}, {plane}: no edge seen")
                    report.check(len(seen) == len(drawn),
                                 f"{name}, {plane}, {state}: edges {seen}, lines {drawn}")
                    if len(seen) != len(drawn):
                        continue
                    for a, b in zip(seen, drawn):
                        compared += 1
                        worst = max(worst, abs(a - b))
                        report.check(abs(a - b) <= 1, f"{name}, {plane}, {state}: edge {a}, line {b}")
        page.screenshot(path=folder / f"contour-{name.replace(', ', '-')}.png")
        browser.close(page)
    report.figures["contour to picture, worst, pixels"] = round(float(worst), 2)
    report.figures["contour places compared"] = compared


def points_inside(image, rng, count):
    """Points off the voxels' edges, so that rounding does not choose between two voxels."""
    index = rng.integers(0, image.shape, (count, 3))
    return index, (index + rng.uniform(-0.45, 0.45, (count, 3))) @ image.affine[:3, :3].T \
        + image.affine[:3, 3]


def check_readout(page, folder, report):
    rng = np.random.default_rng(11)
    for name in ["ct", "pet", "dose", "delivered"]:
        image = nibabel.load(folder / f"{name}.nii.gz")
        values = image.get_fdata()
        worst = 0.0
        for index, point in zip(*points_inside(image, rng, 20)):
            expected = values[tuple(index)]
            read = page.evaluate(f"viewer.readout({point.tolist()})")
            got = next(v for v in read["layers"] if v["id"] == name)["value"]
            error = abs(got - expected) / max(abs(expected), 1e-9) if got is not None else np.inf
            worst = max(worst, error if expected else abs(got))
            report.check(error <= 0.005 or got == expected, f"{name} at {point}: {got}, numpy {expected}")
        report.figures[f"read-out {name}, worst relative"] = float(f"{worst:.1e}")
    outside = page.evaluate("viewer.readout([500, 0, 0])")
    report.check(all(v["value"] is None for v in outside["layers"]), "a value outside the grids")


def check_isodoses(page, browser, report):
    """Drawn lines against the analytic sphere: dose 100 exp(-r / 30), a voxel is 4 mm."""
    worst = {}
    for point in [[6, -9, 3], [9.3, -4.1, 8.7], [14, 2, -6]]:
        page.evaluate(f"viewer.setCursor({point})")
        browser.settle(page)
        cuts = {plane: t["cut"] for plane, t in tiles(page).items()}
        lines = page.evaluate("viewer.drawnLines().map((l) => ({...l, points: [...l.points]}))")
        for level, key, factor in [(20, "dose", 1), (50, "dose", 1), (50, "delivered", 0.9)]:
            radius = SPHERE_SCALE * np.log(100 * factor / level)
            for plane, (u, v, w) in PLANES.items():
                found = [l for l in lines if l["key"] == f"isodose {key} {level}" and l["plane"] == plane]
                report.check(len(found) == 1 and found[0]["closed"], f"{key} {level} Gy, {plane}: {len(found)} lines")
                if not found:
                    continue
                flat = np.array(found[0]["points"]).reshape(-1, 2)
                mm = np.zeros((len(flat), 3))
                mm[:, u], mm[:, v], mm[:, w] = flat[:, 0], flat[:, 1], cuts[plane]["w0"]
                off = np.abs(np.linalg.norm(mm - SPHERE_CENTRE, axis=1) - radius).max()
                worst[plane] = max(worst.get(plane, 0), off)
                report.check(off <= 2, f"{key} {level} Gy, {plane}: {off:.2f} mm off the sphere")
    report.figures["isodose off the sphere, worst, mm"] = {k: round(float(v), 2) for k, v in worst.items()}


def check_page(page, browser, report):
    """Names, refusals, keys, text for screen readers."""
    stage = page.locator(".viewer-stage")
    report.check(stage.get_attribute("role") == "application" and "Synthetic^Marker" in
                 stage.get_attribute("aria-label"), "the stage has no role or name")
    labels = page.locator(".viewport-label").all_inner_texts()
    report.check(len(labels) == 3 and all("Series ct · CT · 2026-03-02 · HU" in t for t in labels),
                 f"labels: {labels}")
    refusals = page.locator(".viewer-refusals").inner_text()
    report.check("MR liver is not shown" in refusals and "FDG PET is not shown" in refusals, refusals)
    shown = page.evaluate("viewer.layers().map((s) => s.layer.id)")
    report.check(shown == ["ct", "pet", "dose", "delivered"], f"layers on show: {shown}")
    page.get_by_role("button", name="Register").first.click()
    events = page.evaluate("window.events.filter((e) => e[0] === 'grevy-register').length")
    report.check(events == 1, "Register does nothing")

    cursor = lambda: np.array(page.evaluate("viewer.cursor()"))
    press = lambda key: (page.keyboard.press(key), browser.settle(page))
    stage.focus()
    page.evaluate("viewer.setCursor([6, -9, 3])")
    start = cursor()
    press("PageUp")
    report.check(np.allclose(cursor()[2] - start[2], 5, atol=3) and cursor()[2] > start[2], "Page up is no slice on")
    before = cursor()
    press("ArrowLeft")
    report.check(np.isclose(cursor()[0] - before[0], 4, atol=0.01), "the left arrow does not go to the patient's right")
    press("2")
    # The first step goes to the middle of a voxel, the next by a whole one.
    press("PageUp")
    before = cursor()
    press("PageUp")
    report.check(np.isclose(cursor()[1] - before[1], 4, atol=0.01), "Page up is no coronal slice on")
    press("w")
    report.check(page.evaluate("viewer.presetOf(viewer.activeLayer())") == "liver", "w is no preset")
    press("n")
    press("n")
    report.check("Tumour 1" in page.evaluate("viewer.readout().structures"), "n does not go to the tumour")
    # Keys that NiiVue would act upon do nothing.
    state = page.evaluate("JSON.stringify([viewer.state, viewer.stage.view])")
    for key in "cpv":
        press(key)
    report.check(state == page.evaluate("JSON.stringify([viewer.state, viewer.stage.view])"),
                 "C, P or V changed the view")
    page.locator("#note").focus()
    window = page.evaluate("[viewer.activeLayer().low, viewer.activeLayer().high]")
    page.keyboard.type("wlhn123")
    report.check(page.locator("#note").input_value() == "wlhn123", "a field lost characters")
    report.check(window == page.evaluate("[viewer.activeLayer().low, viewer.activeLayer().high]"), "a key typed in a field reached the viewer")
    page.get_by_label("Single-letter keys").uncheck()
    stage.focus()
    press("w")
    report.check(window == page.evaluate("[viewer.activeLayer().low, viewer.activeLayer().high]"), "w works although turned off")
    before = cursor()
    press("PageDown")
    report.check(not np.allclose(before, cursor()), "Page down went off with the characters")
    page.get_by_label("Single-letter keys").check()

    page.evaluate("viewer.setCursor([6, -9, 3])")
    page.wait_for_timeout(700)
    spoken = page.locator("[aria-live=polite]").inner_text()
    report.check("Coronal plane" in spoken and "Series dose: " in spoken and "Gy" in spoken
                 and "Inside Liver, Tumour 1" in spoken, f"spoken: {spoken}")
    report.figures["spoken"] = spoken


def check_pointer(page, browser, report):
    box = page.locator(".viewer-stage").bounding_box()
    tile = tiles(page)["axial"]
    images = page.locator(".viewer-images").bounding_box()
    x, y = images["x"] + tile["left"] + tile["width"] * 0.3, images["y"] + tile["top"] + tile["height"] * 0.4
    page.mouse.click(x, y)
    browser.settle(page)
    cursor = page.evaluate("viewer.cursor()")
    expected = [tile["u"] + 0.3 * tile["fovU"], tile["v"] + 0.6 * tile["fovV"]]
    pixel = abs(tile["fovU"]) / tile["width"]
    report.check(np.allclose(cursor[:2], expected, atol=1.01 * pixel), f"click: {cursor[:2]}, expected {expected}")
    page.mouse.wheel(0, 120)
    browser.settle(page)
    report.check(page.evaluate("viewer.cursor()")[2] < cursor[2], "the wheel is no slice down")
    window = page.evaluate("viewer.activeLayer().high - viewer.activeLayer().low")
    page.mouse.move(x, y)
    page.mouse.down(button="right")
    page.mouse.move(x + 60, y)
    page.mouse.up(button="right")
    browser.settle(page)
    report.check(page.evaluate("viewer.activeLayer().high - viewer.activeLayer().low") > window, "dragging does not widen the window")
    report.check(box is not None, "no stage")


def wait_for_render(page):
    for _ in range(300):
        page.wait_for_timeout(100)
        if page.evaluate("viewer.render?.niivue?.volumes.length === 3"):
            return True
    return False


def check_lost_context(page, browser, report):
    """The 3D view comes on request, says when its memory is gone, and comes back."""
    page.evaluate("viewer.setLayout('quad')")
    report.check(wait_for_render(page), "no 3D view")
    page.wait_for_timeout(1500)
    page.screenshot(path=Path(sys.argv[1]) / "quad.png")
    options = page.evaluate("(({isRadiologicalConvention, dragAndDropEnabled, interactive}) => "
                            "[isRadiologicalConvention, dragAndDropEnabled, interactive])(viewer.render.niivue.opts)")
    report.check(options == [True, False, False], f"NiiVue's options: {options}")
    page.evaluate("viewer.render.niivue.gl.getExtension('WEBGL_lose_context').loseContext()")
    page.wait_for_timeout(500)
    notice = page.get_by_role("alert")
    report.check("graphics memory" in notice.inner_text(), "a lost context says nothing")
    page.get_by_role("button", name="Load the 3D view again").click()
    report.check(wait_for_render(page), "the 3D view does not come back")
    report.check(page.locator(".viewer-notice").is_hidden(), "the notice stays")
    page.evaluate("viewer.setLayout('three')")
    browser.settle(page)
    report.check(page.evaluate("viewer.render === null && viewer.tiles().length === 3"), "the 3D view does not end")


def check_link(page, browser, report):
    """A second viewer follows the first in mm, and is the leader when it has the focus."""
    page.evaluate("""async () => {
        const { createViewer } = await import("/Modules/viewer.js");
        const { linked } = await import("/Modules/link.js");
        const host = document.createElement("div");
        document.querySelector("main").append(host);
        window.other = await createViewer(host, viewer.scene);
        window.unlink = linked(viewer, other);
    }""")
    settle = lambda: [browser.settle(page) for _ in range(3)]
    near = lambda a, b: np.allclose(page.evaluate(f"{a}.cursor()"), b, atol=0.01)
    settle()
    for leader, follower, stage, point in [
            ("viewer", "other", 0, [14, 6, -7]), ("other", "viewer", 1, [-22, 10, 13])]:
        page.locator(".viewer-stage").nth(stage).focus()
        page.evaluate(f"{leader}.setCursor({point})")
        settle()
        report.check(near(leader, point) and near(follower, point), f"{follower} does not follow {leader}")
    page.evaluate("unlink()")
    page.evaluate("other.setCursor([0, 0, 0])")
    settle()
    report.check(near("viewer", [-22, 10, 13]), "it follows although the link has ended")
    page.evaluate("other.destroy()")


TIME_SLIDER = """async (count) => {
    const times = [];
    const slider = document.getElementById("s0");
    for (let n = 0; n < count; n += 1) {
        await new Promise(requestAnimationFrame);
        const start = performance.now();
        slider.value = String(0.5 + 4 * n / count);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        // A task after the next frame: the frame has been painted.
        await new Promise((done) => requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = done;
            channel.port2.postMessage(0);
        }));
        times.push(performance.now() - start);
    }
    return times;
}"""


def check_components(browser, folder, report):
    """The style sheet's components in both themes and at 200 % zoom; the slider's latency."""
    for theme in ["dark", "light"]:
        page = browser.open("/Tests/components.html", theme=theme)
        page.screenshot(path=folder / f"components-{theme}.png", full_page=True)
        check_axe(page, f"components, {theme}", report)
        small = page.evaluate("""[...document.querySelectorAll("a, button, input, select, textarea, summary")]
            .filter((e) => e.offsetParent && !e.classList.contains("skip-link")).filter((e) => {
                const box = (e.closest("label") ?? e).getBoundingClientRect();
                return box.width < 24 || (box.height < 24 && e.type !== "range");
            }).map((e) => e.outerHTML.slice(0, 80))""")
        report.check(small == [], f"targets below 24 px: {small}")
        browser.close(page)
    # 1280 wide at 200 % is 640 wide: nothing may need scrolling sideways.
    page = browser.open("/Tests/components.html", width=640, height=450)
    wide = page.evaluate("document.documentElement.scrollWidth")
    report.check(wide <= 640, f"at 200 % the page is {wide} px wide")
    times = page.evaluate(TIME_SLIDER, 60)
    report.figures["slider to paint, 4 structures of 10,000, median, p95, ms"] = [
        round(float(np.percentile(times, p))) for p in (50, 95)]
    browser.close(page)


# The end of a task after the next frame: that frame has been painted.
PAINTED = """const painted = () => new Promise((done) => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = done;
        channel.port2.postMessage(0);
    }));"""
TIME_STEPS = "async (count) => {" + PAINTED + """
    const times = [];
    for (let n = 0; n < count; n += 1) {
        const start = performance.now();
        viewer.step('axial', n % 20 < 10 ? 1 : -1);
        await painted();
        times.push(performance.now() - start);
    }
    return times;
}"""
TIME_WINDOWS = "async (count) => {" + PAINTED + """
    const times = [];
    for (let n = 0; n < count; n += 1) {
        const start = performance.now();
        viewer.setWindow(viewer.layers()[0].layer.id, -160 - n, 240 + n);
        await painted();
        times.push(performance.now() - start);
    }
    return times;
}"""


def measure(page, name, report, steps=60, windows=10):
    figures = report.figures
    times = page.evaluate(TIME_STEPS, steps)
    figures[f"{name}: slice step median, p95, ms"] = [round(float(np.percentile(times, p))) for p in (50, 95)]
    times = page.evaluate(TIME_WINDOWS, windows)
    figures[f"{name}: window median, p95, ms"] = [round(float(np.percentile(times, p))) for p in (50, 95)]
    figures[f"{name}: shown after, ms"] = round(page.evaluate("loadingMS"))
    figures[f"{name}: JS heap, MB"] = round(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)


def timed(check, *arguments):
    start = time.monotonic()
    check(*arguments)
    print(f"{check.__name__}: {time.monotonic() - start:.1f} s", file=sys.stderr)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    report = Report()
    base, stop = serve(WEB, folder)
    with sync_playwright() as playwright:
        browser = ViewerBrowser(playwright, base, report)
        timed(check_orientation, browser, folder, report)
        timed(check_contours, browser, folder, report)
        timed(check_components, browser, folder, report)
        timed(check_arrival, browser, folder, report)
        page = browser.open(viewer_data.fused_page(folder))
        page.screenshot(path=folder / "viewer.png")
        timed(check_readout, page, folder, report)
        timed(check_isodoses, page, browser, report)
        timed(check_page, page, browser, report)
        timed(check_pointer, page, browser, report)
        measure(page, "64 x 56 x 40, 4 layers, 2 structures", report)
        check_axe(page, "viewer", report)
        timed(check_link, page, browser, report)
        timed(check_lost_context, page, browser, report)
        browser.close(page)
        if "--large" in sys.argv:
            page = browser.open(viewer_data.large_page(folder))
            page.screenshot(path=folder / "large.png")
            measure(page, "512 x 512 x 300, dose, 20 structures", report)
            browser.close(page)
        report.figures["requests"] = browser.requests
        browser.chromium.close()
    stop()
    print(json.dumps({"measured": report.checks, "failures": report.failures[:40],
                      "figures": report.figures}, indent=1))
    sys.exit(1 if report.failures else 0)


main()
