"""Three persons sign the plan, the treatment is recorded, and what is given out is verified without the server."""
import subprocess
import time

from browser_page import until
from grevy_server import PROGRAM
from page_looks import check_origins, look
from workspace_keys import enter, tab_to
from workspace_meeting import check_meeting_by_keys
from workspace_people import join
from workspace_plan import READY

# Beside the physicist who makes the plan: login, name, role, password.
CHECKER = ("clara", "Clara Checker", "physicist", "copper-finch-meadow")
PRACTITIONER = ("nora", "Nora Nuclear", "nuclear-medicine-physician", "silver-wren-orchard")
YEAR_SECONDS = 365 * 86400
JOB_SECONDS = 240
PRINT_MS = 240_000
RETURNED = "The shunt was read from the wrong views"


def day(seconds):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + seconds))


def enter_entitlement(page, browser, folder, report):
    """The administrator enters what the practitioner's licence says."""
    page.goto(browser.base + "/administration/entitlements")
    person = page.locator("[name=account] option").filter(has_text=PRACTITIONER[1])
    page.locator("[name=account]").select_option(person.get_attribute("value"))
    for name, value in {"licence": "L-1", "from": day(0), "to": day(YEAR_SECONDS)}.items():
        page.fill(f"form.card [name={name}]", value)
    page.locator("form.card .button-primary").click()
    page.wait_for_load_state()
    row = page.locator("tbody tr")
    report.check(row.count() == 1 and PRACTITIONER[1] in row.inner_text(), "the entitlement is not listed")
    look(page, "entitlements", folder, report)


def sign(page, address, authenticator, said, report):
    page.goto(address + "/signatures")
    form = page.locator("form[action*='/sign/']")
    report.check(said in form.inner_text(), f"'{said}' is not what is signed: {form.inner_text()[:80]}")
    if form.locator("[name=findings]").count():
        tab_to(page, form.locator("[name=findings]"), report, "the findings")
        page.keyboard.press("Space")
    tab_to(page, form.locator("[name=code]"), report, "the code")
    page.keyboard.type(authenticator.code())
    enter(page)


def check_return(page, browser, address, report):
    """The checker sends the plan back with a reason: nothing on it counts, everything stays to be read."""
    page.goto(address + "/signatures")
    form = page.locator("form[action$='/return']")
    form.get_by_role("button", name="Return").click()
    report.check(form.locator("[name=reason]").evaluate("(e) => e.matches(':invalid')") and form.count() == 1,
                 "a plan is returned without a reason")
    form.locator("[name=reason]").fill(RETURNED)
    form.get_by_role("button", name="Return").click()
    page.wait_for_load_state()
    rows = page.locator("tbody").first.locator("tr").all_inner_texts()
    report.check(len(rows) == 1 and RETURNED in rows[0] and "counts" not in rows[0], f"after a return: {rows}")
    page.goto(address.split("/plans/")[0])
    report.check("ready" in page.locator("h1").inner_text(), "the case is not ready again after a return")


def check_signatures(page, browser, links, authenticator, folder, report):
    """Identity, three signatures of three persons. Returns the practitioner's page and authenticator."""
    address = page.url
    case = address.split("/plans/")[0]
    page.goto(case)
    # Whoever said in quarantine whose images they are has confirmed it already.
    if "quarantined" in page.locator("h1").inner_text():
        page.get_by_role("button", name="Confirm the identity").click()
        page.wait_for_load_state()
    report.check("ready" in page.locator("h1").inner_text(), "the case is not ready once its identity is confirmed")
    page.goto(address + "/signatures")
    look(page, "signing", folder, report)
    sign(page, address, authenticator, "I made this plan", report)
    report.check("another person" in page.locator("main").inner_text().lower()
                 or "three persons" in page.locator("main").inner_text(), "who signed may sign once more")
    checker, code = join(browser, links[CHECKER[0]], CHECKER)
    report.check("check the plan" in checker.locator("tbody").inner_text(), "the plan does not wait for the checker")
    check_return(checker, browser, address, report)
    sign(page, address, authenticator, "I made this plan", report)
    sign(checker, address, code, "I have checked this plan", report)
    withdrawal = checker.locator("form[action$='/withdraw'] [name=reason]")
    report.check(withdrawal.count() == 1 and withdrawal.evaluate("(e) => e.required"),
                 "who has checked cannot take it back, or without a reason")
    browser.close(checker)
    practitioner, code = join(browser, links[PRACTITIONER[0]], PRACTITIONER)
    sign(practitioner, address, code, "I prescribe this treatment", report)
    rows = practitioner.locator("tbody").first.locator("tr").all_inner_texts()
    report.check(sum("counts" in r for r in rows) == 3 and sum(RETURNED in r for r in rows) == len(rows) - 3 == 1,
                 f"signatures: {rows}")
    look(practitioner, "signed", folder, report)
    return practitioner, code, address


