"""Imports ultrasound and secondary captures of every colour that devices write, shows them in a headless
Chromium and in a meeting, and compares what the server draws with pydicom's pixels; marks and measures them;
and shows a volume beyond the device's limit.

Usage: check_pictures.py FOLDER. Prints one JSON object: measured figures and failures; exits 1 when there are any.
"""
import io
import json
import subprocess

import numpy as np
import pydicom
from PIL import Image
from playwright.sync_api import sync_playwright

from browser_page import Browser, until
from grevy_server import PROGRAM, GrevyServer
from page_looks import look
from meeting_marks import check_marks
from meeting_pages import IDLE, make_meeting
from picture_objects import FRAMES, KINDS
from picture_volume import check_reduced, write_volume
from story import tell
from workspace_people import invite, join, set_up

SHOWN = "document.querySelector('#frames')?.getAttribute('aria-busy') === 'false'"
WINDOW = "document.querySelector('.viewer-toolbar [role=group][aria-label=Window]') !== null"
# Looked at in both themes and all widths.
LOOKED_AT = ["rgb", "grey"]
RADIOLOGIST = ("rada", "Rada Radiologist", "radiologist", "amber-heron-lantern")
SURGEON = ("sue", "Sue Surgeon", "surgeon", "velvet-canyon-drum")
SIZE = {"width": 1000, "height": 800}


def written(folder):
    """Writes one series of each kind, and a volume. Returns what the frames are, by description, and the UID of
    the grey film."""
    (folder / "in").mkdir()
    expected, grey = {}, ""
    for number, (name, (make, is_colour, most)) in enumerate(KINDS.items(), 1):
        objects, frames = make(number)
        for index, one in enumerate(objects):
            pydicom.dcmwrite(folder / f"in/{number}-{index}.dcm", one, enforce_file_format=True)
        grey = objects[0].SOPInstanceUID if name == "grey" else grey
        expected[objects[0].SeriesDescription] = (name, frames, is_colour, most)
    write_volume(folder / "in")
    return expected, grey


def drawn(page, address, report, what):
    answer = page.request.get(address)
    report.check(answer.ok, f"{what}: {answer.status} {answer.text()[:200] if not answer.ok else ''}")
    return np.asarray(Image.open(io.BytesIO(answer.body())).convert("RGB")).astype(int)


def check_series(page, browser, path, expected, folder, report):
    """One series: its page, its window, each of its frames."""
    page.goto(browser.base + path)
    report.check(until(page, SHOWN), f"{path}: no picture comes")
    data = json.loads(page.locator("#frames").get_attribute("data-series"))
    name, frames, is_colour, most = expected[data["description"]]
    report.check(len(data["frames"]) == len(frames), f"{name}: {len(data['frames'])} frames of {len(frames)}")
    report.check(data["isColour"] == is_colour, f"{name}: colour {data['isColour']}")
    report.check(page.evaluate(WINDOW) != is_colour, f"{name}: a window is {'' if is_colour else 'not '}offered")
    differences = []
    for number, wanted in enumerate(frames, 1):
        query = "" if is_colour else f"?low={data['windowLow']}&high={data['windowHigh']}"
        got = drawn(page, f"{browser.base}{path}/frames/{number}{query}", report, f"{name} {number}")
        differences.append(int(np.abs(got - wanted.astype(int)).max()) if got.shape == wanted.shape else 999)
    report.check(max(differences) <= most, f"{name}: off by {differences}")
    if len(frames) == FRAMES:
        report.check(data["framesPerSecond"] == 25, f"{name}: {data['framesPerSecond']} frames a second")
        page.get_by_role("button", name="Next frame").click()
        report.check(until(page, f"{SHOWN} && document.querySelector('.frame-labels').innerText.includes('Frame 2 of')"),
                     f"{name}: no second frame")
        page.get_by_role("button", name="Play").click()
        report.check(until(page, "!document.querySelector('.frame-labels').innerText.includes('Frame 2 of')"),
                     f"{name}: the film stands still")
        page.get_by_role("button", name="Stop").click()
    if name in LOOKED_AT:
        look(page, f"pictures-{name}", folder, report)
    return name, max(differences)


def check_meeting(page, surgeon, browser, case, uid, folder, report):
    """One presents them, another follows."""
    path = make_meeting(page, browser, folder, report)
    for one in (page, surgeon):
        one.set_viewport_size(SIZE)
        one.goto(path + "/session")
    page.locator("#present").click()
    page.keyboard.press(".")
    for one in (page, surgeon):
        report.check(until(one, IDLE), "no image in the meeting")
    check_marks(page, surgeon, case, path, uid, folder, report)


def story(folder, report):
    expected, grey = written(folder)
    data = folder / "data"
    said = subprocess.run([PROGRAM, "import", folder / "in", "--data", data], capture_output=True, text=True, check=False)
    report.check(said.returncode == 0, f"grevy import: {said.stdout[-500:]}{said.stderr[-500:]}")
    with GrevyServer(data, folder / "server.log") as server, sync_playwright() as playwright:
        browser = Browser(playwright, server.base, report)
        administrator = set_up(browser, server.set_up)
        links = [invite(administrator, browser, person) for person in (RADIOLOGIST, SURGEON)]
        page, surgeon = (join(browser, link, person)[0] for link, person in zip(links, (RADIOLOGIST, SURGEON)))
        case = page.locator("tbody a").first.get_attribute("href")
        page.goto(browser.base + case)

        def links_to(part):
            return sorted(set(page.locator(f"a[href*='{part}']").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")))

        paths, volumes = links_to("/series/se-"), links_to("/images?left=se-")
        report.check(len(paths) == len(KINDS), f"{len(paths)} series of {len(KINDS)} on the case's page")
        seen = [check_series(page, browser, path, expected, folder, report) for path in paths]
        report.figures["largest difference of a level"] = dict(seen)
        report.check(len(dict(seen)) == len(KINDS), f"seen: {seen}")
        with report.timed("meeting"):
            # What cannot be measured, and what is asked for wrongly, is refused on purpose.
            browser.refusals = {400}
            check_meeting(page, surgeon, browser, case, grey, folder, report)
        with report.timed("reduced volume"):
            other = page.context.new_page()
            check_reduced(other, browser, case, volumes[0].split("left=")[1], report)
        browser.close(page)
        browser.close(surgeon)
        browser.chromium.close()


tell(story)
