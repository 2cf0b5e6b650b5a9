"""Measures the plan panel in a headless Chromium: from a key on a slider to the painted chart.

Usage: bench_panel.py [STRUCTURES TERRITORIES VOXELS]. Made-up samples, 20 structures of 10,000
voxels and 3 territories unless told. Prints one JSON object; reports, and fails only when the panel
does not work.
"""
import json
import os
import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from browser_page import Browser, Report, until
from web_server import serve

WEB = Path(__file__).resolve().parents[2] / "Web"
STEPS = 200


def main():
    structures, territories, voxels = (int(a) for a in (sys.argv[1:4] or [20, 3, 10000]))
    report = Report()
    base, stop = serve(WEB, WEB)
    with sync_playwright() as playwright:
        browser = Browser(playwright, base, report)
        page = browser.page()
        page.goto(f"{base}/Tests/panel.html?structures={structures}&territories={territories}&voxels={voxels}")
        report.check(until(page, "window.isReady === true"), "the panel does not start")
        before = browser.processor_ms()
        for n in range(STEPS):
            page.locator(f"#slider-{n % territories}").focus()
            page.keyboard.press("ArrowRight" if n % 40 < 20 else "ArrowLeft")
        browser.settle(page)
        processor = round((browser.processor_ms() - before) / STEPS, 1)
        times = page.evaluate("window.times")
        report.check(len(times) == STEPS, f"{len(times)} of {STEPS} changes were painted")
        report.check(page.locator("#preview-state").inner_text() == "preview, not saved", "nothing was shown")
        p50, p95, most = (round(float(np.percentile(times, p)), 1) for p in (50, 95, 100))
        report.figures = {
            "structures": structures, "territories": territories, "voxels of each": voxels,
            "input to paint, ms": {"median": p50, "p95": p95, "most": most},
            "processor time of the browser for each, ms": processor,
            "load of the machine": [round(load, 1) for load in os.getloadavg()], "cores": os.cpu_count(),
        }
        browser.close(page)
        browser.chromium.close()
    stop()
    print(json.dumps({"failures": report.failures, "figures": report.figures}, indent=1))
    sys.exit(1 if report.failures else 0)


main()
