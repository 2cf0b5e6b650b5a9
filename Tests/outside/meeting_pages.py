"""A meeting's pages as the checks of several stories use them."""
import re

from page_looks import look
from workspace_people import fill, submit

IDLE = "document.querySelector('#session .viewer')?.getAttribute('aria-busy') === 'false'"


def image_choice(page):
    """The session's choice of the lowest image; its label's text goes on with that of the options."""
    return page.locator("#session label").filter(has_text=re.compile("^Image")).locator("select").first


def make_meeting(page, browser, folder, report):
    """A meeting with the one case on its list. Returns its address."""
    page.goto(browser.base + "/meetings")
    page.fill("main [name=title]", "Thursday")
    submit(page)
    base = page.url
    page.locator("form[action$='/items'] [name=question]").fill("Which treatment for this progression?")
    page.get_by_role("button", name="Put it on the list").click()
    page.wait_for_load_state()
    report.check("key images" in page.locator("tbody").inner_text(), "nothing is said to be missing")
    look(page, "meeting", folder, report)
    return base


def check_decision(page, path, authenticator, folder, report):
    """The decision is recorded and signed; a change is version 2 and version 1 stays."""
    page.goto(path)
    page.locator("tbody a[href$='/decision']").click()
    page.wait_for_load_state()
    page.fill("[name=options]", "SIRT\nPRRT")
    page.fill("[name=chosen]", "1")
    report.check(page.input_value("[name=intent]") == "", "an intent is chosen that nobody chose")
    page.select_option("[name=intent]", "disease-control")
    page.fill("[name=lead]", "Rada Chair")
    page.get_by_role("button", name="Record").click()
    page.wait_for_load_state()
    page.fill("main [name=code]", authenticator.code())
    page.get_by_role("button", name="Sign", exact=True).click()
    page.wait_for_load_state()
    report.check("Signed by Rada Chair" in page.locator("main").inner_text(), "the decision is not signed")
    page.fill("[name=lead]", "Sue Surgeon")
    page.get_by_role("button", name="Record").click()
    page.wait_for_load_state()
    text = page.locator("main").inner_text()
    report.check("Version 1" in text and "Version 2" in text, "a change leaves no version 1")
    look(page, "decision", folder, report)
    answer = page.request.get(path + "/minutes.pdf")
    report.check(answer.ok and answer.body().startswith(b"%PDF-"), f"the minutes are {answer.status}")
