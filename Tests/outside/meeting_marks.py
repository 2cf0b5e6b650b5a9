"""Ultrasound and captures in a meeting: shown to everybody, frames as key images, lengths where pixels have a
size; read back with pydicom."""
import math
from pathlib import Path

import pydicom

from browser_page import Browser, until
from meeting_pages import IDLE
from meeting_pictures import LABELS, SECONDS, choose, same
from picture_objects import COLUMNS, REGION, ROWS
from template_validator import template_faults

KEYS, MEASURED = ("[...document.querySelectorAll('.session-panel ol')][%d].innerText" % n for n in (0, 1))
SAID = "document.querySelector('.session-panel').innerText"
WINDOW = "document.querySelector('#session .viewer-toolbar [role=group][aria-label=Window]') !== null"
VALIDATOR = Path("/usr/share/java/pixelmed.jar")
# Ends of a line in the calibrated region: columns and rows.
START, END = (12, 10), (44, 34)
# A key pans by a tenth of the picture.
STEP_PIXELS = COLUMNS / 10


def mm(start, end):
    return 10 * math.hypot((end[0] - start[0]) * REGION["dx"], (end[1] - start[1]) * REGION["dy"])


def show(presenter, follower, words, report):
    choose(presenter, words)
    report.check(until(presenter, f"{IDLE} && {LABELS}.includes({words!r})", SECONDS), f"no {words} at the presenter's")
    same(presenter, follower, words, report)


def press(page, *keys):
    for key in keys:
        page.locator("#session .viewer-stage").focus()
        page.keyboard.press(key)


def drag(page, start, end):
    """Draws on the whole picture, from the centre of one pixel to that of another."""
    canvas = page.locator("#session .viewer-volume")
    canvas.scroll_into_view_if_needed()
    Browser.settle(page)
    box = canvas.bounding_box()
    scale = min(box["width"] / COLUMNS, box["height"] / ROWS)
    at = [(box["x"] + box["width"] / 2 + (x + 0.5 - COLUMNS / 2) * scale,
           box["y"] + box["height"] / 2 + (y + 0.5 - ROWS / 2) * scale) for x, y in (start, end)]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=4)
    page.mouse.up()


def items(data, kind):
    for item in data.get("ContentSequence", []):
        if item.ValueType == kind:
            yield item
        yield from items(item, kind)


def read(page, base, name, template, folder, report):
    """An object of the meeting, which PixelMed's validator holds against its template where it is installed."""
    answer = page.request.get(f"{base}/{name}")
    report.check(answer.ok, f"{name}: {answer.status} {answer.text()[:200] if not answer.ok else ''}")
    file = folder / name
    file.write_bytes(answer.body())
    if VALIDATOR.exists():
        faults = template_faults(file, template)
        report.check(faults == [], f"{name} by PixelMed: {faults}")
    return pydicom.dcmread(file)


def check_marks(presenter, follower, case, path, uid, folder, report):
    """`uid`: of the grey film. Both pages are of one size; the presenter presents the open case."""
    for words, has_window in [("RGB cine", False), ("JPEG cine", False), ("Colour capture", False), ("Grey cine", True)]:
        show(presenter, follower, words, report)
        report.check(presenter.evaluate(WINDOW) == has_window, f"{words}: a window is {'not ' if has_window else ''}offered")
    press(presenter, "PageUp")
    until(presenter, f"{IDLE} && {LABELS}.includes('Frame 2 of')", SECONDS)
    press(presenter, "k")
    report.check(until(follower, f"{KEYS}.includes('(frame 2)')", SECONDS), f"key image: {follower.evaluate(KEYS)!r}")
    press(presenter, "e", "Shift+ArrowRight", "e")
    presenter.locator("#keep-measurement").click()
    first = 10 * STEP_PIXELS * REGION["dx"]
    report.check(until(follower, f"{MEASURED}.includes('long diameter {first:.2f} mm')", SECONDS),
                 f"a length by keys, {first:.2f} mm: {follower.evaluate(MEASURED)!r}")
    press(presenter, "Home")
    presenter.locator("#draw-diameters").click()
    drag(presenter, START, END)
    presenter.locator("#keep-measurement").click()
    report.check(until(follower, f"{MEASURED}.split('long diameter').length === 3", SECONDS),
                 f"a length by the pointer: {follower.evaluate(MEASURED)!r}")
    same(presenter, follower, "lengths on a frame", report)
    drag(presenter, (30, 30), (60, 30))
    presenter.locator("#keep-measurement").click()
    report.check(until(presenter, f"{SAID}.includes('one part of an ultrasound picture')", SECONDS), "a length across the margin is kept")
    presenter.locator("#draw-circle").click()
    report.check(until(presenter, f"{SAID}.includes('circles are drawn on slices')", SECONDS), "a circle is drawn on a picture")
    show(presenter, follower, "RGB cine", report)
    press(presenter, "e", "Shift+ArrowRight", "e")
    presenter.locator("#keep-measurement").click()
    report.check(until(presenter, f"{SAID}.includes('how large its pixels are')", SECONDS), "a picture without a size is measured")
    presenter.get_by_role("button", name="Go to 1").click()
    report.check(until(presenter, f"{IDLE} && {LABELS}.includes('Frame 2 of') && {LABELS}.includes('Grey cine')", SECONDS),
                 f"a key image leads to {presenter.evaluate(LABELS)!r}")
    check_objects(presenter, f"{path.split('/meetings/')[0]}{case}/meetings/{path.split('/meetings/')[1]}", uid, first, folder, report)


def check_objects(presenter, base, uid, first, folder, report):
    key = read(presenter, base, "key-images.dcm", 2010, folder, report)
    image, = (item.ReferencedSOPSequence[0] for item in items(key, "IMAGE"))
    report.check((image.ReferencedSOPInstanceUID, image.ReferencedFrameNumber) == (uid, 2), f"key image: {image}")
    report_object = read(presenter, base, "measurements.dcm", 1500, folder, report)
    numbers = [float(item.MeasuredValueSequence[0].NumericValue) for item in items(report_object, "NUM")]
    drawn = mm(START, END)
    # A pointer stands on whole pixels of the screen, of which a picture's has ten.
    report.check(len(numbers) == 2 and abs(numbers[0] - first) < 1e-6 and abs(numbers[1] - drawn) < 0.1,
                 f"{numbers} mm, not {first} and {drawn}")
    report.figures["a length by the pointer off by, mm"] = round(abs(numbers[-1] - drawn), 3)
    shapes = list(items(report_object, "SCOORD"))
    report.check(len(shapes) == 2 and not list(items(report_object, "SCOORD3D")), f"{len(shapes)} lines")
    # The standard's origin is the corner of the first pixel.
    ends = [float(x) for x in shapes[0].GraphicData]
    middle = [COLUMNS / 2, ROWS / 2]
    report.check(all(abs(a - b) < 1e-3 for a, b in zip(ends, [*middle, middle[0] + STEP_PIXELS, middle[1]])), f"ends at {ends}")
    for shape in shapes:
        image = shape.ContentSequence[0].ReferencedSOPSequence[0]
        report.check((image.ReferencedSOPInstanceUID, image.ReferencedFrameNumber) == (uid, 2), f"measured on {image}")
