"""Sharing a case with the other hospital, and what its people plan by a share."""
from browser_page import until
from page_looks import look
from workspace_bring_in import JOB_SECONDS
from workspace_people import fill
from workspace_plan import READY
from workspace_signing import PRACTITIONER, sign
from workspace_vois import listed, make, open_editor

PHYSICIST = ("phil", "Phil Physicist", "physicist", "velvet-canyon-drum")
OTHER = "County hospital"
COLLEAGUE = ("nils", "Nils Nuclear", "nuclear-medicine-physician", "marble-tiger-orbit")
CASE = "/cases/1"
THEIR_PLAN = "Planned at the county hospital"


def press(page, name, exact=False):
    page.get_by_role("button", name=name, exact=exact).click()
    page.wait_for_load_state()


def share(page, browser, folder, report, name, item, question, ticks=()):
    """Previews a share with the other hospital, then makes it."""
    page.goto(f"{browser.base}{CASE}/shares")
    recipient = page.locator("[name=recipient] option").filter(has_text=OTHER)
    page.locator("[name=recipient]").select_option(recipient.get_attribute("value"))
    fill(page, purpose="second opinion", question=question)
    # Everything in use is ticked at first.
    ticked = page.locator("input[name^=item-]:checked")
    while ticked.count():
        ticked.first.uncheck()
    page.locator("label").filter(has_text=item[1]).locator(f"input[name^=item-{item[0]}]").first.check()
    page.get_by_label("Earlier studies too").check()
    for tick in ticks:
        page.get_by_label(tick).check()
    press(page, "Preview what they will see")
    look(page, f"share-preview-{name}", folder, report)
    seen = page.locator("main").inner_text()
    report.check(OTHER in seen and "Nothing is shared yet" in seen, "the preview does not say what it is")
    press(page, "Share this")
    look(page, f"shares-{name}", folder, report)
    return seen


def check_planning(owner, other, physicist, practitioner, browser, plan, codes, folder, report):
    """The other hospital plans on the shared case and signs; the owner checks and prescribes. Returns its plan."""
    case = browser.base + CASE
    share(owner, browser, folder, report, "to-plan", (plan.rsplit("/", 1)[1], ""), "", ["plan: add plans"])
    other.goto(case)
    other.get_by_role("link", name="Volumes of interest").click()
    open_editor(other, report)
    other.locator(".viewer-stage").focus()
    make(other, report, "sphere", "County 1", diameterMM=30)
    author = listed(other, case)["County 1"]["current"]["author"]
    report.check(author == f"{COLLEAGUE[1]}, {OTHER}", f"who drew is called {author}")
    look(other, "vois-by-share", folder, report)
    other.goto(plan)
    other.get_by_role("link", name="New plan from this").click()
    other.wait_for_load_state()
    browser.refusals = {400}
    press(other, "Plan", exact=True)
    browser.refusals = set()
    said = other.get_by_role("alert").inner_text()
    report.check("give yours another name" in said.lower(), f"a plan of the owner's name: {said[:200]}")
    fill(other, name=THEIR_PLAN)
    press(other, "Plan", exact=True)
    done = until(other, "document.querySelector('#jobs tbody .badge')?.textContent === 'done'", JOB_SECONDS)
    report.check(bool(done), f"the other hospital's job: {other.locator('#jobs').inner_text()[:300]}")
    other.goto(case)
    other.get_by_role("row").filter(has_text=THEIR_PLAN).locator("a[href*='/plans/']").first.click()
    other.wait_for_load_state()
    theirs = other.url
    report.check(until(other, READY, JOB_SECONDS), "the other hospital's plan shows no images")
    practitioner.goto(plan + "/signatures")
    rows = practitioner.locator("tbody").first.locator("tr").all_inner_texts()
    report.check(sum("counts" in r for r in rows) == 3, f"what the owner signed, after the other has planned: {rows}")
    form = practitioner.locator("form[action$='/withdraw']")
    form.locator("[name=reason]").fill("The other hospital's plan is taken")
    form.get_by_role("button").click()
    practitioner.wait_for_load_state()
    sign(other, theirs, codes[COLLEAGUE[0]], "I made this plan", report)
    look(other, "signing-by-share", folder, report)
    sign(physicist, theirs, codes[PHYSICIST[0]], "I have checked this plan", report)
    sign(practitioner, theirs, codes[PRACTITIONER[0]], "I prescribe this treatment", report)
    said = practitioner.locator("main").inner_text()
    report.check(f"{COLLEAGUE[1]}, {OTHER}" in said and said.count("counts") == 3, f"the signatures: {said[:400]}")
    return theirs
