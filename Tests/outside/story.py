"""Tells the stories of checks: gives them a folder, a record and a browser, and prints what they found."""
import json
import sys
import time
import traceback
from pathlib import Path

from playwright.sync_api import sync_playwright

from browser_page import Browser, Report
from grevy_server import GrevyServer, demo_data


def tell(story):
    """Runs `story(folder, report)` in the folder that the command names. Prints one JSON object: measured
    figures, and failures; exits 1 when there are any."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    report = Report()
    start = time.monotonic()
    try:
        story(folder, report)
    except Exception as error:  # What failed before it is the better explanation.
        where = traceback.extract_tb(error.__traceback__)
        line = next(f for f in reversed(where) if Path(f.filename).parent == Path(__file__).parent)
        report.check(False, f"{line.name}, line {line.lineno}: {type(error).__name__}: {str(error)[:300]}")
    report.figures["whole check, s"] = round(time.monotonic() - start, 1)
    print(json.dumps({"measured": report.checks, "failures": report.failures[:40],
                      "figures": report.figures}, indent=1))
    sys.exit(1 if report.failures else 0)


def tell_on_demo(story):
    """Runs `story(browser, server, folder, report)` on the data that the command names second, or else on the
    demo's smaller patient."""
    def on_demo(folder, report):
        with report.timed("patient made in"):
            data = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else demo_data(folder)
        with GrevyServer(data, folder / "server.log") as server, sync_playwright() as playwright:
            browser = Browser(playwright, server.base, report)
            try:
                story(browser, server, folder, report)
            finally:
                report.figures["requests"] = browser.requests
                browser.chromium.close()

    tell(on_demo)
