"""Pages of images beside a plan: planar views with regions, registration, two sets side by side."""
import json
import re

import numpy as np

from browser_page import until
from page_looks import look
from workspace_plan import picture, press

JOB_SECONDS = 120
PERCENT = r"lung shunt ([\d.]+) %"
SHUNT_TOLERANCE = 0.01
IDLE = "document.querySelector('.viewer')?.getAttribute('aria-busy') === 'false'"
ALL_IDLE = "[...document.querySelectorAll('.viewer')].every((v) => v.getAttribute('aria-busy') === 'false')"


def row(page, text):
    return page.get_by_role("row").filter(has_text=text).first


def open_series(page, base, text):
    page.goto(base)
    row(page, text).locator("th a").click()
    page.wait_for_load_state()


def at(page, frame, column, row):
    """Where a pixel of a frame is on the page; frames lie side by side."""
    box = page.locator(".viewer-images canvas").bounding_box()
    data = json.loads(page.locator("#frames").get_attribute("data-series"))
    width = box["width"] / len(data["frames"])
    scale = min(width / data["columns"], box["height"] / data["rows"])
    x = box["x"] + (frame - 0.5) * width + (column + 0.5 - data["columns"] / 2) * scale
    return x, box["y"] + box["height"] / 2 + (row + 0.5 - data["rows"] / 2) * scale


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*((a + b) / 2 for a, b in zip(start, end)))
    page.mouse.move(*end)
    page.mouse.up()


def check_frames(page, browser, folder, truth, report):
    """Lungs as a polygon, liver as a rectangle, drawn by pointer, give the shunt that is true."""
    base = page.url
    open_series(page, base, "planar")
    report.check(until(page, "document.querySelector('#frames')?.dataset.shown"), "no planar views")
    labels = page.locator(".viewport-label").all_inner_texts()
    report.check(len(labels) == 2 and "anterior" in labels[0] and "posterior" in labels[1]
                 and all("counts" in t and "planar" in t for t in labels), f"planar views: {labels}")
    image = picture(page)
    report.check((image.max(-1) > 60).mean() > 0.01, "the planar views are black")
    browser.refusals = {400}
    page.get_by_role("button", name="Compute and keep").click()
    until(page, "document.querySelector('#regions [role=status]').textContent")
    browser.settle(page)
    browser.refusals = set()
    report.check("region of the lungs" in page.locator("#regions [role=status]").inner_text(), "no regions are kept")
    data = json.loads(page.locator("#frames").get_attribute("data-series"))
    columns, rows = data["columns"], data["rows"]
    border, foot = round(rows * 0.485), round(rows * 0.758)
    page.get_by_role("combobox", name="Region of").select_option(label="Lungs")
    page.get_by_role("combobox", name="Draw").select_option(label="Polygon")
    for column, line in [(0, 0), (columns - 1, 0), (columns - 1, border - 1), (0, border - 1)]:
        page.mouse.click(*at(page, 1, column + (0.4 if column else -0.4), line + (0.4 if line else -0.4)))
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Region of").select_option(label="Liver")
    page.get_by_role("combobox", name="Draw").select_option(label="Rectangle")
    # On the posterior view, where it lies mirrored.
    drag(page, at(page, 2, columns - 1, border), at(page, 2, 0, foot))
    regions = page.locator(".regions-list li").all_inner_texts()
    report.check(len(regions) == 2 and "Lungs: 4 corners" in regions[0]
                 and f"Liver: rows {border} to {foot}, columns 0 to {columns - 1}" in regions[1], f"regions: {regions}")
    image = picture(page)
    report.check((image[..., 2] - image[..., 0] > 80).mean() > 0.001, "the regions are not drawn")
    page.get_by_role("button", name="Compute and keep").click()
    until(page, f"/{PERCENT}/.test(document.querySelector('#regions [role=status]').textContent)")
    said = page.locator("#regions [role=status]").inner_text()
    found = re.search(PERCENT, said)
    report.check(found is not None and "version 1" in said, f"kept: {said}")
    shunt = float(found[1]) / 100 if found else np.nan
    report.figures["lung shunt drawn in the browser, true"] = [shunt, truth]
    report.check(abs(shunt - truth) <= SHUNT_TOLERANCE, f"lung shunt {shunt:.4f}, true {truth}")
    page.reload()
    until(page, "document.querySelector('#frames')?.dataset.shown")
    facts = page.locator(".panel").inner_text()
    report.check("Version 1" in facts and "Phil Physicist" in facts and found[1] in facts, f"after loading again: {facts[-300:]}")
    report.check(page.locator(".regions-list li").count() == 2, "the kept regions are not there to be changed")
    look(page, "frames", folder, report)
    page.get_by_text("By numbers").click()
    for name, value in [("First row", 2), ("Last row", 5), ("First column", 3), ("Last column", 9)]:
        page.get_by_label(name).fill(str(value))
    page.get_by_role("combobox", name="Region of").select_option(label="Background")
    page.get_by_role("button", name="Add the rectangle").press("Enter")
    report.check("Background: rows 2 to 5, columns 3 to 9" in page.locator(".regions-list").inner_text(),
                 "no region by numbers")
    stage = page.locator(".viewer-stage")
    stage.focus()
    image = picture(page)
    shown = page.locator("#frames").get_attribute("data-shown")
    press(page, browser, "Alt+ArrowLeft")
    until(page, f"document.querySelector('#frames').dataset.shown !== {json.dumps(shown)}")
    report.check((np.abs(picture(page) - image).max(-1) > 3).any(), "a narrower window shows the same")
    page.goto(base)


