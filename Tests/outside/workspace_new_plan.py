"""A plan is put together on its page, computed as a job, and opened."""
from browser_page import until
from page_looks import look

JOB_SECONDS = 240
NAME = "From the page"
WISHED = {"Territory right": "1.2", "Territory left": "0.6"}


def check_new_plan(page, browser, registration, folder, report):
    """With a registration that the case keeps; comes back to the page it began on."""
    began = page.url
    page.goto(f"{browser.base}/cases/1")
    page.get_by_role("link", name="New plan").click()
    page.wait_for_load_state()
    chosen = {name: page.locator(f"[name={name}] option:checked").inner_text()
              for name in ["planning", "activity", "registration"]}
    report.check("portal venous" in chosen["planning"] and "SPECT" in chosen["activity"], f"chosen first: {chosen}")
    report.check(chosen["registration"].startswith(f"{registration}:") and "accepted" not in chosen["registration"],
                 f"the registration accepted last is not chosen first: {chosen}")
    report.check(page.locator("h1").inner_text() == "New plan", page.locator("h1").inner_text())
    page.fill("[name=name]", NAME)
    page.fill("[name=evidence]", "synthetic case")
    page.locator("[name=engine]").select_option("monte-carlo")
    page.locator("[name=density]").select_option("ct")
    page.locator("[name=grid]").select_option("6")
    for structure, gigabecquerels in WISHED.items():
        report.check(page.get_by_label(f"Use of {structure}").input_value() == "territory",
                     f"{structure} is not taken for a territory")
        page.get_by_label(f"Activity or dose for {structure}").fill(gigabecquerels)
    spared = page.get_by_label("Activity or dose for Stomach")
    report.check(not spared.is_visible(), "a spared organ asks for activity")
    look(page, "new-plan", folder, report)
    check_refusal(page, browser, folder, report)
    page.get_by_role("button", name="Plan", exact=True).click()
    page.wait_for_load_state()
    report.check(page.url.endswith("/jobs"), f"after asking for the plan at {page.url}")
    done = until(page, "document.querySelector('#jobs tbody .badge')?.textContent === 'done'", JOB_SECONDS)
    report.check(bool(done), f"the plan's job: {page.inner_text('#jobs')[:300]}")
    page.goto(f"{browser.base}/cases/1")
    page.get_by_role("row").filter(has_text=NAME).locator("a[href*='/plans/']").first.click()
    page.wait_for_load_state()
    report.check("1.800 GBq" in page.locator(".facts").first.inner_text(),
                 f"the plan's activities: {page.locator('.facts').first.inner_text()[:200]}")
    origin = page.locator("dl:has(> dt:text-is('Registration'))").text_content()
    report.check("accepted by Phil Physicist" in origin, f"the plan's registration: {origin}")
    engine = page.locator(".facts").first.inner_text()
    report.check("monte" in engine.lower(), f"the plan's engine: {engine}")
    findings = page.locator(".notice").all_inner_texts()
    report.check(not any("egistration" in f and "accepted" in f for f in findings), f"findings: {findings}")
    page.get_by_role("link", name="New plan from this").click()
    page.wait_for_load_state()
    report.check(page.input_value("[name=registration]") == registration,
                 f"made with {page.input_value('[name=registration]')}, not with {registration}")
    report.check(page.get_by_label("Activity or dose for Territory left").input_value() == "0.6",
                 "the plan's activity is not in the page that starts from it")
    page.goto(began)
    page.wait_for_load_state()


def check_refusal(page, browser, folder, report):
    """What makes no plan says why and keeps what was typed."""
    right = page.get_by_label("Activity or dose for Territory right")
    right.fill("much")
    browser.refusals = {400}
    page.get_by_role("button", name="Plan", exact=True).click()
    page.wait_for_load_state()
    browser.refusals = set()
    said = page.get_by_role("alert").inner_text()
    report.check("Territory right" in said and "number" in said, f"a word for an activity says '{said}'")
    report.check(page.input_value("[name=name]") == NAME and right.input_value() == "much",
                 "a refusal forgets what was typed")
    look(page, "new-plan-refused", folder, report)
    right.fill(WISHED["Territory right"])
