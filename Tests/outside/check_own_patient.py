"""One patient from the first file to the verified report, all of it in a browser, on a server that began empty.

Usage: check_own_patient.py FOLDER. FOLDER receives the synthetic patient's files, the server's data and log, and
pictures. Dropped: work-up; registered, structures taken over and one edited; planned, slid, computed by Monte
Carlo; signed, returned, signed, checked, prescribed; treated; the PET dropped and held against the plan; what is
given out verified without the server. Prints one JSON object; exits 1 when something does not hold.
"""
import subprocess
import zipfile
from datetime import date, timedelta

from playwright.sync_api import sync_playwright

from browser_page import Browser, until
from grevy_server import PROGRAM, ROOT, GrevyServer
from page_looks import look
from story import tell
from workspace_images import check_automatic
from workspace_panel import check_recalculation, start
from workspace_people import PASSWORD, invite, join, set_up
from workspace_signing import (
    CHECKER, PRACTITIONER, check_comparison, check_signatures, check_treatment, check_verify, enter_entitlement,
)
from workspace_vois import listed, make, open_editor, said

PHYSICIST = ("phil", "Phil Physicist", "physicist", PASSWORD)
JOB_SECONDS = 240
WORK_UP = ["ct-diagnostic", "ct-spect", "nm-planar", "nm-spect", "rtstruct"]
AFTER_TREATMENT = ["ct-pet", "pet"]
NAME = "Dropped, drawn, planned"
WISHED = {"Territory right": "1.2", "Territory left": "0.6"}
EDITED = "Tumour 5"


def archives(folder):
    """The synthetic patient's files as two ZIPs: before and after the treatment."""
    made = folder / "patient"
    subprocess.run([PROGRAM, "phantom", made, "--half-size"], cwd=ROOT, capture_output=True, check=True)
    for name, series in [("work-up", WORK_UP), ("after", AFTER_TREATMENT)]:
        with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as target:
            for one in series:
                for file in sorted((made / "dicom" / one).iterdir()):
                    target.write(file, f"{one}/{file.name}")
    return folder / "work-up.zip", folder / "after.zip"


def wait_for_job(page, report, what):
    done = until(page, "document.querySelector('#jobs tbody .badge')?.textContent === 'done'", JOB_SECONDS)
    report.check(bool(done), f"{what}: {page.inner_text('#jobs')[:300]}")


def drop(page, archive, report):
    """Sends an archive from a page that takes files, and waits until its job is done."""
    page.set_input_files("#files", archive)
    page.get_by_role("button", name="Import them").click(timeout=JOB_SECONDS * 1000)
    page.wait_for_load_state()
    upload = page.url
    page.get_by_role("link", name="Watch the jobs").click()
    page.wait_for_load_state()
    wait_for_job(page, report, archive.name)
    page.goto(upload)


def check_drop(page, browser, archive, folder, report):
    """An empty worklist says what to do; afterwards the patient is on it. Ends on the case."""
    empty = page.locator(".empty").inner_text()
    report.check("ring in" in empty or "case" in empty, f"an empty worklist says '{empty}'")
    look(page, "own-worklist-empty", folder, report)
    page.goto(browser.base + "/bring-in")
    drop(page, archive, report)
    report.check("waits in quarantine" in page.inner_text("main"), "a patient whom nobody knows is taken in")
    look(page, "own-upload", folder, report)
    page.goto(browser.base + "/quarantine")
    page.get_by_role("button", name="They are a new case").click()
    page.wait_for_load_state()
    page.goto(browser.base + "/")
    report.check(page.locator("tbody tr").count() == 1, f"{page.locator('tbody tr').count()} cases after one patient's files")
    page.locator("tbody a").first.click()
    page.wait_for_load_state()


def check_structures(page, case, folder, report):
    """The set's structures taken over; one grown by a millimetre; those that the plan needs accepted."""
    page.goto(f"{case}/vois")
    open_editor(page, report)
    page.locator("#voi-import button").click()
    report.check(until(page, f"document.getElementById('voi-list').textContent.includes('{EDITED}')", 120),
                 f"taken over: '{page.locator('#voi-state').inner_text()}'")
    before = listed(page, case)[EDITED]["current"]["making"]["volumeML"]
    make(page, report, "margin", EDITED, of=EDITED, marginMM=1)
    edited = listed(page, case)[EDITED]
    report.check(edited["current"]["making"]["volumeML"] > before and len(edited["versions"]) == 2, f"grown: {edited}")
    for name, voi in listed(page, case).items():
        if voi["current"]["state"] == "accepted":
            continue
        page.locator("#voi-list tbody tr").filter(has_text=name).get_by_role("button").first.click()
        page.locator("#voi-accept").click()
        report.check(said(page, f"Accepting {name}: done"), f"{name}: '{page.locator('#voi-state').inner_text()}'")
    look(page, "own-vois", folder, report)