def check_registration(page, browser, folder, report):
    """Two CTs on each other: checkerboard, nudge by key, keep, accept with a reason, withdraw."""
    base = page.url
    page.goto(f"{base}/registrations")
    for name, text in [("Stays", "portal"), ("Moves", "low dose SPECT")]:
        field = page.get_by_role("combobox", name=name)
        field.select_option(label=field.locator("option", has_text=text).first.inner_text())
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_load_state()
    report.check(until(page, IDLE, seconds=60), "no images to register")
    browser.settle(page)
    labels = page.locator(".viewport-label").first.inner_text()
    report.check("portal" in labels and "SPECT" in labels, f"to register: {labels}")
    image = picture(page)
    page.get_by_label("Checkerboard").check()
    browser.settle(page)
    report.check((np.abs(picture(page) - image).max(-1) > 10).mean() > 0.02, "the checkerboard changes nothing")
    page.get_by_label("Checkerboard").uncheck()
    page.locator(".viewer-stage").focus()
    press(page, browser, "Shift+D")
    left = page.get_by_label("Left (mm)")
    report.check(left.input_value() == "5", f"Shift and D: {left.input_value()} mm")
    report.check((np.abs(picture(page) - image).max(-1) > 10).mean() > 0.01, "a nudge of 5 mm moves nothing")
    page.get_by_label("About head–feet (°)").fill("2.5")
    look(page, "registration", folder, report)
    matrix = [float(x) for x in page.locator("input[name=matrix]").input_value().split()]
    page.get_by_role("button", name="Keep this position").click()
    page.wait_for_load_state()
    card = page.locator("article").filter(has_text="by hand").first
    report.check("not accepted" in card.inner_text() and "set by hand" in card.inner_text()
                 and "Phil Physicist" in card.inner_text(), f"kept: {card.inner_text()}")
    report.check(until(page, IDLE, seconds=60), "no images after keeping")
    again = [float(x) for x in page.locator("input[name=matrix]").input_value().split()]
    report.check(np.allclose(matrix, again, atol=1e-9), f"kept at {again}, put at {matrix}")
    card.get_by_label("What you looked at").fill("spine and liver edge")
    card.get_by_role("button", name=re.compile("^Accept")).click()
    page.wait_for_load_state()
    card = page.locator("article").filter(has_text="by hand").first
    report.check("spine and liver edge" in card.inner_text(), f"accepted: {card.inner_text()}")
    return matrix


def check_comment(page, browser, base, report):
    """What is pinned at the crosshair stands on the case's page, which leads back to that very place."""
    position = page.locator(".readout-position")
    middle = position.inner_text()
    page.locator(".viewer-stage").focus()
    for key in ["PageUp"] * 2 + ["ArrowLeft"] * 3:
        press(page, browser, key)
    here = position.inner_text()
    press(page, browser, "p")
    page.keyboard.type("Is this still the right lobe?")
    page.get_by_role("button", name="Pin it here").press("Enter")
    marker = "document.querySelector('.comment-pin[aria-pressed]')"
    report.check(until(page, marker), "no marker on the image")
    page.goto(base)
    card = page.locator("#comments article").filter(has_text="still the right lobe")
    card.get_by_role("link", name="Show it in the image").click()
    page.wait_for_load_state()
    report.check(until(page, IDLE, seconds=60) and until(page, marker), "the comment leads to no image")
    browser.settle(page)
    report.check(here != middle and position.inner_text() == here, f"pinned at {here}, shown at {position.inner_text()}")


