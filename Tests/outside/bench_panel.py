"""Measures the plan panel in a headless Chromium: from a key on a slider to the painted chart.

Usage: bench_panel.py [STRUCTURES TERRITORIES VOXELS]. Made-up samples, 20 structures of 10,000
voxels and 3 territories unless told. Each slider in turn is moved as by a key that is held down.
Prints one JSON object; exits 1 when the panel does not work, or paints later than is promised.
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
STEPS = 210
# How often a key repeats that is held down; faster input only waits for the frame that others wait for.
REPEAT_MS = 33
PAINT_MS = 50


def spread(times):
    return [round(float(np.percentile(times, p)), 1) for p in (50, 95, 100)]


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
            if n % (STEPS // territories) == 0 and n // (STEPS // territories) < territories:
                page.locator(f"#slider-{n // (STEPS // territories)}").focus()
            page.keyboard.press("ArrowRight" if n % 40 < 20 else "ArrowLeft")
            page.wait_for_timeout(REPEAT_MS)
        browser.settle(page)
        processor = round((browser.processor_ms() - before) / STEPS, 1)
        times, shown = page.evaluate("[window.times, window.shown]")
        shown += [0] * (STEPS - len(shown))
        report.check(len(times) == STEPS, f"{len(times)} of {STEPS} changes were painted")
        report.check(page.locator("#preview-state").inner_text() == "preview, not saved", "nothing was shown")
        p50, p95, most = spread(times)
        report.check(p95 < PAINT_MS, f"input to paint: p95 {p95} ms, promised {PAINT_MS}")
        report.figures = {
            "structures": structures, "territories": territories, "voxels of each": voxels,
            "input to paint, ms": {"median": p50, "p95": p95, "most": most, "goal of p95": PAINT_MS},
            "input to screen, median, p95, most, ms": spread(shown),
            "processor time of the browser for each, ms": processor,
            "load of the machine": [round(load, 1) for load in os.getloadavg()], "cores": os.cpu_count(),
        }
        browser.close(page)
        browser.chromium.close()
    stop()
    print(json.dumps({"failures": report.failures, "figures": report.figures}, indent=1))
    sys.exit(1 if report.failures else 0)


main()
