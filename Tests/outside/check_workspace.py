"""Drives the real server in a headless Chromium, as an administrator and a physicist use it.

Usage: check_workspace.py FOLDER [DATA]. FOLDER receives the demo's smaller patient, the server's log
and pictures of every page; DATA is served instead of making that patient. Prints one JSON object:
measured figures, and failures; exits 1 when there are any.
"""
import json
import re
from pathlib import Path

from grevy_server import Authenticator
from page_looks import look
from story import tell_on_demo
from workspace_bring_in import check_bring_in
from workspace_images import check_automatic, check_frames, check_pair, check_registration, check_theme
from workspace_keys import check_keyboard, check_plan_by_keys
from workspace_new_plan import check_new_plan
from workspace_outlines import check_outlines
from workspace_panel import check_panel
from workspace_people import fill, submit
from workspace_plan import TIME_VIEWER, check_plan, check_print
from workspace_signing import CHECKER, PRACTITIONER, check_signing, enter_entitlement
from workspace_vois import check_vois

ADMINISTRATOR = ("ada", "zinc-otter-harbour")
PHYSICIST = ("phil", "amber-heron-lantern")
RECOVERY_CODES = 10


def enrol(page, browser, folder, name, report):
    """Adds a second factor, first with a wrong code. Returns the authenticator."""
    report.check(page.url == f"{browser.base}/account/second-factor", f"{name}: {page.url}, no second factor")
    secret = page.input_value("[name=secret]")
    if name == "administrator":
        look(page, "second-factor", folder, report)
    fill(page, code="000000")
    browser.refusals = {400}
    submit(page)
    browser.refusals = set()
    said = page.get_by_role("alert").inner_text()
    report.check("code" in said.lower(), f"{name}: a wrong code says '{said}'")
    report.check(page.input_value("[name=secret]") == secret, f"{name}: a wrong code changes the key")
    if name == "physicist":
        look(page, "second-factor-refused", folder, report)
    authenticator = Authenticator(secret)
    fill(page, code=authenticator.code())
    submit(page)
    codes = page.locator(".codes code").all_inner_texts()
    report.check(len(set(codes)) == RECOVERY_CODES, f"{name}: {len(set(codes))} recovery codes")
    return authenticator


def check_set_up(page, browser, link, folder, report):
    """The link of the first start makes an organisation and its administrator, once."""
    page.goto(link)
    login, password = ADMINISTRATOR
    fill(page, organisation="NET centre", name="Ada Admin", login=login, password="password1234")
    browser.refusals = {400}
    submit(page)
    browser.refusals = set()
    report.check(page.get_by_role("alert").count() == 1, "a common password is taken")
    look(page, "set-up", folder, report)
    fill(page, organisation="NET centre", name="Ada Admin", login=login, password=password)
    submit(page)
    enrol(page, browser, folder, "administrator", report)
    look(page, "recovery-codes", folder, report)
    browser.refusals = {400, 404}
    page.goto(link)
    fill(page, organisation="Second", name="Eve", login="eve", password="velvet-canyon-drum")
    submit(page)
    browser.refusals = set()
    report.check("/account" not in page.url, "the set-up link works twice")


def invite(page, browser, login, name, role):
    page.locator("main form.card [name=role]").select_option(role)
    page.fill("form.card [name=login]", login)
    page.fill("form.card [name=name]", name)
    page.locator("form.card button").click()
    page.wait_for_load_state()
    return re.search(re.escape(browser.base) + r"(/link/[\w-]+)", page.get_by_role("status").inner_text())


