"""Drives the administration of the real server in a headless Chromium: organisations, tokens, settings, the own
account, and the lock.

Usage: check_administration.py FOLDER. FOLDER receives an empty data folder, the server's logs and pictures
of every page. Prints one JSON object; exits 1 when there are failures.
"""
import requests
from playwright.sync_api import sync_playwright

from api_client import PASSWORD, Session, administrator
from browser_page import Browser, check_axe, until
from grevy_server import GrevyServer
from page_looks import look
from story import tell

LOCK_MINUTES = 0.1
CURVE = "hu,densityGPerML\n-1000,0.001\n0,1.0\n1500,1.9\n"
NEW_PASSWORD = "amber-heron-lantern"


def sign_in(page, base, session):
    """Gives the page the session's cookie."""
    page.context.add_cookies([{"name": "__Host-grevy", "value": session.cookie,
                               "url": base.replace("http:", "https:"), "secure": True,
                               "httpOnly": True, "sameSite": "Strict"}])


def press(page, name):
    page.get_by_role("button", name=name).click()
    page.wait_for_load_state()


def check_tokens(page, browser, folder, report):
    """A token is made, shown once, and revoked."""
    page.goto(f"{browser.base}/administration/tokens")
    page.fill("[name=name]", "Tumour board database")
    page.get_by_label("Read cases").check()
    press(page, "Make the token")
    token = page.locator("code.one-time-link").inner_text()
    report.check(token.startswith("grevy_"), f"the token is '{token}'")
    look(page, "tokens", folder, report)
    answer = page.request.get(f"{browser.base}/api/v1/cases", headers={"Authorization": f"Bearer {token}"})
    report.check(answer.ok, f"the token gets {answer.status}")
    press(page, "Revoke the token for Tumour board database")
    report.check(token not in page.content(), "the token is shown twice")
    report.check(page.get_by_text("revoked").count() == 1, "the revoked token is not said to be")


def check_organisations(page, browser, folder, report):
    """A hospital is added with a link for its administrator, and renamed with day, author and reason."""
    page.goto(f"{browser.base}/administration/accounts")
    page.get_by_role("link", name="Organisations").click()
    page.wait_for_load_state()
    page.fill("form.card-narrow [name=organisation]", "County hospital")
    page.fill("form.card-narrow [name=login]", "otto")
    page.fill("form.card-narrow [name=name]", "Otto Officer")
    press(page, "Add it")
    link = page.locator("a.one-time-link").get_attribute("href") or ""
    report.check(link.startswith(f"{browser.base}/link/"), f"the link is '{link}'")
    look(page, "organisations", folder, report)
    card = page.get_by_role("region", name="County hospital")
    card.get_by_text("Another name").click()
    card.locator("[name=organisation]").fill("District hospital")
    card.locator("[name=reason]").fill("merged with the clinic of the district")
    card.get_by_role("button", name="Rename").click()
    page.wait_for_load_state()
    card = page.get_by_role("region", name="District hospital")
    told = card.inner_text()
    report.check("County hospital, until" in told and "merged with the clinic" in told, f"renamed: {told}")
    report.check(link not in page.content(), "the link is shown twice")
    look(page, "organisations-renamed", folder, report)
    browser.refusals = {400}
    page.fill("form.card-narrow [name=organisation]", "County hospital")
    page.fill("form.card-narrow [name=login]", "emma")
    page.fill("form.card-narrow [name=name]", "Emma Else")
    press(page, "Add it")
    browser.refusals = set()
    report.check("or there was one" in page.get_by_role("alert").inner_text(), "a former name is given to another")
    other = browser.chromium.new_context().new_page()
    other.goto(link)
    report.check(other.locator("[name=password]").count() == 1, f"the link opens {other.url}")
    other.context.close()


