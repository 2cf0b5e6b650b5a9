"""The editor of volumes of interest: by keyboard alone, by brush, and what a killed tab loses."""
import time

import numpy as np
from playwright.sync_api import Error

from browser_page import until
from page_looks import look
from workspace_plan import READY

LOST_SECONDS = 10
STROKES = 12
MOVES = 20
# How long each move of the pointer took until its frame was painted.
TIME_BRUSH = """(() => {
    window.brushTimes = [];
    // At the window, because the brush keeps what it takes to itself.
    addEventListener("pointermove", (event) => {
        if (!event.buttons) return;
        const start = performance.now();
        requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => window.brushTimes.push(performance.now() - start);
            channel.port2.postMessage(0);
        });
    }, { capture: true });
})()"""
EDITED = "window.voiEditor !== undefined"


def said(page, words, seconds=30):
    """Whether the page comes to say something."""
    return until(page, f"document.getElementById('voi-state').textContent.includes({words!r})", seconds)


def listed(page, case):
    return {v["name"]: v for v in page.request.get(f"{case}/vois/list").json()}


def open_editor(page, report):
    page.wait_for_load_state()
    report.check(until(page, READY) and until(page, EDITED), "the editor shows no images")


def make(page, report, operation, into, **fields):
    """Fills the form by keyboard: each field has the focus when it is typed into."""
    form = page.locator("#voi-operation")
    form.locator("[name=operation]").focus()
    form.locator("[name=operation]").select_option(operation)
    for name, value in {**fields, "name": into}.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("(e) => e.localName") == "select":
            field.focus()
            field.select_option(value)
        else:
            field.focus()
            page.keyboard.press("Control+A")
            page.keyboard.type(str(value))
    before = page.locator("#voi-state").inner_text()
    page.keyboard.press("Enter")
    report.check(until(page, f"""((said) => said !== {before!r} && said.includes('{into} is voi-'))(
                 document.getElementById('voi-state').textContent)""", 60),
                 f"{operation} into {into}: '{page.locator('#voi-state').inner_text()}'")


def check_made(page, case, report):
    """Without a mouse: a sphere at the crosshair, grown, thresholded, taken apart, accepted."""
    page.locator(".viewer-stage").focus()
    make(page, report, "sphere", "Ball", diameterMM=30)
    volume = listed(page, case)["Ball"]["current"]["making"]["volumeML"]
    report.check(abs(volume / 14.137 - 1) < 0.02, f"a sphere of 30 mm has {volume} mL")
    make(page, report, "margin", "Ball grown", of="Ball", marginMM=5)
    grown = listed(page, case)["Ball grown"]["current"]["making"]["volumeML"]
    report.check(abs(grown / 33.51 - 1) < 0.04, f"grown by 5 mm it has {grown} mL, not 33.5")
    make(page, report, "difference", "Shell", **{"of": "Ball grown", "with": "Ball"})
    shell = listed(page, case)["Shell"]["current"]["making"]["volumeML"]
    report.check(abs(shell - (grown - volume)) < 0.1, f"the shell has {shell} mL")
    make(page, report, "threshold", "Soft", within="Ball", lowest=-200, highest=300)
    soft = listed(page, case)["Soft"]["current"]["making"]["volumeML"]
    report.check(0.5 < soft / volume <= 1.1, f"soft tissue is {soft} of {volume} mL")
    accept = page.locator("#voi-accept")
    accept.focus()
    page.keyboard.press("Enter")
    report.check(said(page, "Accepting Soft: done"), "nothing is accepted by keyboard")
    state = listed(page, case)["Soft"]["current"]
    report.check(state["state"] == "accepted" and state["acceptedBy"] == "Phil Physicist", f"accepted: {state}")
    report.check(accept.is_disabled(), "what is accepted can be accepted again")


