"""From the sign-in page to a layer of the plan by keyboard alone, with the focus seen at every stop."""
from browser_page import until
from workspace_plan import READY, position, press

MOST_TABS = 90
JOB_SECONDS = 120
# A mark of at least 2 px around the focused element, which lies in view and under nothing else.
FOCUS = """() => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
    const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
    const top = document.elementFromPoint(x, y);
    return {
        what: `${e.tagName.toLowerCase()} ${(e.getAttribute("aria-label") ?? e.innerText ?? "").slice(0, 40)}`,
        marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        seen: top !== null && (e.contains(top) || top.contains(e)),
    };
}"""


def tab_to(page, locator, report, name):
    """Presses Tab until that element has the focus; every stop on the way must be seen."""
    wanted = locator.element_handle()
    for _ in range(MOST_TABS):
        focus = page.evaluate(FOCUS)
        if focus:
            report.check(focus["marked"], f"the focus is not marked on {focus['what']}")
            report.check(focus["seen"], f"the focus is hidden on {focus['what']}")
        if page.evaluate("(e) => e === document.activeElement", wanted):
            return True
        page.keyboard.press("Tab")
    report.check(False, f"Tab does not reach {name}")
    return False


def enter(page):
    """Presses Enter and waits for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state()


def check_keyboard(page, browser, person, report):
    login, password, authenticator = person
    page.goto(browser.base + "/sign-in")
    report.check(until(page, "document.activeElement.name === 'login'"), "the sign-in page has no focus")
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Tab")
    page.keyboard.type(authenticator.code())
    page.keyboard.press("Enter")
    page.wait_for_url(browser.base + "/")
    tab_to(page, page.locator("tbody a").first, report, "the case")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    plans = page.get_by_role("row").filter(has_text="Two lobes").locator("a[href*='/plans/']")
    tab_to(page, plans.first, report, "the latest plan")
    page.keyboard.press("Enter")
    page.wait_for_url("**/plans/*")
    report.check(until(page, READY), "no images are shown")
    tab_to(page, page.locator(".viewer-stage"), report, "the images")
    before = position(page)
    press(page, browser, "PageUp")
    report.check(position(page) != before, "Page up is no slice on")
    press(page, browser, "2")
    coronal = page.locator(".viewport-label.is-active").inner_text()
    report.check(coronal.startswith("Coronal"), f"key 2 acts on {coronal[:20]}")
    check_layer_keys(page, browser, report)
    # Not a trap: Tab goes on from the images.
    page.keyboard.press("Tab")
    report.check(not page.locator(".viewer-stage").evaluate("(e) => e === document.activeElement"),
                 "Tab does not leave the images")


def check_plan_by_keys(page, browser, report):
    """From a plan's page: another plan from it, named, computed and opened. Comes back to where it began."""
    began = page.url
    page.goto(began)
    tab_to(page, page.get_by_role("link", name="New plan from this"), report, "New plan from this")
    page.keyboard.press("Enter")
    page.wait_for_url("**/new-plan*")
    tab_to(page, page.locator("main [name=name]"), report, "the plan's name")
    page.keyboard.press("Control+A")
    page.keyboard.type("By keys")
    tab_to(page, page.get_by_role("button", name="Plan", exact=True), report, "Plan")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs")
    done = until(page, "document.querySelector('#jobs tbody .badge')?.textContent === 'done'", JOB_SECONDS)
    report.check(bool(done), f"a plan by keyboard: {page.inner_text('#jobs')[:300]}")
    page.goto(began.split("/plans/")[0])
    plans = page.get_by_role("row").filter(has_text="By keys").locator("a[href*='/plans/']")
    tab_to(page, plans.first, report, "the new plan")
    page.keyboard.press("Enter")
    page.wait_for_url("**/plans/*")
    report.check(until(page, READY), "the plan made by keyboard shows no images")
    page.goto(began)
    report.check(until(page, READY), "the plan does not open again")


def check_layer_keys(page, browser, report):
    """L chooses the next layer and says its name, H shows or hides it."""
    spoken = page.locator("[aria-live=polite]")
    # The position is said 0.4 s after the last frame that moved it.
    page.wait_for_timeout(1000)
    report.check(spoken.inner_text().startswith("Coronal plane"), f"key 2 says '{spoken.inner_text()}'")
    shown = lambda: page.locator(".viewport-label").first.inner_text()
    press(page, browser, "l")
    report.check(spoken.inner_text().startswith("Layer: "), f"L says '{spoken.inner_text()}'")
    before = shown()
    press(page, browser, "h")
    report.check(shown() != before, "H neither shows nor hides a layer")
    report.check(spoken.inner_text().lower().startswith(("hidden: ", "shown: ")), f"H says '{spoken.inner_text()}'")
    press(page, browser, "h")
    report.check(shown() == before, "H twice is not as before")