def check_settings(page, browser, folder, report):
    """A curve comes from a file; its next version leaves the first one readable."""
    page.goto(f"{browser.base}/administration/settings")
    page.select_option("[name=kind]", "density-curve")
    page.fill("[name=name]", "scanner-3")
    page.fill("[name=date]", "2026-11-02")
    page.fill("[name=reason]", "calibrated with the phantom")
    page.set_input_files("input[type=file]", {"name": "curve.csv", "mimeType": "text/csv",
                                              "buffer": CURVE.encode()})
    report.check(bool(until(page, "document.querySelector('[name=table]').value.includes('1500')", 10)),
                 "the file's table is not in the form")
    press(page, "Add")
    report.check("scanner-3, version 1" in page.locator("h1").inner_text(), f"at {page.url}")
    look(page, "setting", folder, report)
    page.fill("[name=table]", CURVE.replace("1.9", "2.0"))
    page.fill("[name=date]", "2026-11-20")
    page.fill("[name=reason]", "new tube")
    press(page, "Add")
    page.get_by_role("link", name="All settings").click()
    page.wait_for_load_state()
    report.check(page.locator("tbody tr").count() == 2, "two versions are not listed")
    look(page, "settings", folder, report)
    browser.refusals = {400}
    page.select_option("[name=kind]", "density-curve")
    page.fill("[name=name]", "scanner-3")
    page.fill("[name=date]", "2026-11-20")
    page.fill("[name=reason]", "a table without a head")
    page.fill("[name=table]", "1,2")
    press(page, "Add")
    browser.refusals = set()
    report.check("first line" in page.get_by_role("alert").inner_text(), "a wrong table says nothing")


def check_account(page, browser, session, folder, report):
    """Sessions are listed and ended; codes and password are renewed after a proof."""
    other = Session(browser.base)
    answer = other.post("/sign-in", login="ada", password=PASSWORD, code=session.recovery_codes[0])
    report.check(answer.status_code == 303, f"a second session: {answer.status_code}")
    page.goto(f"{browser.base}/account")
    report.check(page.locator("tbody tr").count() >= 2, "the second session is not listed")
    look(page, "account", folder, report)
    press(page, "End all other sessions")
    status = other.get("/account").url
    report.check(status.endswith("/sign-in"), f"the ended session opens {status}")
    form = page.locator("form[action='/account/recovery-codes']")
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("[name=code]").fill(session.authenticator.code())
    press(page, "Make ten codes")
    codes = page.locator(".codes code").all_inner_texts()
    report.check(len(set(codes)) == 10 and not set(codes) & set(session.recovery_codes), "no ten new codes")
    session.recovery_codes = codes
    page.goto(f"{browser.base}/account")
    form = page.locator("form[action='/account/password']")
    for code, refusals in [("000000", {400}), (session.authenticator.code(), set())]:
        form.locator("[name=password]").fill(PASSWORD)
        form.locator("[name=code]").fill(code)
        form.locator("[name=new-password]").fill(NEW_PASSWORD)
        browser.refusals = refusals
        press(page, "Change it")
        browser.refusals = set()
        wrong = page.get_by_role("alert").filter(has_text="not right").count()
        report.check(wrong == (1 if refusals else 0), f"code {code}: {wrong} complaints")
    report.check(page.url.endswith("/account"), f"after the change at {page.url}")


def check_lock(page, browser, session, folder, report):
    """An idle page is covered, keeps what was typed, and goes on after password and code."""
    page.goto(f"{browser.base}/administration/tokens")
    page.fill("main [name=name]", "typed before the lock")
    browser.refusals = {423}
    locked = until(page, "document.getElementById('lock').open", 30)
    report.check(bool(locked), "the idle page is not locked")
    for _ in range(2):
        page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    report.check(page.evaluate("document.getElementById('lock').open"), "Escape opens the lock")
    report.check(not page.locator("main").is_visible(), "the page is seen through the lock")
    for theme in ["light", "dark"]:
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=folder / f"locked-{theme}-1280.png")
        check_axe(page, f"locked, {theme}", report)
    aside = browser.page()
    sign_in(aside, browser.base, session)
    aside.goto(f"{browser.base}/account")
    report.check("/unlock" in aside.url, f"another page of the locked session is {aside.url}")
    look(aside, "unlock", folder, report)
    aside.close()
    dialog = page.locator("#lock")
    browser.refusals = {400, 423}
    for password, code in [("wrong-password-here", "000000"), (NEW_PASSWORD, session.authenticator.code())]:
        dialog.locator("[name=password]").fill(password)
        dialog.locator("[name=code]").fill(code)
        dialog.get_by_role("button", name="Go on").click()
        if password != NEW_PASSWORD:
            until(page, "document.getElementById('lock-state').textContent !== ''", 10)
            report.check("not right" in dialog.get_by_role("alert").inner_text(), "a wrong password says nothing")
    report.check(bool(until(page, "!document.getElementById('lock').open", 20)), "the lock stays shut")
    browser.refusals = set()
    report.check(page.input_value("main [name=name]") == "typed before the lock", "what was typed is gone")
    page.get_by_label("Read cases").check()
    press(page, "Make the token")
    report.check(page.locator("code.one-time-link").count() == 1, "the form of before the lock is refused")