def verified(file, key):
    found = subprocess.run([PROGRAM, "verify", file, "--key", key], capture_output=True, text=True, check=False)
    return found.returncode, found.stdout + found.stderr


def check_verify(page, browser, address, folder, report):
    """Plan, report and their sidecars hold outside the server, and one changed byte does not."""
    key = folder / "grevy-public-key.pem"
    key.write_bytes(page.request.get(browser.base + "/public-key").body())
    names = ["Phil Physicist", CHECKER[1], PRACTITIONER[1]]
    for file in [folder / "plan.json", folder / "report.pdf"]:
        for kept in [file, folder / f"{file.name}.sig"]:
            # A report is printed when it is first asked for.
            answer = page.request.get(f"{address}/signed/{kept.name}", timeout=PRINT_MS)
            report.check(answer.ok, f"{kept.name}: {answer.status}")
            kept.write_bytes(answer.body())
        code, said = verified(file, key)
        report.check(code == 0 and all(n in said for n in names), f"grevy verify {file.name}: {code}, {said[:200]}")
        changed = bytearray(file.read_bytes())
        changed[len(changed) // 2] ^= 1
        (folder / "changed").mkdir(exist_ok=True)
        other = folder / "changed" / file.name
        other.write_bytes(changed)
        (folder / "changed" / f"{file.name}.sig").write_bytes((folder / f"{file.name}.sig").read_bytes())
        code, said = verified(other, key)
        report.check(code == 1 and "does not hold" in said, f"one changed byte of {file.name}: {code}, {said[:200]}")
    text = subprocess.run(["pdftotext", folder / "report.pdf", "-"], capture_output=True, text=True, check=True).stdout
    report.check("SIRT plan" in text and "GREVY-PHANTOM-1" in text, f"the signed report reads {text[:200]}")


def check_treatment(page, browser, address, folder, report):
    """A sheet refused as a whole keeps what was typed; filled in, it moves the case and prints on one page."""
    page.goto(address + "/treatment")
    look(page, "treatments", folder, report)
    page.get_by_role("link", name="Fill in").first.click()
    page.wait_for_load_state()
    hour = time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() - 2 * 3600))
    page.fill("[name=vial]", "V-17")
    page.get_by_role("button", name="Check").click()
    page.wait_for_load_state()
    report.check(page.input_value("[name=vial]") == "V-17", "checking forgets what was typed")
    report.check(page.locator(".field-error").count() > 3, "missing fields are not named")
    look(page, "treatment", folder, report)
    planned = page.locator("main dd").first.inner_text().split()[0]
    for name, value in {
        "lot": "L1", "calibratedGBq": planned, "calibrationTime": f"{hour}:00", "calibrationZone": "+00:00",
        "zone": "+00:00", "measuredGBq": planned, "measurementTime": f"{hour}:10", "residualGBq": "0.01",
        "residualTime": f"{hour}:50", "catheter": "right hepatic artery", "start": f"{hour}:30",
        "end": f"{hour}:40", "by": "Dr Example",
    }.items():
        page.fill(f"[name={name}]", value)
    page.locator("[name=stasis]").select_option("no")
    # The vial is none of the plan's: a reason is asked for.
    browser.refusals = {400}
    page.get_by_role("button", name="Save the sheet").click()
    page.wait_for_load_state()
    browser.refusals = set()
    page.fill("[name=reason]", "The vial came with the order of another week")
    page.get_by_role("button", name="Save the sheet").click()
    page.wait_for_load_state()
    faults = page.locator(".field-error").all_inner_texts()
    report.check(faults == [], f"the sheet is refused: {faults}")
    page.goto(address + "/treatment/1/sheet")
    look(page, "treatment-sheet", folder, report)
    check_origins(page, "treatment sheet", report)
    page.pdf(path=folder / "sheet.pdf", prefer_css_page_size=True)
    text = subprocess.run(["pdftotext", folder / "sheet.pdf", "-"], capture_output=True, text=True, check=True).stdout
    report.check(text.count("\f") == 1 and "V-17" in text, f"the sheet prints on {text.count(chr(12))} pages")
    page.goto(address.split("/plans/")[0])
    report.check("delivered" in page.locator("h1").inner_text(), "the case is not delivered")
    report.check(page.get_by_text("Begin the next course").count() > 0, "no way to a next course")
    # What is earlier is folded away.
    timeline = " ".join(page.locator(".table-timeline").all_text_contents())
    report.check(all(w in timeline for w in ["treatment", "signed as prescribed", "scan", "GBq of Y-90"]),
                 f"the line of time: {timeline}")
    check_origins(page, "case", report)
    page.goto(browser.base + "/")
    check_origins(page, "worklist", report)
    page.goto(address + "/signatures")
    report.check(page.get_by_role("button", name="Withdraw").count() == 0,
                 "a signature can be withdrawn after the treatment")