def check_use(page, case, report):
    """Smoothed with its change of volume; renamed; withdrawn with a reason and restored: versions, nothing lost."""
    page.locator(".viewer-stage").focus()
    make(page, report, "union", "Rough", **{"of": "Ball", "with": "Soft"})
    before = listed(page, case)["Rough"]["current"]
    make(page, report, "smoothing", "Rough", of="Rough", smoothingMM=3)
    after = listed(page, case)["Rough"]["current"]
    words = page.locator("#voi-state").inner_text()
    report.check(f"before {before['making']['volumeML']:.1f}" in words and f"{after['making']['volumeML']:.1f} mL" in words,
                 f"smoothing says '{words}'")
    report.check(after["making"]["smoothingMM"] == 3 and after["making"]["base"] == before["id"], f"smoothed: {after}")
    page.locator("#voi-use summary").press("Enter")
    page.locator("#voi-rename [name=to]").fill("Smooth")
    page.locator("#voi-rename button").press("Enter")
    report.check(until(page, "document.getElementById('voi-chosen').textContent === 'Smooth'"),
                 f"renaming: '{page.locator('#voi-state').inner_text()}'")
    voi = listed(page, case)["Smooth"]
    report.check("Rough" not in listed(page, case) and voi["current"]["making"]["formerName"] == "Rough"
                 and voi["current"]["making"]["volumeML"] == after["making"]["volumeML"], f"renamed: {voi['current']}")
    report.check("was Rough" in page.locator("#voi-versions").inner_text(), "the versions do not say the former name")
    page.locator("#voi-withdraw [name=reason]").fill("drawn for practice")
    page.locator("#voi-withdraw button").press("Enter")
    restore = page.get_by_role("button", name="Restore Smooth")
    report.check(until(page, "document.querySelectorAll('#voi-withdrawn li').length === 1"),
                 f"withdrawing: '{page.locator('#voi-state').inner_text()}'")
    report.check("Smooth" not in listed(page, case) and "drawn for practice" in page.locator("#voi-withdrawn").inner_text(),
                 "what is withdrawn is still listed, or its reason is not said")
    restore.press("Enter")
    report.check(until(page, "document.querySelectorAll('#voi-withdrawn li').length === 0"),
                 f"restoring: '{page.locator('#voi-state').inner_text()}'")
    voi = listed(page, case).get("Smooth", {"versions": []})
    makings = [v["making"]["making"] for v in voi["versions"]]
    report.check(makings == ["union", "smoothing", "renamed", "withdrawn", "restored"], f"versions: {makings}")
    page.locator("#voi-use summary").press("Enter")


def check_dab(page, case, report):
    """Enter paints at the crosshair, Control Z takes it back."""
    page.locator("#voi-new [name=name]").focus()
    page.keyboard.type("Dab")
    page.keyboard.press("Enter")
    report.check(said(page, "Dab is new"), "a new volume is not begun")
    page.locator("[name=voi-mode][value=paint]").focus()
    page.keyboard.press("Space")
    page.locator(".viewer-stage").focus()
    page.keyboard.press("Enter")
    report.check(said(page, "Not saved yet"), "Enter paints nothing")
    page.keyboard.press("PageUp")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    page.locator("#voi-save").focus()
    page.keyboard.press("Enter")
    report.check(said(page, "Saved as"), "nothing is saved")
    making = listed(page, case)["Dab"]["current"]["making"]
    spacing = page.evaluate("Math.hypot(...[2, 6, 10].map((n) => voiEditor.viewer.layers()[0].volume.affine[n]))")
    expected = np.pi * 100 * spacing / 1000
    report.check(making["making"] == "drawn" and abs(making["volumeML"] / expected - 1) < 0.03,
                 f"a dab of 20 mm in one slice of {spacing} mm: {making}, not {expected:.2f} mL")


def stroke(page, x, y, length):
    page.mouse.move(x, y)
    page.mouse.down()
    for n in range(MOVES):
        page.mouse.move(x + length * n / MOVES, y + 15 * np.sin(n / 3))
        page.wait_for_timeout(16)
    page.mouse.up()


def check_brush(page, case, report, name="Dab", figure="brush, median, p95, ms"):
    """Painting follows the pointer, and leaves every other volume as it was."""
    page.evaluate(TIME_BRUSH)
    before = {n: v["current"]["id"] for n, v in listed(page, case).items() if n != name}
    page.locator("[name=voi-mode][value=paint]").check()
    box = page.locator(".viewer-stage").bounding_box()
    for n in range(STROKES):
        stroke(page, box["x"] + 0.15 * box["width"] + 8 * n, box["y"] + box["height"] * (0.3 + 0.03 * n), 120)
    page.wait_for_timeout(300)
    times = page.evaluate("window.brushTimes")
    report.check(len(times) > STROKES * MOVES / 2, f"{len(times)} moves of the brush were seen")
    report.figures[figure] = [round(float(np.percentile(times, p))) for p in (50, 95)]
    page.locator("[name=voi-mode][value=look]").check()
    page.locator("#voi-save").click()
    report.check(said(page, "Saved as"), "the painting is not saved")
    after = {n: v["current"]["id"] for n, v in listed(page, case).items() if n != name}
    report.check(after == before, "painting one volume changed another")
    return listed(page, case)[name]["current"]["making"]["volumeML"]


