"""Measures how soon images are there, over a line of 100 Mbit/s and 20 ms, with nothing cached.

Usage: check_speed.py FOLDER DATA [PLAN...]. FOLDER receives the log, DATA is a data folder with plans
(`./run demo` makes one; give a copy). Its `cache/` is deleted first. PLAN is where one is, `1/plans/plan-3`; where
there are several, they are opened in turn in one tab with the 3D view, and the first once more. Prints one JSON
object with the load of the machine; exits 1 where a promise of the workspace is broken.
"""
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from browser_page import Browser, Report, until
from grevy_server import GrevyServer
from workspace_people import signed_in
from workspace_plan import READY, TIME_VIEWER

BYTES_PER_SECOND, LATENCY_MS = 100e6 / 8, 20
STEPS, WINDOWS = 60, 20
GOALS_MS = {"step": 150, "window": 500}
# Asking a canvas for its context would make one.
RECORD_CONTEXTS = """(() => {
    const made = HTMLCanvasElement.prototype.getContext;
    window.contexts = new Set();
    HTMLCanvasElement.prototype.getContext = function (...asked) {
        const context = made.apply(this, asked);
        if (asked[0] === "webgl2" && context) window.contexts.add(context);
        return context;
    };
})()"""
HAS_3D = "[...contexts].some((c) => c.canvas.closest('.viewer-render') && !c.isContextLost())"
ARRIVALS = """performance.getEntriesByType("mark").filter((m) => m.name.startsWith("complete: ")
    || m.name.startsWith("preview of ")).map((m) => [m.name, Math.round(m.startTime)])"""
PAINTED = """const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
}));"""
TIMED = "async ([count, act]) => {" + PAINTED + """
    const stage = document.querySelector(".viewer-stage");
    const press = (key, more = {}) => stage.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
    const times = [];
    for (let n = 0; n < count; n += 1) {
        const start = performance.now();
        if (act === "step") press(n % 20 < 10 ? "PageUp" : "PageDown");
        else press(n % 2 ? "ArrowRight" : "ArrowLeft", { altKey: true });
        await painted();
        times.push(performance.now() - start);
    }
    return times;
}"""


def limited(page):
    """Slows the page's line down as promised."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": LATENCY_MS, "downloadThroughput": BYTES_PER_SECOND,
        "uploadThroughput": BYTES_PER_SECOND})


def opened(page, browser, plan, report, state):
    page.goto(f"{browser.base}/cases/{plan}")
    report.check(until(page, READY, seconds=120), f"{state}: the images do not come")


def measure(page, browser, plan, report, state):
    figures = report.figures.setdefault(state, {})
    opened(page, browser, plan, report, state)
    figures["first slice, ms"] = round(page.evaluate("window.firstSliceMS ?? NaN"))
    arrivals = dict(page.evaluate(ARRIVALS))
    figures["arrivals, ms"] = arrivals
    ct = next(k for k in arrivals if k.startswith("preview of ")).removeprefix("preview of ")
    figures["full CT, ms"] = arrivals[f"complete: {ct}"]
    handle(page, browser, report, state)
    figures["load of the machine, 1 min"] = round(os.getloadavg()[0], 1)
    report.check(figures["first slice, ms"] < 2000, f"{state}: first slice after {figures['first slice, ms']} ms")
    report.check(figures["full CT, ms"] < 20000, f"{state}: full CT after {figures['full CT, ms']} ms")


def handle(page, browser, report, state):
    """Steps, windows and memory."""
    figures = report.figures.setdefault(state, {})
    for act, count in [("step", STEPS), ("window", WINDOWS)]:
        before = browser.processor_ms()
        times = page.evaluate(TIMED, [count, act])
        figures[f"processor time of the browser for each {act}, ms"] = round((browser.processor_ms() - before) / count)
        median, p95 = (round(float(np.percentile(times, p))) for p in (50, 95))
        figures[f"{act} median, p95, ms"] = [median, p95]
        report.check(p95 < GOALS_MS[act], f"{state}: p95 of a {act} {p95} ms, promised {GOALS_MS[act]}")
    figures["JS heap, MB"] = round(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
    report.check(figures["JS heap, MB"] < 1000, f"{state}: {figures['JS heap, MB']} MB")


def in_turn(page, browser, plans, report):
    """One case after the other, each with its 3D view, which the browser remembers; then the first again."""
    state = f"after {len(plans)} cases in turn"
    page.get_by_label("Layout").select_option("quad")
    for plan in [*plans[1:], plans[0]]:
        opened(page, browser, plan, report, plan)
        report.check(until(page, HAS_3D, seconds=120), f"{plan}: no 3D view")
        browser.settle(page)
        report.check(page.locator(".viewer-notice").is_hidden(), f"{plan}: {page.locator('.viewer-notice').inner_text()}")
    page.screenshot(path=Path(sys.argv[1]) / "in-turn.png")
    handle(page, browser, report, state)


def main():
    folder, data = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    plans = sys.argv[3:] or ["1/plans/plan-3"]
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(data / "cache", ignore_errors=True)
    report, cookies = Report(), []
    for state in ["nothing made yet", "server started again"]:
        with GrevyServer(data, folder / "speed.log", is_new=not cookies) as server, sync_playwright() as playwright:
            browser = Browser(playwright, server.base, report)
            if server.set_up:
                page, _ = signed_in(browser, server.set_up)
                cookies = page.context.cookies()
            else:
                page = browser.page()
                page.context.add_cookies(cookies)
            page.add_init_script(TIME_VIEWER)
            page.add_init_script(RECORD_CONTEXTS)
            limited(page)
            measure(page, browser, plans[0], report, state)
            if len(plans) > 1 and not server.set_up:
                in_turn(page, browser, plans, report)
            browser.close(page)
            browser.chromium.close()
    print(json.dumps({"failures": report.failures, "figures": report.figures}, indent=1))
    sys.exit(1 if report.failures else 0)


main()