def check_invitations(page, browser, folder, report):
    """An administrator invites people and sees no patient. Returns their links by login."""
    page.goto(browser.base + "/")
    report.check(page.url.endswith("/administration/accounts"), f"an administrator lands on {page.url}")
    links = {}
    for login, name, role in [(PHYSICIST[0], "Phil Physicist", "physicist"), CHECKER[:3], PRACTITIONER[:3]]:
        found = invite(page, browser, login, name, role)
        report.check(found is not None, f"no whole address for {login}")
        links[login] = found[1] if found else "/"
    own = page.locator("tbody tr").filter(has_text="yours")
    report.check(own.count() == 1 and own.get_by_role("button", name="Change").count() == 0, "own role can be changed")
    look(page, "accounts", folder, report)
    enter_entitlement(page, browser, folder, report)
    browser.refusals = {403, 404}
    page.goto(browser.base + "/cases/1")
    report.check("Phantom" not in page.content(), "an administrator sees a patient")
    heading = page.get_by_role("heading", level=1).inner_text()
    report.check(heading == "Not open to your role", f"a refusal is headed '{heading}'")
    report.check(page.get_by_role("navigation", name="Main").count() == 1, "a refusal has no menu")
    look(page, "refused", folder, report)
    browser.refusals = set()
    page.goto(browser.base + "/administration/accounts")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    report.check(page.url == f"{browser.base}/sign-in", f"signing out ends at {page.url}")
    return links


def check_first_sign_in(page, browser, link, folder, report):
    """The physicist's link takes one password; then sign-in and second factor."""
    login, password = PHYSICIST
    page.goto(browser.base + link)
    look(page, "new-password", folder, report)
    fill(page, password=password)
    submit(page)
    fill(page, login=login, password=password + "x")
    browser.refusals = {401}
    submit(page)
    browser.refusals = set()
    report.check("not right" in page.get_by_role("alert").inner_text(), "a wrong password says nothing")
    look(page, "sign-in", folder, report)
    fill(page, login=login, password=password)
    submit(page)
    report.check(
        page.url == f"{browser.base}/account/second-factor", f"without a second factor, at {page.url}"
    )
    authenticator = enrol(page, browser, folder, "physicist", report)
    submit(page)
    report.check(page.url == f"{browser.base}/", f"signed in, at {page.url}")
    return authenticator


def check_worklist(page, browser, folder, report):
    """The patient is found by a part of the name, and not by something else."""
    rows = page.locator("tbody tr")
    report.check(rows.count() == 1, f"{rows.count()} cases")
    name = page.locator("tbody a").inner_text()
    look(page, "worklist", folder, report)
    for search, count in [(name[:4].lower(), 1), ("zebra", 0)]:
        page.get_by_role("searchbox").fill(search)
        page.get_by_role("button", name="Search").click()
        page.wait_for_load_state()
        report.check(rows.count() == count, f"'{search}': {rows.count()} cases")
        report.check(page.get_by_role("searchbox").input_value() == search, "the search is forgotten")
    empty = page.locator(".empty").inner_text()
    report.check("matches the search" in empty and "zebra" in empty, f"no case found: '{empty}'")
    look(page, "worklist-empty", folder, report)
    page.get_by_role("link", name="Clear the search").click()
    page.wait_for_load_state()
    page.locator("tbody a").click()
    page.wait_for_load_state()
    return name


def check_case(page, browser, name, folder, report):
    """Whose case it is, what was computed, and a kept report that runs nothing."""
    banner = page.locator("header").inner_text()
    report.check(name in banner and "Born" in banner and "Identifier" in banner, f"banner: {banner}")
    computed = page.locator("section").filter(has=page.get_by_role("heading", name="Plans, doses and reports"))
    kinds = set(computed.locator("tbody td:nth-child(2)").all_inner_texts())
    report.check({"plan", "report"} <= kinds, f"computed: {kinds}")
    kinds = page.locator(".table-timeline tbody td:nth-child(2)").all_text_contents()
    report.check({"scan", "plan", "delivered doses"} <= set(kinds), f"the line of time: {kinds}")
    look(page, "case", folder, report)
    page.get_by_role("link", name="Bring in images").click()
    page.wait_for_load_state()
    report.check(name in page.locator("header").inner_text(), "images are brought in for nobody")
    look(page, "case-bring-in", folder, report)
    page.go_back()
    page.wait_for_load_state()
    answer = page.request.get(page.locator("a[href*='/documents/']").first.evaluate("(a) => a.href"))
    report.check(answer.ok and "sandbox" in answer.headers["content-security-policy"],
                 "a kept report is not shown, or may run programs")
    computed.get_by_role("row").filter(has_text="Two lobes").locator("a[href*='/plans/']").click()
    page.wait_for_load_state()


