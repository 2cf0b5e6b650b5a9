"""The plan's page: images, keys, window, layers, read-out, limits, and what it prints."""
import io
import re
import subprocess

import numpy as np
from PIL import Image

from browser_page import until

# When the first slice was on the screen, and how long each key took until its frame was painted.
TIME_VIEWER = """(() => {
    const painted = (then) => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = then;
        channel.port2.postMessage(0);
    });
    window.keyTimes = [];
    addEventListener("keydown", () => {
        const start = performance.now();
        painted(() => window.keyTimes.push(performance.now() - start));
    }, { capture: true });
    const small = document.createElement("canvas");
    small.width = small.height = 32;
    const look = () => {
        const canvas = document.querySelector(".viewer-images canvas");
        if (canvas?.width > 1) {
            const pen = small.getContext("2d", { willReadFrequently: true });
            pen.drawImage(canvas, 0, 0, 32, 32);
            if (pen.getImageData(0, 0, 32, 32).data.some((v, n) => n % 4 !== 3 && v > 40)) {
                window.firstSliceMS = performance.now();
                return;
            }
        }
        if (performance.now() < 60000) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})();"""
STEPS = 40
# How often a key repeats that is held down.
REPEAT_MS = 33
READY = "document.querySelector('.viewer')?.getAttribute('aria-busy') === 'false' && document.querySelectorAll('.readout-item').length > 2"


def picture(page):
    data = page.locator(".viewer-stage").screenshot()
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def position(page):
    """Where the crosshair is, in mm towards left, posterior... as the page says it."""
    return page.locator(".readout-position").inner_text()


def press(page, browser, key, count=1):
    for _ in range(count):
        page.keyboard.press(key)
    browser.settle(page)


def number(text):
    return float(text.replace("−", "-").split()[0])


def check_images(page, browser, report):
    report.check(until(page, READY), "no images are shown")
    until(page, "window.firstSliceMS !== undefined")
    report.figures["first slice of the plan page, ms"] = round(page.evaluate("window.firstSliceMS ?? NaN"))
    labels = page.locator(".viewport-label").all_inner_texts()
    report.check(len(labels) == 3 and all("CT" in t and "HU" in t and "Gy" in t for t in labels),
                 f"series named on the views: {labels}")
    image = picture(page)
    report.check((image.max(-1) > 80).mean() > 0.05, "the images are black")
    colourful = (image.max(-1) - image.min(-1) > 60).mean()
    report.check(colourful > 0.01, f"dose and outlines colour {colourful:.1%} of the images")


def check_read_out(page, browser, report):
    """Inside the largest tumour: a dose in Gy, soft tissue in HU, and the structure's name."""
    items = page.locator(".readout-item").all_inner_texts()
    said = " | ".join(items)
    hu = [number(t.rsplit(" HU")[0].split()[-1]) for t in items if t.endswith(" HU")]
    gy = [number(t.rsplit(" Gy")[0].split()[-1]) for t in items if t.endswith(" Gy")]
    report.check(hu and -100 < hu[0] < 200, f"no soft tissue under the cursor: {said}")
    report.check(gy and gy[0] > 10, f"no dose in the tumour: {said}")
    report.check("Tumour" in items[-1] and "Liver" in items[-1], f"not in a tumour of the liver: {said}")


def check_keys(page, browser, report):
    stage = page.locator(".viewer-stage")
    stage.focus()
    before, image = position(page), picture(page)
    press(page, browser, "PageUp")
    report.check(position(page) != before, "Page up is no slice on")
    report.check((np.abs(picture(page) - image).max(-1) > 20).mean() > 0.01, "the next slice is the same picture")
    press(page, browser, "PageDown")
    report.check(position(page) == before, f"back a slice: {position(page)}, not {before}")

    window = [page.get_by_role("spinbutton", name=name, exact=True) for name in ("from", "to")]
    values = [w.input_value() for w in window]
    image = picture(page)
    page.get_by_role("combobox", name="Window").select_option(label="Lung")
    browser.settle(page)
    report.check([w.input_value() for w in window] != values, "the lung window has the same bounds")
    report.check((np.abs(picture(page) - image).max(-1) > 20).mean() > 0.05, "the lung window shows the same picture")
    page.get_by_role("combobox", name="Window").select_option(index=0)

    image = picture(page)
    shown = page.locator(".viewport-label").first.inner_text()
    layers = page.get_by_role("combobox", name="Layer", exact=True)
    layers.select_option(label=layers.locator("option", has_text=re.compile("dose", re.I)).first.inner_text())
    show = page.get_by_role("checkbox", name="Show")
    was = show.is_checked()
    show.set_checked(not was)
    browser.settle(page)
    report.check(page.locator(".viewport-label").first.inner_text() != shown, "the views name a hidden layer")
    report.check((np.abs(picture(page) - image).max(-1) > 15).mean() > 0.01, "hiding the dose changes nothing")
    show.set_checked(was)

    stage.focus()
    page.evaluate("window.keyTimes.length = 0")
    for n in range(STEPS):
        page.keyboard.press("PageUp" if n % 20 < 10 else "PageDown")
        page.wait_for_timeout(REPEAT_MS)
    browser.settle(page)
    times = page.evaluate("window.keyTimes")
    report.check(len(times) == STEPS, f"{len(times)} of {STEPS} steps were seen")
    report.figures["slice step by key, median, p95, ms"] = [
        round(float(np.percentile(times, p))) for p in (50, 95)]