def compute_delivered(page, report):
    """Computes what the form says, and opens the result. Returns its findings; ends at the case."""
    page.get_by_role("button", name="Compute delivered doses").click()
    page.wait_for_load_state()
    done = until(page, "document.querySelector('#jobs tbody .badge')?.textContent === 'done'", JOB_SECONDS)
    report.check(bool(done), f"delivered doses: {page.inner_text('#jobs')[:300]}")
    page.locator("#jobs tbody tr").first.get_by_role("link", name="Open it").click()
    page.wait_for_load_state()
    report.check(until(page, READY), "no images of what was delivered")
    report.check(page.locator("#limits tbody tr").count() > 0 and "%)" in page.inner_text("#limits"),
                 "no chance that a limit is kept")
    check_origins(page, "delivered doses", report)
    findings = " ".join(page.locator(".notice").all_inner_texts())
    page.locator("header .banner-name a").click()
    page.wait_for_load_state()
    return findings


def accept_registration(page):
    """Accepts the case's registration that nobody has accepted; comes back to the case."""
    case = page.url
    page.goto(f"{case}/registrations")
    card = page.locator("article").filter(has_text="not accepted").filter(has_text="rigid-ct").first
    card.get_by_label("What you looked at").fill("liver edge and spine")
    card.get_by_role("button", name="Accept").click()
    page.wait_for_load_state()
    page.goto(case)


def check_comparison(page, browser, folder, report, is_accepted):
    """From the case: the PET after the treatment against the plan, with what the sheet says.

    Verified at once when the PET's registration is accepted already, else once it is.
    """
    page.get_by_role("link", name="What was delivered").click()
    page.wait_for_load_state()
    chosen = {name: page.locator(f"[name={name}] option:checked").inner_text() for name in ["image", "imageCT", "registration"]}
    report.check("Y-90 PET" in chosen["image"] and "PET" in chosen["imageCT"], f"chosen first: {chosen}")
    report.check(float(page.input_value("[name=given-0]") or 0) > 0 and page.input_value("[name=given-1]") == "",
                 "what the sheet says is not in the form, or more than it says")
    look(page, "delivery", folder, report)
    findings = compute_delivered(page, report)
    report.check("does not list this territory" in findings, f"a territory without a sheet is not spoken of: {findings[:300]}")
    if not is_accepted:
        report.check("verify nothing yet" in findings and "delivered" in page.locator("h1").inner_text(),
                     f"doses on a registration that nobody accepted: {findings[:300]}")
        accept_registration(page)
        page.get_by_role("link", name="What was delivered").click()
        page.wait_for_load_state()
        findings = compute_delivered(page, report)
    report.check("verify nothing yet" not in findings, f"on an accepted registration: {findings[:300]}")
    report.check("verified" in page.locator("h1").inner_text(), "the case is not verified")


def check_exports(page, folder, report):
    """The case as one archive, made by a job and fetched."""
    page.get_by_role("link", name="Take the case out").click()
    page.wait_for_load_state()
    exports = page.url
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/jobs")
    done = until(page, "document.querySelector('#jobs tbody .badge')?.textContent === 'done'", JOB_SECONDS)
    report.check(bool(done), f"an export: {page.inner_text('#jobs')[:300]}")
    page.goto(exports)
    answer = page.request.get(page.locator("tbody a[download]").first.evaluate("(a) => a.href"), timeout=PRINT_MS)
    report.check(answer.ok and answer.body()[:2] == b"PK", f"the archive: {answer.status}")
    look(page, "exports", folder, report)


def check_signing(page, browser, links, authenticator, folder, report):
    """Goes on from the plan's page of the physicist and comes back to it."""
    practitioner, code, address = check_signatures(page, browser, links, authenticator, folder, report)
    check_verify(practitioner, browser, address, folder, report)
    check_treatment(practitioner, browser, address, folder, report)
    with report.timed("what was delivered"):
        practitioner.goto(address.split("/plans/")[0])
        check_comparison(practitioner, browser, folder, report, is_accepted=True)
    with report.timed("the case taken out"):
        check_exports(practitioner, folder, report)
    with report.timed("a meeting by keys alone"):
        check_meeting_by_keys(practitioner, browser, code, report)
    browser.close(practitioner)
    page.goto(address)
    report.check(until(page, READY), "the plan does not open again")