def check_planned(page, browser, case, registration, report):
    """A plan on the volumes, other activities by slider, then the same by Monte Carlo. Ends on the last one's page."""
    page.goto(f"{case}/new-plan")
    report.check(page.input_value("[name=structures]") == "vois", "the case's own volumes are not chosen first")
    report.check(page.input_value("[name=registration]") == registration, "the accepted registration is not chosen first")
    page.fill("[name=name]", NAME)
    page.fill("[name=evidence]", "synthetic case")
    # No vial is offered for a weekend.
    days = range(7, 14)
    wednesday = next(d for d in (date.today() + timedelta(n) for n in days) if d.weekday() == 2)
    page.fill("[name=treatmentTime]", f"{wednesday}T10:00")
    page.locator("[name=grid]").select_option("6")
    for structure, gigabecquerels in WISHED.items():
        page.get_by_label(f"Activity or dose for {structure}").fill(gigabecquerels)
    page.get_by_role("button", name="Plan", exact=True).click()
    page.wait_for_load_state()
    report.check(page.url.endswith("/jobs"), f"the plan is refused: {page.locator('main').inner_text()[:300]}")
    wait_for_job(page, report, "the plan")
    page.goto(case)
    page.get_by_role("row").filter(has_text=NAME).locator("a[href*='/plans/']").first.click()
    page.wait_for_load_state()
    start(page, browser, report)
    check_recalculation(page, browser, report)
    planned = page.locator("#activity-1").input_value()
    page.get_by_role("link", name="New plan from this").click()
    page.wait_for_load_state()
    page.locator("[name=engine]").select_option("monte-carlo")
    page.locator("[name=density]").select_option("ct")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.wait_for_load_state()
    wait_for_job(page, report, "the plan by Monte Carlo")
    page.locator("#jobs tbody tr").first.get_by_role("link", name="Open it").click()
    page.wait_for_load_state()
    facts = page.locator(".facts").first.inner_text()
    report.check("monte" in facts.lower(), f"the engine: {facts}")
    report.check(page.locator("[data-origin=vial]").count() > 0, "no vials for the day of the treatment")
    report.check(abs(float(page.locator("#activity-1").input_value()) - float(planned)) < 0.0006,
                 "Monte Carlo has other activities than the slider asked for")


def run_story(folder, report):
    work_up, after = archives(folder)
    with GrevyServer(folder / "data", folder / "server.log") as server, sync_playwright() as playwright:
        browser = Browser(playwright, server.base, report)
        with report.timed("people"):
            admin = set_up(browser, server.set_up)
            links = {person[0]: invite(admin, browser, person) for person in (PHYSICIST, CHECKER, PRACTITIONER)}
            enter_entitlement(admin, browser, folder, report)
            browser.close(admin)
            page, authenticator = join(browser, links[PHYSICIST[0]], PHYSICIST)
        with report.timed("work-up dropped"):
            check_drop(page, browser, work_up, folder, report)
            case = page.url
        with report.timed("registration, structures"):
            registration = check_automatic(page, report)
            check_structures(page, case, folder, report)
        with report.timed("plans"):
            check_planned(page, browser, case, registration, report)
        with report.timed("signatures"):
            practitioner, _, address = check_signatures(page, browser, links, authenticator, folder, report)
        with report.timed("treatment"):
            check_treatment(practitioner, browser, address, folder, report)
        with report.timed("PET dropped, held against the plan"):
            practitioner.goto(f"{case}/bring-in")
            drop(practitioner, after, report)
            practitioner.goto(case)
            check_comparison(practitioner, browser, folder, report, is_accepted=False)
        with report.timed("verified without the server"):
            check_verify(practitioner, browser, address, folder, report)
        browser.close(practitioner)
        browser.close(page)
        report.figures["requests"] = browser.requests
        browser.chromium.close()


tell(run_story)
