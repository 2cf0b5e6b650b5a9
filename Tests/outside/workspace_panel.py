"""The plan's sliders by keyboard alone: preview, reset, where numbers come from, a new version."""
import io
import re

import numpy as np
from PIL import Image

from browser_page import until
from page_looks import look
from workspace_keys import tab_to
from workspace_plan import READY, REPEAT_MS, number

STEPS = 40
JOB_SECONDS = 120


def cells(page, table):
    """What a table of the panel reads, row by row."""
    return [r.locator("th, td").all_inner_texts() for r in page.locator(f"#{table} tbody tr").all()]


def said(page):
    return page.locator("#preview-state").inner_text()


def start(page, browser, report):
    report.check(until(page, READY), "no images are shown")
    report.check(until(page, "document.getElementById('reset')?.checkVisibility()"), "the panel does not start")
    browser.settle(page)
    report.check(said(page) == "as saved", f"an untouched plan is '{said(page)}'")


def check_slider(page, browser, folder, report):
    """Fewer GBq in the first territory: doses fall, margins rise; Reset brings the letters back."""
    limits, doses = cells(page, "limits"), cells(page, "doses")
    first = page.locator("#slider-0")
    tab_to(page, first, report, "the first slider")
    page.evaluate("window.keyTimes.length = 0")
    for _ in range(STEPS):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(REPEAT_MS)
    browser.settle(page)
    times = page.evaluate("window.keyTimes")
    report.figures["slider step by key on the demo's plan, median, p95, ms"] = [
        round(float(np.percentile(times, p))) for p in (50, 95)]
    report.check(said(page) == "preview, not saved", f"a moved slider is '{said(page)}'")
    report.check(page.locator("#activity-0").input_value() == f"{float(first.input_value()):.2f}",
                 "slider and field differ")
    moved = cells(page, "limits")
    pairs = [(number(a[1]), number(b[1]), number(a[3]), number(b[3])) for a, b in zip(limits, moved)]
    report.check(all(b < a and n > m for a, b, m, n in pairs), f"less activity, limits {pairs}")
    report.check(all("kept" in r[0] for r in moved) and sum("binding" in r[0] for r in moved) == 1,
                 f"limits after less activity: {moved}")
    report.check(all("(" not in r[1] for r in cells(page, "doses")), "a preview has an interval")
    words = page.locator("#preview-words")
    report.check(until(page, "document.getElementById('preview-words').textContent.includes('not saved')"),
                 f"nothing is said of the change: '{words.inner_text()}'")
    look(page, "plan-preview", folder, report)
    tab_to(page, page.locator("#reset"), report, "Reset")
    page.keyboard.press("Enter")
    browser.settle(page)
    report.check(said(page) == "as saved", "Reset leaves a preview")
    report.check(cells(page, "limits") == limits and cells(page, "doses") == doses, "Reset changes numbers")


def check_too_much(page, browser, report):
    """More than a limit allows is said in words, before anything is asked of the server."""
    field = page.locator("#activity-1")
    field.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("9.5")
    browser.settle(page)
    exceeded = [r for r in cells(page, "limits") if "exceeded" in r[0]]
    report.check(len(exceeded) > 0 and all(number(r[3]) < 0 for r in exceeded), f"9.5 GBq: {cells(page, 'limits')}")
    report.check(until(page, "document.getElementById('preview-words').textContent.includes('lowers all')"),
                 f"9.5 GBq says '{page.locator('#preview-words').inner_text()}'")
    page.keyboard.press("Control+a")
    page.keyboard.type("none")
    browser.settle(page)
    report.check(field.get_attribute("aria-invalid") == "true", "an activity of 'none' is not marked")
    page.locator("#reset").focus()
    page.keyboard.press("Enter")


def check_origin(page, browser, report):
    """A number tells on focus where it came from; arrow keys lead on, Escape closes."""
    first = page.locator("#limits [data-origin]").first
    tab_to(page, first, report, "the first number of the limits")
    box = page.get_by_role("tooltip")
    text = box.inner_text()
    report.check("SHA-256" in text and "planning" in text and "Engine" in text, f"origin of a number: '{text[:200]}'")
    report.check(first.get_attribute("aria-describedby") == box.get_attribute("id"), "the box does not describe it")
    page.keyboard.press("ArrowRight")
    report.check("plan file" in box.inner_text(), f"origin of a limit: '{box.inner_text()[:200]}'")
    # A number out of sight is scrolled to, and its box stays with it.
    page.locator("#doses [data-origin]").last.focus()
    page.wait_for_timeout(300)
    report.check(box.is_visible(), "scrolling to a number loses its box")
    page.keyboard.press("Escape")
    report.check(not box.is_visible(), "Escape leaves the box")