def check_certificate(data, folder, report):
    """A certificate of the server's own making is kept, fits its names, and is refused by who does not know it."""
    file = folder / "tls-certificate.pem"
    kept = []
    for _ in range(2):
        with GrevyServer(data, folder / "tls.log", "--self-made-certificate", is_new=False) as server:
            report.check(server.base.startswith("https://"), f"the server is at {server.base}")
            kept.append(file.read_bytes())
            for name in ["127.0.0.1", "localhost"]:
                address = server.base.replace("127.0.0.1", name) + "/healthz"
                report.check(requests.get(address, verify=str(file), timeout=30).ok, f"no answer by {name}")
            try:
                requests.get(server.base + "/healthz", timeout=30)
                report.check(False, "a certificate that nobody trusts is taken")
            except requests.exceptions.SSLError:
                pass
    report.check(kept[0] == kept[1], "the next start makes another certificate")
    report.check((folder / "tls-key.pem").stat().st_mode & 0o077 == 0, "others may read the key")


def check_other_session(page, browser, session):
    """A page that is open while somebody signs in with the same browser is left."""
    page.goto(f"{browser.base}/administration/tokens")
    other = Session(browser.base)
    other.post("/sign-in", login="ada", password=NEW_PASSWORD, code=session.recovery_codes[1])
    # The page's form token is the earlier session's; the new session may be locked again meanwhile.
    browser.refusals = {400, 423}
    sign_in(page, browser.base, other)
    page.wait_for_url(f"{browser.base}/administration/accounts", timeout=30_000)
    browser.refusals = set()


def check_locked_sign_out(page, browser, report):
    """Whoever finds a locked page can end its session without its password."""
    page.goto(f"{browser.base}/administration/accounts")
    browser.refusals = {423}
    report.check(bool(until(page, "document.getElementById('lock').open", 30)), "the idle page is not locked again")
    page.locator("#lock").get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url(f"{browser.base}/sign-in", timeout=30_000)
    browser.refusals = set()
    page.goto(f"{browser.base}/administration/accounts")
    report.check(page.url == f"{browser.base}/sign-in", f"after signing out of a locked page: {page.url}")


def administer(playwright, folder, report):
    data, log = folder / "data", folder / "server.log"
    with GrevyServer(data, log) as server:
        session = administrator(server)
        browser = Browser(playwright, server.base, report)
        page = browser.page()
        sign_in(page, server.base, session)
        check_organisations(page, browser, folder, report)
        check_tokens(page, browser, folder, report)
        check_settings(page, browser, folder, report)
        check_account(page, browser, session, folder, report)
        browser.close(page)
        browser.chromium.close()
    check_certificate(data, folder, report)
    text = log.read_text()
    report.check("grevy_" not in text, "the log holds a token")
    with GrevyServer(data, log, "--lock-after", str(LOCK_MINUTES), is_new=False) as server:
        session.base = server.base
        session.post("/sign-in", login="ada", password=NEW_PASSWORD, code=session.recovery_codes[0])
        browser = Browser(playwright, server.base, report)
        page = browser.page()
        sign_in(page, server.base, session)
        check_lock(page, browser, session, folder, report)
        check_other_session(page, browser, session)
        check_locked_sign_out(page, browser, report)
        browser.close(page)
        browser.chromium.close()


def run_story(folder, report):
    with sync_playwright() as playwright:
        administer(playwright, folder, report)


tell(run_story)
