"""A meeting made, run, decided and signed by keyboard alone."""
from browser_page import until
from workspace_keys import enter, tab_to

SECONDS = 120
IDLE = "document.querySelector('#session .viewer')?.getAttribute('aria-busy') === 'false'"
QUESTION = "Which treatment for this progression?"


def go(page, locator, report, name):
    """To an element by Tab, on by Enter."""
    tab_to(page, locator, report, name)
    enter(page)


def write(page, locator, text, report, name):
    tab_to(page, locator, report, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def check_session(page, report):
    """Presents, opens the case, moves through it, keeps a key image and a diameter."""
    until(page, "document.querySelector('#present') !== null")
    tab_to(page, page.locator("#present"), report, "Present")
    page.keyboard.press("Enter")
    report.check(until(page, "document.querySelector('#session-presence').textContent.includes('present')"), "Enter does not present")
    page.keyboard.press(".")
    report.check(until(page, IDLE, SECONDS), "'.' opens no case")
    tab_to(page, page.locator("#session .viewer-stage"), report, "the images")
    before = page.locator("#session .readout-position").inner_text()
    page.keyboard.press("PageUp")
    changed = f"document.querySelector('#session .readout-position').innerText !== {before!r}"
    report.check(until(page, changed), "Page up is no slice on in the session")
    page.keyboard.press("k")
    report.check(until(page, "document.querySelector('.session-panel ol li') !== null"), "k keeps no key image")
    tab_to(page, page.locator("#session .viewer-stage"), report, "the images again")
    page.keyboard.press("e")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("e")
    tab_to(page, page.locator("#keep-measurement"), report, "Keep the measurement")
    page.keyboard.press("Enter")
    lists = "[...document.querySelectorAll('.session-panel ol')][1].innerText"
    report.check(until(page, f"{lists}.includes('long diameter')"), "no diameter is kept by keyboard")


def check_decision(page, authenticator, report):
    """What the meeting decides is recorded and signed with a code."""
    write(page, page.locator("[name=options]"), "SIRT\nPRRT", report, "the options")
    write(page, page.locator("[name=chosen]"), "1", report, "the line chosen")
    tab_to(page, page.locator("[name=intent]"), report, "the intent")
    page.keyboard.press("ArrowDown")
    write(page, page.locator("[name=lead]"), "Nora Nuclear", report, "the lead")
    enter(page)
    report.check(until(page, "document.querySelector('form[action$=\"/sign\"]') !== null"), "Enter records nothing")
    write(page, page.locator("main [name=code]"), authenticator.code(), report, "the code")
    enter(page)
    report.check(until(page, "document.querySelector('main').innerText.includes('Signed by')"), "the decision is not signed by keyboard")


def check_meeting_by_keys(page, browser, authenticator, report):
    """From the worklist; whoever it is may run meetings and sign what they decide."""
    page.goto(browser.base + "/")
    go(page, page.get_by_role("link", name="Meetings"), report, "Meetings")
    write(page, page.locator("main [name=title]"), "By keys", report, "the title")
    enter(page)
    address = page.url
    write(page, page.locator("form[action$='/items'] [name=question]"), QUESTION, report, "the question")
    tab_to(page, page.get_by_role("button", name="Put it on the list"), report, "Put it on the list")
    enter(page)
    report.check(until(page, f"document.querySelector('tbody')?.innerText.includes({QUESTION!r})"), "the case is not on the list")
    go(page, page.get_by_role("link", name="Open the session"), report, "Open the session")
    check_session(page, report)
    page.goto(address)
    go(page, page.locator("tbody a[href$='/decision']"), report, "the decision")
    check_decision(page, authenticator, report)