def check_recalculation(page, browser, report):
    """A smaller activity by keys, the server's plan of it, and that it reads as the preview did."""
    old = page.url
    tab_to(page, page.locator("#slider-1"), report, "the second slider")
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    browser.settle(page)
    wanted = page.locator("#activity-1").input_value()
    preview = cells(page, "limits")
    tab_to(page, page.get_by_role("button", name="Recalculate"), report, "Recalculate")
    page.keyboard.press("Enter")
    link = "document.querySelector('#recalculation a')"
    report.check(until(page, link, JOB_SECONDS), f"no new version: {page.locator('#recalculation').inner_text()}")
    report.check(page.evaluate(f"document.activeElement === {link}"), "the new version has no focus")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != old)
    start(page, browser, report)
    report.check(abs(float(page.locator("#activity-1").input_value()) - float(wanted)) < 0.0006,
                 f"asked for {wanted} GBq, planned {page.locator('#activity-1').input_value()}")
    made = cells(page, "limits")
    report.check(len(made) == len(preview) and all(
        abs(number(a[1]) - number(b[1])) <= 0.11 for a, b in zip(made, preview)), f"{made}, previewed {preview}")
    report.check(all("(" in r[1] for r in cells(page, "doses") if number(r[1]) > 0), "the new version has no intervals")
    return old


def check_old_version(page, browser, old, report):
    """The version before is outdated and says why it is not changed."""
    new = page.url
    page.goto(old)
    report.check("replaced by" in page.get_by_role("alert").first.inner_text(), "the old version is not outdated")
    report.check(page.get_by_role("button", name="Recalculate").is_disabled(), "an outdated plan can be changed")
    report.check("Change the current one" in page.locator("#activities").inner_text(), "no word on what to do")
    page.goto(new)
    start(page, browser, report)


def check_compare(page, folder, report):
    """The new version beside the old one, with both histograms."""
    page.get_by_role("combobox", name="Beside").select_option(index=0)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare?*")
    chart = page.locator("#dvh .dvh")
    report.check(until(page, "document.querySelector('#dvh .dvh')?.ariaLabel?.includes('B: ')"),
                 f"no second histogram: {page.locator('#dvh-words').inner_text()}")
    curves = chart.get_attribute("aria-label")
    report.check(curves.count("A: ") == curves.count("B: ") > 0, f"curves of two plans: {curves}")
    image = np.asarray(Image.open(io.BytesIO(chart.screenshot())).convert("RGB")).astype(int)
    report.check((image.max(-1) - image.min(-1) > 40).mean() > 0.002, "no curves are drawn")
    rows = page.get_by_role("table").filter(has_text="Injected activities").locator("tbody tr").all()
    for row in rows:
        a, b, difference = (number(t) for t in row.locator("td").all_inner_texts())
        report.check(abs(b - a - difference) <= 0.0016, f"{a}, {b}, difference {difference}")
    sure = page.get_by_role("table").filter(has_text="How sure").locator("tbody tr").all_inner_texts()
    report.check(any("–" in r and "Gy" in r for r in sure) and any("Limit" in r and "%" in r for r in sure),
                 f"intervals and chances of two plans: {sure}")
    cell = page.get_by_role("table").filter(has_text="How sure").locator("[data-origin]").first
    cell.focus()
    told = page.locator("#origin-box").inner_text()
    report.check(told.count("Digest (SHA-256)") == 2 and "numbers of A" in told and "numbers of B" in told,
                 f"where a number of two plans comes from: {told[:200]}")
    page.keyboard.press("Escape")
    report.check(page.locator("#origin-box").is_hidden(), "Escape leaves the box")
    check_difference(page, "#compare-images", report)
    look(page, "compare", folder, report)


# Values of the read-out by the label's beginning; the crosshair goes to the middle of the structure first.
DOSES = """() => [...document.querySelectorAll('.readout-item')].map((e) => e.textContent)
    .filter((t) => t.endsWith(' Gy'))"""