def check_palette(page, browser, report):
    """By key: the dose in other colours, and its legend with it; back by the field."""
    layers = page.get_by_role("combobox", name="Layer", exact=True)
    layers.select_option(label=layers.locator("option", has_text=re.compile("dose", re.I)).first.inner_text())
    palette = page.get_by_role("combobox", name="Palette")
    was, image = palette.input_value(), picture(page)
    of_dose = lambda: page.locator(".legend").filter(has_text="Dose of").first.get_attribute("data-palette")
    report.check(of_dose() == was, f"the dose is in {was}, its legend in {of_dose()}")
    page.locator(".viewer-stage").focus()
    press(page, browser, "q")
    report.check(palette.input_value() not in ("", was) and of_dose() == palette.input_value(),
                 f"after Q: {palette.input_value()}, legend {of_dose()}")
    report.check((np.abs(picture(page) - image).max(-1) > 15).mean() > 0.005, "another palette shows the same picture")
    palette.select_option(was)
    browser.settle(page)
    report.check(of_dose() == was, "the field does not change the palette")


def check_numbers(page, report):
    """Every limit with its margin, one of them binding; doses with their interval."""
    limits = page.get_by_role("table").filter(has_text="Margin")
    rows = [r.locator("th, td").all_inner_texts() for r in limits.locator("tbody tr").all()]
    report.check(len(rows) > 0 and sum("binding" in r[0] for r in rows) == 1, f"limits: {rows}")
    for name, value, limit, margin in rows:
        gap = number(limit) - number(value)
        # Each of the three is rounded to a tenth or less.
        report.check(abs(abs(gap) - abs(number(margin))) <= 0.16, f"{name}: {value} of {limit}, margin {margin}")
    doses = page.get_by_role("table").filter(has_text="D98").locator("tbody tr").all_inner_texts()
    report.check(any("Tumour" in d for d in doses) and any("–" in d for d in doses), f"doses: {doses}")


def check_plan(page, browser, folder, report):
    check_images(page, browser, report)
    check_read_out(page, browser, report)
    check_keys(page, browser, report)
    check_palette(page, browser, report)
    check_numbers(page, report)


def printed_shape(path):
    """Width over height of the images on the first page: lines one after the other that are mostly dark."""
    pages = subprocess.run(["pdftoppm", "-r", "100", "-f", "1", "-l", "1", path], capture_output=True, check=True)
    dark = np.asarray(Image.open(io.BytesIO(pages.stdout)).convert("L")) < 200
    rows = longest_run(dark.mean(1) > 0.6)
    columns = longest_run(dark[rows].mean(0) > 0.6)
    return len(columns) / max(len(rows), 1)


def longest_run(flags):
    where = np.nonzero(flags)[0]
    return max(np.split(where, np.nonzero(np.diff(where) > 1)[0] + 1), key=len)


def check_print(page, folder, report):
    """On paper: the patient on top, black on white, no controls; images as they stood."""
    page.emulate_media(media="print", color_scheme="dark")
    hidden = [".banner-menu", ".viewer-toolbar", ".skip-link"]
    report.check(all(not page.locator(h).is_visible() for h in hidden), "controls are printed")
    colours = page.evaluate("(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))")
    report.check(colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"], f"printed in {colours}")
    page.emulate_media(media="null", color_scheme="dark")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)
    shape = page.evaluate("(({width, height}) => width / height)(document.querySelector('.viewer-images canvas'))")
    page.pdf(path=folder / "plan.pdf", prefer_css_page_size=True, print_background=True)
    name = page.locator(".banner-name").inner_text()
    text = subprocess.run(["pdftotext", folder / "plan.pdf", "-"], capture_output=True, text=True, check=True)
    sheets = text.stdout.rstrip("\f").split("\f")
    report.check(len(sheets) > 1 and all(name in s for s in sheets), "the patient is not on every sheet")
    printed = printed_shape(folder / "plan.pdf")
    report.check(abs(printed / shape - 1) < 0.02, f"images of {shape:.3f} to 1 are printed as {printed:.3f} to 1")