def check_automatic(page, report):
    """The activity image onto the planning CT, found by a job that the page follows, accepted with a reason.

    Returns the registration's id; comes back to the case.
    """
    base = page.url
    page.goto(f"{base}/registrations")
    for name, text in [("Stays", "portal"), ("Moves", "MAA SPECT")]:
        field = page.get_by_role("combobox", name=name)
        field.select_option(label=field.locator("option", has_text=text).first.inner_text())
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_load_state()
    kept = page.locator("article h3 a").all_inner_texts()
    page.get_by_role("button", name="Register automatically").click()
    page.wait_for_load_state()
    done = until(page, "document.querySelector('#jobs tbody .badge')?.textContent === 'done'", JOB_SECONDS)
    job = page.locator("#jobs tbody tr").first
    said = job.inner_text()
    report.check(bool(done) and "registration" in said, f"the registration's job: {said}")
    job.get_by_role("link", name="Open it").click()
    page.wait_for_load_state()
    made = [n for n in page.locator("article h3 a").all_inner_texts() if n not in kept]
    report.check(len(made) == 1 and made[0] in said, f"{said} made {made}")
    card = page.locator("article").filter(has=page.get_by_role("link", name=made[0], exact=True))
    report.check("not accepted" in card.inner_text() and "rigid" in card.inner_text()
                 and "by hand" not in card.inner_text(), f"found: {card.inner_text()}")
    report.check(until(page, IDLE, seconds=60), "no images of what the job found")
    card.get_by_label("What you looked at").fill("tumours and liver edge")
    card.get_by_role("button", name=f"Accept {made[0]}").click()
    page.wait_for_load_state()
    card = page.locator("article").filter(has=page.get_by_role("link", name=made[0], exact=True))
    report.check("tumours and liver edge" in card.inner_text() and "not accepted" not in card.inner_text(),
                 f"accepted: {card.inner_text()}")
    page.goto(base)
    return made[0]


def check_pair(page, browser, folder, matrix, report):
    """Side by side: the crosshair follows in patient mm through the registration just accepted."""
    base = page.url.split("/registrations")[0]
    page.goto(base)
    open_series(page, base, "low dose SPECT")
    report.check(until(page, IDLE, seconds=60), "no images of one series")
    page.get_by_role("spinbutton", name="Sphere, mm").fill("30")
    page.get_by_role("button", name="Measure").click()
    measured = page.locator(".viewer-measured").inner_text()
    report.check("Sphere of 30 mm" in measured and "HU" in measured, f"measured: {measured}")
    check_comment(page, browser, base, report)
    right = page.get_by_role("combobox", name="Right")
    right.select_option(label=right.locator("option", has_text="portal").first.inner_text())
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_load_state()
    report.check(until(page, ALL_IDLE, seconds=60), "no images side by side")
    said = page.locator("#link-state").inner_text()
    report.check("Linked by registration-" in said, f"link: {said}")
    page.locator(".viewer-stage").first.focus()
    for key in ["PageUp"] * 3 + ["ArrowLeft"] * 4:
        press(page, browser, key)
    for _ in range(4):
        browser.settle(page)
    there, here = [lps(t) for t in page.locator(".readout-position").all_inner_texts()]
    expected = np.array(matrix).reshape(4, 4) @ [*there, 1]
    # Positions are written to a tenth.
    report.check(np.allclose(expected[:3], here, atol=0.15), f"left at {there}, right at {here}, expected {expected[:3]}")
    look(page, "side-by-side", folder, report)
    page.goto(base)
    open_series(page, base, "Y-90 PET")
    report.check(until(page, IDLE, seconds=60), "no PET")
    values = page.locator(".readout-item").all_inner_texts()
    report.check(any("Bq/mL, SUV" in v for v in values), f"a PET with weight, activity and times has no SUV: {values}")
    page.get_by_role("button", name="Show the projections").click()
    report.check(until(page, "document.querySelector('#projections [role=status]')?.textContent.startsWith('Greatest')", seconds=60), "no projections")
    before = page.locator("canvas.turning").screenshot()
    page.get_by_role("button", name="Turn right").click()
    report.check(page.locator("canvas.turning").screenshot() != before, "the projections do not turn")
    report.check("10 degrees" in page.locator("canvas.turning").get_attribute("aria-label"), "no angle")
    look(page, "projections", folder, report)
    page.goto(base)


def lps(text):
    """Millimetres towards left, back and head of `R 12.0, P 30.5, S 140.0 mm`."""
    signs = {"L": 1, "R": -1, "P": 1, "A": -1, "S": 1, "I": -1}
    return [signs[letter] * float(number) for letter, number in re.findall(r"([LRPASI]) ([\d.]+)", text)]


def check_theme(page, report):
    """One button goes through system, light and dark, and the browser remembers."""
    ground = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")
    seen = {}
    for name in ["light", "dark"]:
        page.get_by_role("button", name="Theme:").click()
        page.reload()
        seen[name] = ground()
        button = page.get_by_role("button", name="Theme:").inner_text()
        report.check(button == f"Theme: {name}", f"after loading again: {button}, wanted {name}")
    report.check(seen["light"] != seen["dark"], f"light and dark are one: {seen}")
    page.get_by_role("button", name="Theme:").click()
    page.emulate_media(color_scheme="light")
    report.check(ground() == seen["light"], "the system's choice is not followed")
    page.emulate_media(color_scheme="dark")