def check_windows(page, host, report):
    """All doses have one window, and the page says so; untied each has its own, and the page says that."""
    legends = page.locator(f"{host} .legend:not([data-palette=difference]) .legend-scale")
    tops = lambda: [re.search(r"([\d.]+) Gy", t)[1] for t in legends.all_inner_texts()]
    said = lambda: page.locator(f"{host} .viewer-legends").inner_text()
    layers = page.get_by_role("combobox", name="Layer", exact=True)
    layers.select_option(label=layers.locator("option", has_text="Dose of").first.inner_text())
    highest = page.get_by_role("spinbutton", name="to", exact=True)
    tie = page.get_by_role("checkbox", name="One window for all doses")
    for act, value, expected, words in [
            (tie.check, "77", ["77", "77"], "One window for all doses"),
            (tie.uncheck, "55", ["55", "77"], "Each dose has a window of its own"),
            (tie.check, None, ["55", "55"], "One window for all doses")]:
        act()
        if value:
            highest.fill(value)
            highest.press("Enter")
        report.check(tops() == expected and words in said(), f"windows of the doses: {tops()}, {said()}")


def check_difference(page, host, report):
    """Two doses side by side with what the second has more: read-out with its sign, legend about zero, by key too."""
    report.check(until(page, READY), "no images of two doses")
    labels = page.locator(f"{host} .viewport-label").all_inner_texts()
    report.check(len(labels) == 6 and all("less" in t for t in labels[2::3])
                 and not any("less" in t for n, t in enumerate(labels) if n % 3 != 2), f"side by side: {labels}")
    bar = page.locator(f"{host} .legend[data-palette=difference]").inner_text().split()
    bounds = [float(t.replace("−", "-")) for t in bar if t.lstrip("+−").replace(".", "").isdigit()][-2:]
    report.check(bounds[0] == -bounds[1] and bounds[1] > 0, f"legend of the difference: {bar}")
    page.locator(f"{host} .viewer-stage").focus()
    page.keyboard.press("n")
    until(page, f"({DOSES})().length >= 3", seconds=10)
    said = page.evaluate(DOSES)
    first, second, difference = ([float(t.split()[-2].replace("−", "-")) for t in said if test(t)][0] for test in (
        lambda t: "Dose of" in t and " less " not in t and not t.startswith("B: "),
        lambda t: (t.startswith("B: ") or "elivered" in t) and " less " not in t, lambda t: " less " in t))
    # Four figures of each are written.
    report.check(abs(second - first - difference) <= 2e-3 * max(first, second, 1),
                 f"{second} less {first} is {difference}: {said}")
    sign = [t.split()[-2][0] for t in said if " less " in t][0]
    report.check(difference == 0 or sign in "+−", f"a difference without its sign: {said}")
    check_windows(page, host, report)
    page.locator(f"{host} .viewer-stage").focus()
    page.keyboard.press("5")
    report.check(until(page, f"document.querySelectorAll('{host} .viewport-label').length === 3", 10),
                 "key 5 is no other layout")
    page.reload()
    report.check(until(page, READY), "no images after loading again")
    report.check(page.locator(f"{host} .viewport-label").count() == 3, "the layout is forgotten")
    # By key: a pointer left over the tables would open where their numbers come from.
    page.get_by_role("button", name="Verify").press("Enter")
    report.check(until(page, f"document.querySelectorAll('{host} .legend[data-palette=difference]').length === 1", 10),
                 "Verify shows no difference")


def check_delivered(page, browser, folder, report):
    """What was delivered beside what was planned, and both doses as layers."""
    page.locator("header .banner-name a").click()
    page.wait_for_load_state()
    page.locator("a[href*='/delivered/']").first.click()
    page.wait_for_load_state()
    report.check(until(page, READY), "no images of what was delivered")
    for row in page.get_by_role("table").filter(has_text="Less planned").locator("tbody tr").all():
        texts = row.locator("td").all_inner_texts()
        planned, relative, difference = number(texts[0]), number(texts[1]), number(texts[3])
        report.check(abs(relative - planned - difference) <= 0.16, f"delivered: {texts}")
    check_difference(page, "#viewer", report)
    layers = page.get_by_role("combobox", name="Layer", exact=True).locator("option").all_inner_texts()
    report.check(sum("elivered" in t for t in layers) >= 1 and any("Dose of" in t for t in layers), f"layers: {layers}")
    look(page, "delivered", folder, report)


def check_panel(page, browser, folder, report):
    """Goes on from a plan's page, by keyboard, and ends at the page of its new version."""
    start(page, browser, report)
    check_slider(page, browser, folder, report)
    check_too_much(page, browser, report)
    check_origin(page, browser, report)
    old = check_recalculation(page, browser, report)
    check_old_version(page, browser, old, report)
    new = page.url
    check_compare(page, folder, report)
    check_delivered(page, browser, folder, report)
    page.goto(new)
    start(page, browser, report)
