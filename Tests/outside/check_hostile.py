"""Attacks the real server, as browsers, programs and files may; and looks where its words went.

Usage: check_hostile.py FOLDER. FOLDER receives data, logs and pictures. Names, series, ROIs, files and
comments that are markup, formulas or addresses go through every page and into a report's PDF; bodies claim
4 GB, requests come slowly, ZIPs are bombs or lead out; 200 readers read while images are imported; the
server is killed while it saves and imports. At the end no log, metric or job's file may name the patient.
Prints one JSON object: measured figures, and failures; exits 1 when there are any.
"""
import html
import json
import re
import subprocess
from pathlib import Path

from playwright.sync_api import sync_playwright

from browser_page import Browser
from grevy_server import PROGRAM, ROOT, GrevyServer
from hostile_attacks import (check_bodies, check_full_disk, check_killed, check_no_audit, check_readers, check_slow,
                             peak_megabytes)
from hostile_client import Uploader, check_ended_sessions, people, wait_for_jobs
from hostile_data import MARKUP, PAYLOADS, SECRETS, archives, evil, patient
from story import tell

PAGES = ["/", "/?search=%3Cscript%3Ewindow.hacked%3D1%3C%2Fscript%3E", "/jobs", "/bring-in", "/quarantine", "/meetings", "/referrals",
         "/emergency", "/inbox-links", "/account", "/administration/settings", "/cases/1", "/cases/1/vois",
         "/cases/1/new-plan", "/cases/1/shares", "/cases/1/access", "/cases/1/registrations", "/cases/1/bring-in", "/cases/1/nodes",
         "/new-case"]
# Whether something of a payload came to life.
ALIVE = """() => [window.hacked !== undefined, document.querySelectorAll(
    "img[src=x], iframe, svg[onload], script:not([src]), [onfocus], [onerror], [autofocus]").length
        + [...document.querySelectorAll("b")].filter((b) => /Mallory|Two/.test(b.textContent)).length,
    [...document.querySelectorAll("[href], [src]")].filter((e) => /^(javascript|file):/i.test(
        e.getAttribute("href") ?? e.getAttribute("src"))).length]"""
PLAN = """
name: {name}
device: glass
profile: eanm2022
images: {{planning: {ct}, activity: {spect}}}
registration: {{kind: identity, acceptedBy: demo}}
structures: {{from: {rtstruct}, liver: {liver}, lungs: {lungs}, tumours: [{tumour}]}}
territories: [{{name: right, structure: {right}, injectedActivityGBq: 2.5}}]
lungShunt: {{use: typed, fraction: 0.055}}
residualFraction: 0.01
dose: {{gridSpacingMM: 6}}
"""


def bring_in(session, files, folder, report):
    """The patient's files by ZIP, whose names are payloads too; the harmful ZIPs beside it. Ends with a case."""
    uploads = {}
    for name, path in archives(folder, files).items():
        uploader = Uploader(session)
        uploader.send(f"{PAYLOADS[0].replace('/', '_')}-{name}.zip", path.read_bytes())
        uploader.import_all()
        uploads[name] = uploader.path
    wait_for_jobs(session, report)
    said = {name: html.unescape(session.get(path).text) for name, path in uploads.items()}
    report.check("waits in quarantine" in said["named"], "the patient's files do not wait for a person")
    for name, words in {"out": "folder", "bomb": "times", "many": "20"}.items():
        report.check(words in said[name] and "notice" in said[name], f"nothing is said of the ZIP '{name}'")
    left = [p for p in ("/tmp/grevy-hostile-out", str(folder / "grevy-hostile-out")) if Path(p).exists()]
    report.check(left == [], f"a ZIP wrote to {left}")
    answer = session.post("/quarantine/1", csrf=session.form_token("/quarantine"), act="new")
    report.check(answer.status_code == 303, f"a new case: {answer.status_code}")
    return list(uploads.values())


def make_words(session, report):
    """Comments, a peer, a new case and a plan file whose words are payloads."""
    for text in PAYLOADS:
        answer = session.post("/cases/1/comments", csrf=session.form_token("/cases/1"), text=text)
        report.check(answer.status_code == 303, f"a comment: {answer.status_code}")
    for title in ["<B>X</B>", '"X"', "A\\B"]:
        answer = session.post("/administration/settings", csrf=session.form_token("/administration/settings"), kind="dicom-peer",
                              name=title, date="2026-01-01", reason=PAYLOADS[1],
                              table=f"key,value\ntitle,{title}\naddress,127.0.0.1\n")
        report.check(answer.status_code in (303, 400), f"a peer's AE title: {answer.status_code}")
    answer = session.post("/new-case", csrf=session.form_token("/new-case"), family=PAYLOADS[1].replace("=", "")[:60],
                          given="<b>Two</b>", birthDate="1963-05-04", sex="F", patientID="<b>ID7-2</b>", issuer="")
    report.check(answer.status_code == 303, f"a new case: {answer.status_code}")


