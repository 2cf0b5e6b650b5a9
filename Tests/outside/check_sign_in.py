"""Drives signing in elsewhere (OpenID Connect) in a headless Chromium: an administrator binds a person, who signs
in by the button, signs a plan and a meeting's decision by a new sign-in, and opens the lock by one. Notices by mail
are tried along the way, with the mail server of transfer_server.py.

Usage: check_sign_in.py FOLDER [DATA LOG]. FOLDER receives the demo's hospital, the server's log and pictures; DATA is a
hospital that was made before, LOG what the server said then. The server is called `localhost`, the provider
`127.0.0.1`: two sites to the browser. Prints one JSON object; exits 1 when there are failures.
"""
import json
import re
import subprocess
import sys
import time
import traceback
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from playwright.sync_api import sync_playwright

import grevy_server
from browser_page import Browser, Report, check_axe, until
from grevy_server import Authenticator, GrevyServer
from mail_box import MailBox, check_address, check_notice
from page_looks import look
from workspace_people import fill, submit

CLIENT, SECRET = "grevy", "a secret of the check"
LOCK_MINUTES = 0.25
TYPED = "typed before the lock"
grevy_server.START_SECONDS = 400


class Provider:
    """Tests/outside/oidc_provider.py, ended with the block."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", Path(__file__).with_name("oidc_provider.py"), self.folder, CLIENT, SECRET,
             str(int(time.time()))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.issuer = self.process.stdout.readline().strip()
        (self.folder / "secret").write_text(SECRET)
        self.file = self.folder / "provider.yaml"
        self.file.write_text(f"issuer: {self.issuer}\nclientID: {CLIENT}\nclientSecretFile: secret\n"
                             "label: the hospital\n")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=20)

    def ask(self, path):
        requests.get(self.issuer + path, timeout=20).raise_for_status()

    def now(self):
        """Its clock stands still; this sets it."""
        self.ask(f"/clock/{int(time.time())}")


class TwoSites(Browser):
    """The provider is the one foreign site that may be asked."""

    provider = ""

    def requested(self, request):
        if not request.url.startswith(self.provider):
            super().requested(request)


def people(log):
    """Password and authenticator of everybody in what the server said."""
    found = {}
    for login, password, address in re.findall(r"^  (\w+)  (\S+)  .*  (otpauth://\S+)$", log, re.MULTILINE):
        found[login] = password, Authenticator(parse_qs(urlsplit(address).query)["secret"][0])
    return found


def sign_in(page, base, login, person):
    page.goto(base + "/sign-in")
    fill(page, login=login, password=person[0], code=person[1].code())
    submit(page)


def press(page, name):
    page.get_by_role("button", name=name).click()
    page.wait_for_load_state()


def bind(browser, ada, login, subject, folder=None):
    page = browser.page()
    sign_in(page, browser.base, "ada", ada)
    page.goto(browser.base + "/administration/accounts")
    if folder:
        look(page, "accounts-provider", folder, browser.report)
    field = page.get_by_label(f"Subject of {login} at the hospital")
    field.fill(subject)
    field.locator("xpath=..").get_by_role("button", name="Bind").click()
    page.wait_for_load_state()
    browser.report.check(page.get_by_label(f"Subject of {login} at the hospital").input_value() == subject,
                         f"{login} is not bound")
    browser.check_policy(page)
    return page


def button_in(page, base, provider):
    """Signs in by the button; waits until the way back has led to the first page."""
    provider.now()
    page.goto(base + "/sign-in")
    press(page, "Sign in with the hospital")
    page.wait_for_url(base + "/")


def check_sign_in(browser, provider, folder):
    report, page = browser.report, browser.page()
    page.goto(browser.base + "/sign-in")
    check_axe(page, "sign-in", report)
    look(page, "sign-in-provider", folder, report)
    provider.ask("/person/nobody")
    provider.now()
    browser.refusals = {400}
    press(page, "Sign in with the hospital")
    page.get_by_text("No account here belongs").wait_for()
    browser.refusals = set()
    provider.ask("/person/anna")
    button_in(page, browser.base, provider)
    report.check("Worklist" in page.locator("h1").inner_text(), f"after signing in: {page.url}")
    names = sorted(c["name"] for c in page.context.cookies(browser.base.replace("http:", "https:")))
    report.check(names == ["__Host-grevy"], f"cookies after signing in: {names}")
    browser.check_policy(page)
    return page


def sign_by_new_sign_in(page, provider, folder, report, before, after):
    """Goes to the provider and back, and signs; `before` and `after` name the pictures of the page."""
    address = page.url
    look(page, before, folder, report)
    provider.now()
    press(page, "Sign in again at the hospital")
    page.wait_for_url(address)
    page.get_by_text("You signed in again at the hospital").wait_for()
    look(page, after, folder, report)
    check_axe(page, after, report)
    press(page, re.compile("^Sign$"))


def check_signature(browser, page, provider, folder):
    report = browser.report
    page.goto(browser.base + "/?waiting=yes")
    row = page.locator("tbody tr").filter(has_text=re.compile("(sign|check) the plan")).first
    row.locator("th a").click()
    page.wait_for_load_state()
    case = page.url
    plan = page.locator("a[href*='/plans/plan-']").first.get_attribute("href")
    address = browser.base + re.match(r"/cases/\d+/plans/plan-\d+", plan)[0] + "/signatures"
    page.goto(address)
    before = page.locator("tbody").first.locator("tr").count()
    tick = page.locator("form[action*='/sign/'] [name=findings]")
    if tick.count():
        tick.check()
    sign_by_new_sign_in(page, provider, folder, report, "signing-provider", "signed-in-again")
    report.check(page.url == address, f"after signing: {page.url}")
    report.check(page.get_by_text("You signed in again").count() == 0, "a sign-in confirms twice")
    report.figures["signatures"] = page.locator("tbody").first.inner_text()
    report.check("counts" in report.figures["signatures"], "no signature counts")
    report.figures["rows"] = [before, page.locator("tbody").first.locator("tr").count()]
    report.figures["case"] = case.removeprefix(browser.base)
    browser.check_policy(page)


def check_decision(browser, page, provider, folder):
    """Whoever was bound makes a meeting, records what it decides and signs that by a new sign-in."""
    report = browser.report
    page.goto(browser.base + "/meetings")
    page.fill("main [name=title]", "By a new sign-in")
    page.locator("main [name=chair]").select_option(label="Nora Nuclear")
    submit(page)
    page.fill("form[action$='/items'] [name=question]", "Which treatment?")
    press(page, "Put it on the list")
    page.locator("tbody a[href$='/decision']").click()
    page.wait_for_load_state()
    fill(page, options="SIRT\nPRRT", chosen="1", lead="Nora Nuclear")
    page.select_option("main [name=intent]", "disease-control")
    page.locator("main [name^=person-]").first.check()
    press(page, "Record")
    sign_by_new_sign_in(page, provider, folder, report, "decision-provider", "decision-signed-in-again")
    report.check("Signed by Nora Nuclear" in page.locator("main").inner_text(), "the decision is not signed")
    browser.check_policy(page)


def check_lock(browser, page, provider, folder):
    """An idle page is covered, and goes on with what was on it after a new sign-in in another tab."""
    report = browser.report
    page.goto(browser.base + "/")
    page.fill("main [name=search]", TYPED)
    browser.refusals = {423}
    report.check(bool(until(page, "document.getElementById('lock').open")), "the idle page is not locked")
    page.screenshot(path=folder / "lock-provider-1280.png")
    check_axe(page, "lock with a provider", report)
    provider.now()
    with page.context.expect_page() as opened:
        page.locator("#lock").get_by_role("button", name="Sign in again at the hospital").click()
    other = opened.value
    other.wait_for_url(browser.base + "/")
    report.check(bool(until(page, "!document.getElementById('lock').open")), "the lock stays shut")
    report.check(page.input_value("main [name=search]") == TYPED, "what was typed is gone")
    other.close()
    report.check(bool(until(page, "document.getElementById('lock').open")), "it is not locked again")
    aside = page.context.new_page()
    aside.goto(browser.base + "/account")
    report.check("/unlock?to=/account" in aside.url, f"a page of the locked session is {aside.url}")
    look(aside, "unlock-provider", folder, report)
    check_axe(aside, "unlock with a provider", report)
    provider.now()
    press(aside, "Sign in again at the hospital")
    aside.wait_for_url(browser.base + "/account")
    browser.check_policy(aside)
    aside.close()
    browser.check_policy(page)
    browser.refusals = set()


def main(folder, data=None, log=None):
    report = Report()
    folder.mkdir(parents=True, exist_ok=True)
    hospital = data or folder / "hospital"
    with Provider(folder) as provider, MailBox(folder) as box, sync_playwright() as playwright:
        options = ["--oidc", provider.file, *box.options]
        demo = [] if data else ["--demo"]
        with GrevyServer(hospital, folder / "server.log", *options, *demo, is_new=False) as server:
            browser = TwoSites(playwright, server.base.replace("127.0.0.1", "localhost"), report)
            browser.provider = provider.issuer
            try:
                staff = people(Path(log).read_text() if log else server.log.read_text())
                ada = bind(browser, staff["ada"], "phil", "anna", folder)
                check_address(ada, "phil", folder, browser)
                bind(browser, staff["ada"], "nora", "bert")
                page = check_sign_in(browser, provider, folder)
                check_notice(page, box, folder, browser, server.log)
                check_signature(browser, page, provider, folder)
                provider.ask("/person/bert")
                nora = browser.page()
                button_in(nora, browser.base, provider)
                check_decision(browser, nora, provider, folder)
            except Exception:
                report.failures.append(traceback.format_exc(limit=4))
            said = server.log.read_text()
        # Sessions outlive the server, and lock sooner with this one.
        lock = ["--lock-after", str(LOCK_MINUTES)]
        with GrevyServer(hospital, folder / "locking.log", *options, *lock, is_new=False) as server:
            browser = TwoSites(playwright, server.base.replace("127.0.0.1", "localhost"), report)
            browser.provider = provider.issuer
            try:
                provider.ask("/person/anna")
                page = browser.page()
                button_in(page, browser.base, provider)
                check_lock(browser, page, provider, folder)
            except Exception:
                report.failures.append(traceback.format_exc(limit=4))
            said += server.log.read_text()
            report.check(not re.search(r"code=|state=|return\?", said), "the log holds a way back")
    print(json.dumps({"checks": report.checks, "figures": report.figures, "failures": report.failures}, indent=1))
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:4]))
