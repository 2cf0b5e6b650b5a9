"""A case's page of DICOMweb peers: its jobs against Orthanc's plug-in, a slow server, and ones that refuse."""
import re
import time

from api_client import administrator, radiologist
from dicomweb_conformance import Server
from grevy_server import GrevyServer
from orthanc_server import free_port
from web_peer_stub import Stub

SECONDS = 120
COUNT, FEW = 70, 6
PATIENT = "WEB-9"
PAGE = "/cases/1/nodes"


class Desk:
    """Somebody at the page of a case, with its jobs."""

    def __init__(self, reader):
        self.reader = reader

    def act(self, name, peer, **fields):
        return self.reader.post(f"{PAGE}/{name}", csrf=self.reader.form_token(PAGE), peer=peer, **fields)

    def rows(self):
        """State, sentence and what ends it of each job, by number."""
        text = self.reader.get("/jobs").text
        found = {}
        for row in re.findall(r'<tr><th scope="row" class="number">.*?</tr>', text, re.DOTALL):
            number = int(re.search(r'class="number">(\d+)<', row)[1])
            state = re.search(r'class="badge[^"]*">(\w+)<', row)[1]
            ends = re.search(r'action="(/jobs/\d+/cancel)"', row)
            found[number] = (state, re.search(r"<p>(.*?)</p>", row, re.DOTALL)[1], ends and ends[1])
        return found

    def until(self, number, holds):
        """The job's row when it holds so; the last one seen when it never does."""
        ends, row = time.monotonic() + SECONDS, ("", "", None)
        while time.monotonic() < ends:
            row = self.rows().get(number, row)
            if holds(*row):
                return row
            time.sleep(0.02)
        return row

    def job(self, name, peer, **fields):
        """Asks for a job. Returns its number."""
        before = set(self.rows())
        answer = self.act(name, peer, **fields)
        new = set(self.rows()) - before
        return new.pop() if answer.status_code == 303 and len(new) == 1 else 0

    def end_of(self, number):
        return self.until(number, lambda state, *_: state in ("done", "failed", "cancelled"))


def check_page(site, study_of, orthanc, checks):
    """`site` is an empty one; `study_of(count, patient)` makes a study and its files."""
    site.folder.mkdir(parents=True)
    first, files = study_of(COUNT, PATIENT)
    site.take("first", files)
    other, there = study_of(COUNT, PATIENT)
    Server(orthanc.web, {}).store(there.values())
    with Stub({}) as stub, GrevyServer(site.data, site.folder / "server.log") as server:
        site.add_peer("orthanc", orthanc.web)
        site.add_peer("looking", orthanc.web, "query")
        site.add_peer("slow", f"{stub.base}/slow")
        site.add_peer("forbidden", f"{stub.base}/forbidden")
        site.add_peer("nobody", f"http://127.0.0.1:{free_port()}/dicom-web")
        desk = Desk(radiologist(administrator(server)))
        check_jobs(desk, site, orthanc, first, other, there, checks)
        check_refusals(desk, site, other, checks)
        check_cancel(desk, site, stub, study_of, checks)
    trail = site.must("audit", "show", "--last", "200")
    checks.that("page: what was asked, sent and cancelled is in the audit trail",
                all(word in trail for word in ["dicom.query", "dicom.retrieve", "dicom.send", "cancelled"]), trail[-600:])


def check_jobs(desk, site, orthanc, first, other, there, checks):
    """Echo, query, retrieval and sending; each ends as it says."""
    checks.that("page: Orthanc answers", "orthanc answers." in desk.act("echo", "orthanc").text)
    found = desk.act("query", "orthanc").text
    checks.that("page: what Orthanc has", other in found and ">here<" not in found and "C-MOVE" not in found)
    state, said, _ = desk.end_of(desk.job("retrieve", "orthanc", study=other, way="get"))
    checks.that("page: retrieved", state == "done" and f"{COUNT} stored" in said, f"{state}: {said}")
    checks.that("page: what came is what was there", site.kept().keys() >= there.keys())
    checks.that("page: what came is said to be here", ">here<" in desk.act("query", "orthanc").text)
    page = desk.reader.get(PAGE).text
    names = re.findall(r'name="(se-\w+)"', page)
    checks.that("page: both series may be sent", len(names) == 2, str(names))
    state, said, _ = desk.end_of(desk.job("send", "orthanc", **{name: "yes" for name in names}))
    checks.that("page: sent", state == "done" and f"{COUNT} instances sent, {COUNT} were there already" in said,
                f"{state}: {said}")
    count = len(Server(orthanc.web, {}).find(f"/studies/{first}/instances", limit=1000))
    checks.that("page: Orthanc has what was sent", count == COUNT, str(count))


def check_refusals(desk, site, other, checks):
    """A peer that refuses, one that is not there, and one that may be asked only."""
    for peer, sentence in [("forbidden", "does not allow"), ("nobody", "does not accept connections")]:
        for act in ("echo", "query"):
            answer = desk.act(act, peer)
            checks.that(f"page: {act} of {peer}", answer.status_code == 400 and sentence in answer.text, answer.text[-400:])
        state, said, _ = desk.end_of(desk.job("retrieve", peer, study=other, way="get"))
        checks.that(f"page: retrieving from {peer}", state == "failed" and sentence in said, f"{state}: {said}")
    series = next(iter(site.series()))
    for act, fields in [("retrieve", {"study": other, "way": "get"}), ("send", {series: "yes"})]:
        state, said, _ = desk.end_of(desk.job(act, "looking", **fields))
        checks.that(f"page: {act} with one to be asked only", state == "failed" and "is not there to" in said, f"{state}: {said}")


def check_cancel(desk, site, stub, study_of, checks):
    """A retrieval says how far it is, ends when it is told to, and goes on from there another time."""
    stub.study, stub.files = study_of(FEW, PATIENT)
    number = desk.job("retrieve", "slow", study=stub.study, way="get")
    checks.that("page: the slow one is asked", stub.is_waiting.wait(SECONDS))
    state, said, ends = desk.until(number, lambda state, said, _: f"{FEW // 2} of {FEW} instances" in said)
    checks.that("page: how far it is", state == "running" and f"{FEW // 2} of {FEW} instances" in said, f"{state}: {said}")
    answer = desk.reader.post(ends or "/", csrf=desk.reader.form_token(PAGE))
    checks.that("page: cancelling", answer.status_code == 303, f"{answer.status_code}")
    state, said, _ = desk.end_of(number)
    checks.that("page: cancelled", state == "cancelled", f"{state}: {said}")
    stub.goes_on.set()
    state, said, _ = desk.end_of(desk.job("retrieve", "slow", study=stub.study, way="get"))
    checks.that("page: the next retrieval brings all", state == "done" and site.kept().keys() >= stub.files.keys(),
                f"{state}: {said}")