def make_plan(session, data, report):
    """A plan on structures whose names are markup, and its report as PDF."""
    listed = json.loads(subprocess.run([PROGRAM, "list", "--data", data, "--json"], cwd=ROOT, check=True, capture_output=True).stdout)
    series = [s for p in listed["patients"] for study in p["studies"] for s in study["series"]]
    # The CT of the RTSTRUCT is the one with the most files.
    ct = max((s for s in series if s["modality"] == "CT"), key=lambda s: s["instances"])["id"]
    spect = next(s for s in series if s["modality"] == "NM" and s["instances"] == 1)["id"]
    nm = [s["id"] for s in series if s["modality"] == "NM"]
    rtstruct = next(s for s in series if s["modality"] == "RTSTRUCT")["id"]
    quoted = lambda name: json.dumps(evil(name))
    failed = ""
    for activity in dict.fromkeys([spect, *nm]):
        spec = PLAN.format(name=json.dumps(PAYLOADS[1]), ct=ct, spect=activity, rtstruct=rtstruct, liver=quoted("Liver"),
                           lungs=quoted("Lungs"), tumour=quoted("Tumour 4"), right=quoted("Territory right"))
        path = Path(data).parent / "plan.yaml"
        path.write_text(spec)
        done = subprocess.run([PROGRAM, "plan", path, "--data", data, "--out", path.parent / "plan-out"], cwd=ROOT,
                              capture_output=True, text=True, check=False)
        failed = done.stderr[-400:]
        if done.returncode == 0:
            break
    report.check(failed == "" or done.returncode == 0, f"no plan on structures with markup: {failed}")
    for pdf in (path.parent / "plan-out").rglob("*.pdf"):
        text = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
        report.check("root:" not in text, "the report's PDF holds /etc/passwd")
        report.check("onerror" in text and "<img" in text, "the report's PDF lost the words of a name")
        report.figures["PDF of names with markup, kB"] = round(pdf.stat().st_size / 1000)


def look_at_pages(browser, session, extra, report):
    """Every page in the browser and as text: nothing of a payload lives, nothing stands there as markup."""
    page = browser.page()
    page.on("dialog", lambda dialog: (report.check(False, "a page opened a dialog"), dialog.dismiss()))
    page.context.add_cookies([{"name": "__Host-grevy", "value": session.cookie, "url": browser.base.replace("http:", "https:"),
                               "secure": True, "httpOnly": True, "sameSite": "Strict"}])
    case = session.get("/cases/1").text
    # Of each kind of page one: what differs between series and plans is words.
    links = list({re.sub(r"\w+-\w+", "", link): link for link in re.findall(r'href="(/cases/1/[^"#]+)"', case)
                  if "/documents/" not in link}.values())
    for path in [*PAGES, *extra, *map(html.unescape, links)]:
        text = session.get(path).text
        found = [p for p in [*MARKUP, "<img src=x", "<b>Mallory", "<b>Two"] if p in text]
        report.check(found == [], f"{path}: {found} stand there as markup")
        browser.refusals = {403, 404}
        page.goto(browser.base + path)
        page.wait_for_load_state()
        browser.settle(page)
        browser.refusals = set()
        alive = page.evaluate(ALIVE)
        report.check(alive == [False, 0, 0], f"{path}: of a payload came to life {alive}")
        browser.check_policy(page)
    report.figures["pages with payloads"] = len(PAGES) + len(extra) + len(links)
    browser.close(page)


def check_words(server, data, session, report):
    """Logs, metrics and the files of jobs name nobody."""
    places = {"log": server.log.read_text(), "metrics": session.get("/metrics").text}
    for file in [p for p in (Path(data) / "jobs").rglob("*") if p.is_file()]:
        places[f"job's file {file.name}"] = file.read_bytes().decode("utf-8", "replace")
    for place, text in places.items():
        found = [word for word in [*SECRETS, "hacked", "onerror"] if word in text.lower()]
        report.check(found == [], f"{place}: {found}")
    report.check("route=/cases/{case}" in places["log"].replace('"', "") and "?" not in "".join(
        line.split("route=")[1].split(" ")[0] for line in places["log"].splitlines() if "route=" in line),
        "the log has no route templates, or query strings")
    report.check("{case}" in places["metrics"], "the metrics have no route templates")
    report.figures["files of jobs searched"] = len(places) - 2


def run_story(browser, server, data, folder, report):
    admin, session, cora = people(server)
    with report.timed("bringing in"):
        files = patient(folder)
        uploads = bring_in(session, files, folder, report)
    with report.timed("words"):
        make_words(session, report)
        make_plan(session, data, report)
        look_at_pages(browser, session, uploads, report)
    check_no_audit(data, session, cora, report)
    with report.timed("bodies and slow requests"):
        check_bodies(server, session, report)
        check_slow(server, report)
    with report.timed("readers while importing"):
        check_readers(server, session, cora, folder, report)
    check_words(server, data, session, report)
    with report.timed("sessions that end"):
        check_ended_sessions(server, admin, report)
    report.figures["server's memory at most, MB"] = peak_megabytes(server)


def run_all(folder, report):
    data = folder / "data"
    with GrevyServer(data, folder / "hostile.log") as server, sync_playwright() as playwright:
        browser = Browser(playwright, server.base, report)
        run_story(browser, server, data, folder, report)
        browser.chromium.close()
    with report.timed("killed"):
        check_killed(folder, report)
    with report.timed("full disk"):
        check_full_disk(folder, report)


tell(run_all)