def check_sign_out(page, browser, report):
    """Whoever holds the cookie of an ended session gets nothing, no copy either."""
    volume = page.evaluate("performance.getEntriesByType('resource').find((e) => e.name.includes('/volumes/')).name")
    tag = page.request.get(volume).headers["etag"]
    report.check(page.request.get(volume, headers={"If-None-Match": tag}).status == 304, "the copy is not kept")
    case = page.url
    cookies = page.context.cookies()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    report.check(page.url == f"{browser.base}/sign-in", f"signing out ends at {page.url}")
    page.go_back()
    page.wait_for_load_state()
    report.check(page.url == f"{browser.base}/sign-in", f"going back shows {page.url}")
    page.context.add_cookies(cookies)
    page.goto(case)
    report.check(page.url == f"{browser.base}/sign-in", f"the old session opens {page.url}")
    status = page.request.get(volume, headers={"If-None-Match": tag}).status
    report.check(status == 401, f"the old session gets {status} for a volume")
    page.context.clear_cookies()


def check_log(log, name, report):
    """Neither the patient nor what was searched for is in the log."""
    text = Path(log).read_text().lower()
    for word in [*name.lower().replace(",", " ").split(), "zebra"]:
        report.check(word not in text, "the log names the patient or a search")
    report.check('route=/cases/{case}' in text.replace('"', ""), "the log has no routes")


def lung_shunt(data):
    """What the synthetic patient was made with."""
    truth = json.loads((Path(data).parent / "patient" / "truth.json").read_text())
    return truth["workUp"]["lungShuntFraction"]


def run_story(browser, server, folder, report):
    page = browser.page()
    with report.timed("set-up and invitations"):
        check_set_up(page, browser, server.set_up, folder, report)
        links = check_invitations(page, browser, folder, report)
        browser.close(page)
        page = browser.page()
        page.add_init_script(TIME_VIEWER)
        authenticator = check_first_sign_in(page, browser, links[PHYSICIST[0]], folder, report)
    with report.timed("bringing in"):
        check_bring_in(page, browser, folder, report)
        name = check_worklist(page, browser, folder, report)
    with report.timed("frames, registration, pair"):
        check_frames(page, browser, folder, lung_shunt(server.data), report)
        matrix = check_registration(page, browser, folder, report)
        check_pair(page, browser, folder, matrix, report)
        registration = check_automatic(page, report)
        check_theme(page, report)
    with report.timed("new plan"):
        check_new_plan(page, browser, registration, folder, report)
    with report.timed("case and plan"):
        check_case(page, browser, name, folder, report)
        check_plan(page, browser, folder, report)
        look(page, "plan", folder, report)
        check_print(page, folder, report)
        check_outlines(page, browser, Path(server.data).parent / "patient", report)
    with report.timed("plan panel"):
        check_panel(page, browser, folder, report)
    with report.timed("a plan by keys alone"):
        check_plan_by_keys(page, browser, report)
    with report.timed("signing"):
        check_signing(page, browser, links, authenticator, folder, report)
    with report.timed("keys alone"):
        check_sign_out(page, browser, report)
        check_keyboard(page, browser, (*PHYSICIST, authenticator), report)
    with report.timed("volumes of interest"):
        page = check_vois(page, browser, f"{browser.base}/cases/1", folder, report)
        browser.close(page)
    check_log(server.log, name, report)


tell_on_demo(run_story)
