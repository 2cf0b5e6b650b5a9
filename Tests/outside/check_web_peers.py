"""Calls DICOMweb peers by `grevy node`: Grevy itself, Orthanc's plug-in, and a server that misbehaves.

Usage: check_web_peers.py FOLDER. FOLDER receives data and logs. Prints one JSON object; exits 1 when
something does not hold.
"""
import io
import json
import subprocess
import sys
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

import orthanc_server
from api_client import administrator, make_token
from dicomweb_conformance import Server, encoded, image, new_uid
from grevy_server import PROGRAM, ROOT, GrevyServer
from objects import Checks
from web_peer_page import check_page
from web_peer_stub import Stub

COUNT = 70
SECONDS = 300


def patient(number="WEB-1"):
    data = Dataset()
    data.PatientName, data.PatientID = "SYNTHETIC^WEB", number
    data.PatientBirthDate, data.PatientSex = "19600101", "O"
    return data


def study_of(count, number="WEB-1", extra=0):
    """Encoded instances by UID of a study with one series, or a second one of one instance."""
    study = new_uid()
    images = [image(patient(number), study, f"{study}.1", n) for n in range(1, count + 1)]
    images += [image(patient(number), study, f"{study}.2", 1, frames=3)] * extra
    return study, {data.SOPInstanceUID: encoded(data) for data in images}


class Site:
    """A data folder and its verbs."""

    def __init__(self, folder):
        self.folder, self.data = folder, folder / "data"
        self.tokens = folder / "tokens.csv"

    @staticmethod
    def program():
        return PROGRAM

    def run(self, *arguments):
        run = subprocess.run([PROGRAM, *map(str, arguments), "--data", self.data], cwd=ROOT, text=True,
                             capture_output=True, check=False, timeout=SECONDS)
        return run.returncode, run.stdout + run.stderr

    def must(self, *arguments):
        code, said = self.run(*arguments)
        if code != 0:
            raise SystemExit(f"grevy {arguments[0]}: {code}\n{said[-2000:]}")
        return said

    def node(self, *arguments):
        return self.run("node", *arguments, *(["--web-tokens", self.tokens] if self.tokens.exists() else []))

    def take(self, name, files):
        place = self.folder / name
        place.mkdir(parents=True)
        for n, content in enumerate(files.values()):
            (place / f"{n}.dcm").write_bytes(content)
        self.must("import", place)

    def add_peer(self, name, url, use="send query retrieve"):
        table = self.folder / f"{name}.csv"
        table.write_text(f"key,value\nurl,{url}\nuse,{use}\n")
        self.must("settings", "add", "dicom-peer", name, table, "--date", "2026-11-22", "--reason", "check")

    def show(self, url, token):
        self.tokens.write_text(f"organisation,url,token\n,{url},{token}\n")
        self.tokens.chmod(0o600)

    def series(self):
        """The series that are listed: description and count of instances by short name."""
        listed = json.loads(self.must("list", "--json"))
        return {one["id"]: (one["description"], one["instances"]) for one in series_in(listed)}

    def kept(self):
        """Pixels of all kept instances by UID."""
        found = {}
        for path in (self.data / "objects").rglob("*"):
            if path.is_file() and path.read_bytes()[128:132] == b"DICM":
                data = pydicom.dcmread(path)
                found[data.SOPInstanceUID] = data.PixelData
        return found


def series_in(value):
    """Everything in a JSON value that is called `se-…`."""
    if isinstance(value, dict):
        if str(value.get("id", "")).startswith("se-"):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from series_in(part)


def pixels(files):
    return {uid: pydicom.dcmread(io.BytesIO(content)).PixelData for uid, content in files.items()}


def check_peer(site, name, remote, checks, patient_id):
    """Echo, send, query and retrieve; twice, which changes nothing."""
    def node(*arguments, ends=0):
        code, said = site.node(*arguments)
        checks.that(f"{name}: {arguments[0]} ends with {ends}", code == ends, said[-400:])
        return said

    node("echo", name)
    before = set(site.series())
    study, files = study_of(COUNT, patient_id)
    site.take(f"out-{name}", files)
    series, = set(site.series()) - before
    checks.that(f"{name}: sent", f"{COUNT} instances sent" in node("send", name, series))
    checks.that(f"{name}: sent once", f"{COUNT} were there already" in node("send", name, series))
    checks.that(f"{name}: arrived once", len(remote.find(f"/studies/{study}/instances", limit=1000)) == COUNT)
    found = json.loads(node("query", name, "--patient-id", patient_id, "--json"))
    mine = [one for one in found if one["studyUID"] == study]
    checks.that(f"{name}: found", len(mine) == 1 and mine[0]["instances"] == COUNT
                and mine[0]["patientID"] == patient_id, str(mine))
    other, files = study_of(COUNT, patient_id, extra=1)
    answer = remote.store(files.values())
    checks.that(f"{name}: has another study", answer.status_code == 200, answer.text[:200])
    said = node("retrieve", name, other)
    checks.that(f"{name}: retrieved", f"{COUNT + 1} stored" in said, said[-300:])
    kept = site.kept()
    checks.that(f"{name}: the same came", {uid: kept.get(uid) for uid in files} == pixels(files))
    said = node("retrieve", name, other)
    checks.that(f"{name}: nothing came twice", f"{COUNT + 1} were here before" in said, said[-300:])
    said = node("retrieve", name, new_uid(), ends=1)
    checks.that(f"{name}: a study that it has not", "has no such study" in said or "does not have" in said, said)