def check_conflict(page, browser, case, folder, report):
    """Somebody else saves in between: 409, both versions stay, the one chosen counts."""
    other = listed(page, case)["Dab"]["current"]["id"]
    csrf = page.locator("#voi-panel").get_attribute("data-csrf")
    made = page.request.post(f"{case}/vois", headers={"X-CSRF-Token": csrf, "Origin": browser.base}, form={
        "operation": "sphere", "name": "Dab", "base": other, "x": "0", "y": "0", "z": "0", "diameterMM": "30"})
    report.check(made.status == 201, f"another save: {made.status} {made.text()[:200]}")
    theirs = made.json()["version"]
    page.locator("[name=voi-mode][value=paint]").check()
    box = page.locator(".viewer-stage").bounding_box()
    browser.refusals = {409}
    stroke(page, box["x"] + 0.2 * box["width"], box["y"] + 0.6 * box["height"], 60)
    page.locator("#voi-save").click()
    alert = page.locator("#voi-conflict [role=alert]")
    report.check(until(page, "document.querySelector('#voi-conflict [role=alert]') !== null"), "a stale save is not told")
    browser.refusals = set()
    report.check(theirs in alert.inner_text(), f"the other version is not named: {alert.inner_text()}")
    look(page, "vois-conflict", folder, report)
    page.get_by_role("button", name="Go on with mine").click()
    report.check(said(page, "Saved as"), "my version is not saved")
    dab = listed(page, case)["Dab"]
    report.check([v["isAside"] for v in dab["versions"]][-2:] == [True, False], "my version does not count")
    report.check(theirs in [v["id"] for v in dab["versions"]], "the other version is gone")


def check_killed(page, browser, case, report):
    """A tab that is killed has lost what was painted in the last 10 s, and no more."""
    before = listed(page, case)["Dab"]["current"]["making"]["volumeML"]
    page.locator("[name=voi-mode][value=erase]").check()
    box = page.locator(".viewer-stage").bounding_box()
    stroke(page, box["x"] + 0.15 * box["width"], box["y"] + 0.4 * box["height"], 120)
    start = time.monotonic()
    report.check(said(page, "Saved as", 60), "nothing is saved by itself")
    report.figures["saved by itself after a stroke, s"] = round(time.monotonic() - start, 1)
    # Within that time of a stroke it is on the server: a killed tab loses what came after alone.
    report.check(time.monotonic() - start < LOST_SECONDS, f"saved after {time.monotonic() - start:.1f} s")
    painted = page.evaluate("voiEditor.chosen.base")
    stroke(page, box["x"] + 0.15 * box["width"], box["y"] + 0.5 * box["height"], 120)
    fresh = browser.page()
    fresh.context.add_cookies(page.context.cookies())
    try:
        page.goto("chrome://crash", timeout=5000)
        report.check(False, "the tab could not be killed")
    except Error:
        pass
    dab = listed(fresh, case)["Dab"]["current"]
    report.check(dab["id"] == painted and dab["making"]["volumeML"] < before,
                 f"the killed tab lost more than 10 s: {dab['making']['volumeML']} of {before} mL")
    fresh.goto(f"{case}/vois")
    return fresh


def check_vois(page, browser, case, folder, report):
    """From the case page into the editor and back. Returns the page that is left."""
    page.goto(case)
    page.get_by_role("link", name="Volumes of interest").click()
    open_editor(page, report)
    report.check(page.locator("#voi-empty").is_visible(), "an empty list says nothing")
    check_made(page, case, report)
    check_use(page, case, report)
    check_dab(page, case, report)
    check_brush(page, case, report)
    look(page, "vois", folder, report)
    check_conflict(page, browser, case, folder, report)
    browser.check_policy(page)
    return check_killed(page, browser, case, report)
