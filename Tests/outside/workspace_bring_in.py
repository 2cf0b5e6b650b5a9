"""Images brought in with a browser: sent in pieces, imported by a job that the page follows, kept
apart until somebody says whose they are."""
import subprocess
import zipfile

from browser_page import until
from grevy_server import PROGRAM, ROOT
from page_looks import look

JOB_SECONDS = 120


def stranger(folder):
    """A ZIP with a CT of another synthetic patient of the same name."""
    made = folder / "stranger"
    subprocess.run([PROGRAM, "phantom", made, "--half-size", "--seed", "2"],
                   cwd=ROOT, capture_output=True, check=True)
    archive = folder / "stranger.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted((made / "dicom" / "ct-spect").iterdir()):
            target.write(file, f"ct/{file.name}")
    return archive


def check_bring_in(page, browser, folder, report):
    """Ends on the worklist, with nothing changed there."""
    page.get_by_role("link", name="Bring in").click()
    page.wait_for_load_state()
    look(page, "bring-in", folder, report)
    page.set_input_files("#files", stranger(folder))
    button = page.get_by_role("button", name="Import them")
    button.wait_for(timeout=JOB_SECONDS * 1000)
    said = page.locator("#sending-state").inner_text()
    report.check(said == "All 1 files are here.", f"after sending: '{said}'")
    button.click()
    page.wait_for_load_state()
    upload = page.url
    page.get_by_role("link", name="Watch the jobs").click()
    page.wait_for_load_state()
    done = until(page, "document.querySelector('#jobs tbody .badge')?.textContent === 'done'",
                 JOB_SECONDS)
    report.check(done, f"the page does not say that the job is done: {page.inner_text('#jobs')[:200]}")
    look(page, "jobs", folder, report)
    page.goto(upload)
    report.check("waits in quarantine" in page.inner_text("main"), "another patient's files do not wait")
    look(page, "upload", folder, report)
    check_quarantine(page, browser, folder, report)
    check_new_case(page, browser, folder, report)
    page.get_by_role("link", name="Worklist").click()
    page.wait_for_load_state()


def check_new_case(page, browser, folder, report):
    """Somebody without images is not begun twice: the identifier of the demo's patient is refused, and all stays typed."""
    page.goto(browser.base + "/")
    page.get_by_role("link", name="New case").click()
    page.wait_for_load_state()
    look(page, "new-case", folder, report)
    for name, value in {"family": "Synthetic", "birthDate": "1960-01-01", "patientID": "GREVY-PHANTOM-1"}.items():
        page.fill(f"main [name={name}]", value)
    page.locator("main [name=sex]").select_option("O")
    browser.refusals = {409}
    page.get_by_role("button", name="Begin the case").click()
    page.wait_for_load_state()
    browser.refusals = set()
    report.check("has a case of this identifier" in page.get_by_role("alert").inner_text()
                 and page.input_value("main [name=family]") == "Synthetic", "a second case of one identifier is begun, or forgets")


def check_quarantine(page, browser, folder, report):
    """A match is made with a reason and taken back."""
    page.get_by_role("link", name="Quarantine").click()
    page.wait_for_load_state()
    report.check("GREVY-PHANTOM-2" in page.inner_text("main"), "the page does not say what the files say")
    look(page, "quarantine", folder, report)
    page.locator("[name=case]").select_option(index=1)
    page.fill("[name=note]", "told by telephone")
    page.get_by_role("button", name="Give them to this case").click()
    page.wait_for_load_state()
    report.check("given to a case" in page.inner_text("main"), "the match is not shown")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    report.check(page.get_by_role("button", name="Give them to this case").count() == 1,
                 "undone data do not wait again")
    report.check(browser.refusals == set(), "a step left its refusals")