def check_rights(site, web, token, checks):
    """Tokens go only where their file says, and a peer is asked only for what its setting says."""
    site.add_peer("looking", web, "query")
    for verb, rest in [("send", [next(iter(site.series()))]), ("retrieve", ["1.2.3"])]:
        code, said = site.node(verb, "looking", *rest)
        checks.that(f"a peer to be asked is no peer to {verb}", code == 1 and "is not there to" in said, said)
    site.show(web + "/other", token)
    code, said = site.node("echo", "looking")
    checks.that("a token of another address is not shown", code == 1 and "token" in said, said)
    site.show(web, token)
    site.tokens.chmod(0o644)
    code, said = site.node("echo", "looking")
    checks.that("a file of tokens that others read is refused", code == 1 and "chmod 600" in said, said)
    site.tokens.chmod(0o600)
    inside = site.data / "tokens.csv"
    inside.write_text(site.tokens.read_text())
    inside.chmod(0o600)
    code, said = site.run("node", "echo", "looking", "--web-tokens", inside)
    checks.that("a file of tokens in the data folder is refused", code == 1 and "data folder" in said, said)
    inside.unlink()


def check_stub(site, checks):
    """What a server does that fails, lies or attacks."""
    _, strangers = study_of(7, "WEB-3")
    with Stub(strangers) as stub:
        site.show(f"{stub.base}/elsewhere", "a-token")

        def retrieve(how, count=6, again=False):
            """From a server that misbehaves so, a study that is new unless it is asked for again."""
            if not again:
                stub.study, stub.files = study_of(count, "WEB-2")
                site.add_peer(how, f"{stub.base}/{how}")
            code, said = site.node("retrieve", how, stub.study)
            return code, said, site.kept().keys() & stub.files.keys()

        for how, sentence in [
                ("more", "more instances than it lists"), ("noend", "without its end"),
                ("endless", "lists more than"), ("nonsense", "no form that is known"),
                ("deep", "no form that is known"), ("types", "has no such study"), ("long", "sent more than"),
                ("elsewhere", "status 302"), ("forbidden", "does not allow")]:
            code, said, _ = retrieve(how)
            checks.that(f"a server: {how}", code == 1 and sentence in said, said[-400:])
        checks.that("a redirected token goes nowhere else", not any("/usual/" in path for path in stub.asked))
        code, said, come = retrieve("others")
        checks.that("another study than was asked for is refused",
                    "6 refused" in said and not come and not site.kept().keys() & strangers.keys(), said[-400:])
        code, said, come = retrieve("breaks")
        checks.that("what came before it broke is kept",
                    code == 1 and len(come) == 3 and "3 of 6 instances did not come" in said, said[-400:])
        stub.is_mended = True
        stub.asked.clear()
        code, said, all_ = retrieve("breaks", again=True)
        asked = {path.rsplit("/", 1)[1] for path in stub.asked if "/instances/" in path}
        checks.that("the rest, and only that, comes next time",
                    code == 0 and asked == stub.files.keys() - come and len(all_) == 6, said[-400:])
        code, said, come = retrieve("hole")
        checks.that("an instance that it lists and has not keeps no other away",
                    code == 1 and len(come) == 5 and "1 of 6 instances did not come" in said, said[-400:])
        for how in ("later", "sameagain"):
            code, said, come = retrieve(how, 3)
            checks.that(f"a server: {how}", code == 0 and len(come) == 3, said[-400:])


def main():
    folder = Path(sys.argv[1]).resolve()
    checks = Checks()
    site, other = Site(folder / "a"), Site(folder / "b")
    for one in (site, other):
        one.folder.mkdir(parents=True)
        # The patient is known, so that nothing waits for a person's word.
        one.take("first", study_of(1)[1])
    site.must("organisation", "add", "NET centre", "--login", "otto", "--name", "Otto Officer")
    with GrevyServer(other.data, folder / "server.log") as server:
        token = make_token(administrator(server), "peer", "qido", "wado", "stow")
        web = f"{server.base}/dicomweb"
        site.add_peer("grevy", web)
        code, said = site.node("echo", "grevy")
        checks.that("without a token nothing is answered", code == 1 and "token" in said, said)
        site.show(web, token)
        check_peer(site, "grevy", Server(web, {"Authorization": f"Bearer {token}"}), checks, "WEB-1")
        check_rights(site, web, token, checks)
    code, said = site.node("echo", "grevy")
    checks.that("nobody answers", code == 1 and "does not accept connections" in said, said)
    if orthanc_server.is_installed():
        with orthanc_server.OrthancWeb(folder / "orthanc") as orthanc:
            site.add_peer("orthanc", orthanc.web)
            check_peer(site, "orthanc", Server(orthanc.web, {}), checks, "WEB-1")
            check_page(Site(folder / "page"), study_of, orthanc, checks)
    else:
        checks.that("Orthanc and its plug-in are installed (./run setup)", False)
    check_stub(site, checks)
    trail = site.must("audit", "show", "--last", "500")
    checks.that("what left and what was asked is in the audit trail",
                all(word in trail for word in ["dicom.send", "dicom.query", "dicom.retrieve"]))
    hidden = [path for path in site.data.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    checks.that("no token is in the data folder", not hidden, str(hidden))
    site.must("audit", "verify")
    print(json.dumps({"failures": checks.failures}, indent=1))
    sys.exit(1 if checks.failures else 0)


if __name__ == "__main__":
    main()
