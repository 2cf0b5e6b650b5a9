"""What every check of pages shares: Chromium, the record of what went wrong, and the WCAG rules."""
import time
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe

CHROMIUM = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader", "--enable-precise-memory-info"]
RECORD_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    (window.violations ??= []).push(`${event.effectiveDirective} ${event.blockedURI}`));"""
WCAG = {"runOnly": {"type": "tag", "values": [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


class Report:
    """What was checked, what failed, what was measured."""

    def __init__(self):
        self.figures, self.failures, self.checks = {}, [], 0

    def check(self, holds, what):
        self.checks += 1
        if not holds:
            self.failures.append(what)

    @contextmanager
    def timed(self, part):
        """Notes how long a part takes."""
        start = time.monotonic()
        yield
        self.figures[f"{part}, s"] = round(time.monotonic() - start, 1)


class Browser:
    """Chromium whose pages count violations, errors, foreign requests and refusals."""

    def __init__(self, playwright, base, report):
        self.base, self.report = base, report
        self.chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM)
        self.devtools = self.chromium.new_browser_cdp_session()
        self.requests = 0
        # Statuses of 400 and above that the step now running asks for on purpose.
        self.refusals = set()

    def page(self, width=1280, height=900, theme="dark"):
        """A page with its own cookies."""
        page = self.chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme).new_page()
        # A busy machine is no fault of a page; how long things take is measured apart.
        page.set_default_timeout(120_000)
        page.add_init_script(RECORD_VIOLATIONS)
        page.on("request", self.requested)
        page.on("response", self.answered)
        page.on("pageerror", lambda error: self.report.failures.append(f"page error: {error}"))
        page.on("console", self.said)
        return page

    def requested(self, request):
        self.requests += 1
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.report.failures.append(f"foreign request: {request.url}")

    def answered(self, response):
        if response.status >= 400 and response.status not in self.refusals:
            self.report.failures.append(f"{response.status}: {response.url}")

    def said(self, message):
        # Chromium reports every refused request as an error; `answered` knows which were meant.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.report.failures.append(f"console: {message.text[:200]}")

    @staticmethod
    def settle(page):
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame("
                      "() => setTimeout(done, 30))))")

    def processor_ms(self):
        """What all processes of the browser have used so far: other programs on the machine do not count."""
        processes = self.devtools.send("SystemInfo.getProcessInfo")["processInfo"]
        return 1000 * sum(p["cpuTime"] for p in processes)

    def check_policy(self, page):
        violations = page.evaluate("window.violations ?? []")
        self.report.check(violations == [], f"CSP: {violations[:3]}")

    def close(self, page):
        self.check_policy(page)
        page.context.close()


def until(page, expression, seconds=60):
    """Whether an expression of the page becomes true in time; its last value.

    Not Playwright's wait_for_function: it evaluates text in the page, which the policy forbids.
    """
    ends = time.monotonic() + seconds
    while True:
        value = page.evaluate(expression)
        if value or time.monotonic() > ends:
            return value
        page.wait_for_timeout(50)


def check_axe(page, name, report):
    for violation in Axe().run(page, options=WCAG).response["violations"]:
        report.check(False, f"axe, {name}: {violation['id']}: {violation['nodes'][0]['html'][:120]}")
    report.check(True, "axe ran")
