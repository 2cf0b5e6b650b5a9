"""Two servers on one machine as two hospitals: images go, a plan comes back.

Usage: check_two_hospitals.py FOLDER. FOLDER receives data and logs. Hospital A sends a patient's images to B
by C-STORE over TLS and by DICOMweb; B takes them in, plans, and sends dose, structures and report back.
Each knows the other by the fingerprint of its certificate alone. Prints one JSON object; exits 1 when
something does not hold.
"""
import hashlib
import io
import json
import os
import re
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pydicom

from api_client import administrator, coordinator, make_token
from check_web_peers import Site
from dicomweb_conformance import Server, parts, value
from grevy_server import GrevyServer
from objects import Checks
from orthanc_server import free_port
from template_validator import template_faults

WAIT_SECONDS = 120
SPEC = """
name: Whole liver, for the referring hospital
device: glass
profile: eanm2022
tumourEntity: NET
evidence: {basis: "synthetic case", recordedBy: check}
images: {planning: "CT portal venous, simulated", activity: "MAA SPECT no AC, simulated",
  activityCT: "CT low dose SPECT, simulated"}
registration: {kind: rigid-ct, acceptedBy: check}
structures: {from: "Structures from shapes, simulated", liver: Liver, lungs: Lungs, tumours: [Tumour 4, Tumour 5]}
territories:
  - {name: right, structure: Territory right, aim: {structure: Tumour 5, meanDoseGy: 250}}
  - {name: left, structure: Territory left, aim: {structure: Tumour 4, meanDoseGy: 250}}
method: voxel
lungShunt: {use: spect}
residualFraction: 0.01
dose: {gridSpacingMM: 6, density: fixed}
"""


class Hospital(Site):
    """A data folder, its server with TLS, and what others must know of it."""

    def __init__(self, folder, title):
        super().__init__(folder)
        folder.mkdir(parents=True)
        self.title, self.dicom_port = title, free_port()
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
             "2", "-subj", f"/CN={title}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out",
             self.certificate], check=True, capture_output=True)
        der = ssl.PEM_cert_to_DER_cert(self.certificate.read_text())
        self.fingerprint = hashlib.sha256(der).hexdigest()

    def serve(self):
        return GrevyServer(
            self.data, self.folder / "server.log", "--certificate", str(self.certificate), "--key", str(self.key),
            "--dicom-tls-port", str(self.dicom_port), "--ae-title", self.title)

    def open(self, server):
        """People, and a token for programs."""
        self.web = f"{server.base}/dicomweb"
        admin = administrator(server)
        self.reader = coordinator(admin)
        self.token = make_token(admin, "check", "qido", "wado", "stow")
        self.images = Server(self.web, {"Authorization": f"Bearer {self.token}"})

    def know(self, other):
        """The other hospital by both protocols, with the token that it gave for DICOMweb."""
        name = other.title.lower()
        self.add(name, f"title,{other.title}", "address,127.0.0.1", f"port,{other.dicom_port}", "may,store",
                 f"fingerprint,{other.fingerprint}")
        self.add(f"{name}-web", f"url,{other.web}", "use,send query retrieve", f"fingerprint,{other.fingerprint}")
        self.show(other.web, other.token)

    def add(self, name, *lines):
        table = self.folder / f"{name}.csv"
        table.write_text("\n".join(["key,value", *lines]) + "\n")
        self.must("settings", "add", "dicom-peer", name, table, "--date", "2026-11-22", "--reason", "referrals")

    def call(self, verb, *arguments):
        return self.must("node", verb, *arguments, "--ae-title", self.title, "--certificate", self.certificate,
                         "--key", self.key, "--web-tokens", self.tokens)

    def instances(self):
        """What is in cases: descriptions of instances by UID."""
        found = {}
        for study in self.images.find("/studies"):
            uid = value(study, "0020000D")
            for offset in range(0, 10_000, 1000):
                page = self.images.find(f"/studies/{uid}/instances", limit=1000, offset=offset)
                for one in page:
                    found[value(one, "00080018")] = one
                if len(page) < 1000:
                    break
        return found

    def wait_for(self, count):
        ends = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < ends and len(self.instances()) < count:
            time.sleep(0.3)
        return self.instances()

    def object(self, one):
        study, series, uid = (value(one, tag) for tag in ("0020000D", "0020000E", "00080018"))
        answer = self.images.get(f"/studies/{study}/series/{series}/instances/{uid}",
                                 accept='multipart/related; type="application/dicom"; transfer-syntax=*')
        return pydicom.dcmread(io.BytesIO(parts(answer)[0][1]))


def confirm(hospital, files):
    """Makes what waits in quarantine a case when all of it has come."""
    ends = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < ends:
        page = hospital.reader.get("/quarantine").text
        found = re.search(r'action="/quarantine/(\d+)"', page)
        if found and f"{files} files" in page:
            answer = hospital.reader.post(found[0][8:-1], csrf=hospital.reader.form_token("/quarantine"), act="new",
                                          note="referred by letter")
            return answer.status_code == 303
        time.sleep(0.3)
    return False


def send_images(a, b, checks):
    """The planning CT by C-STORE, the rest by DICOMweb; then everything by both, which adds nothing."""
    listed = a.series()
    named = {description: one for one, (description, _) in listed.items()}
    ct, *rest = [named[name] for name in [
        "CT portal venous, simulated", "MAA SPECT no AC, simulated", "CT low dose SPECT, simulated",
        "Structures from shapes, simulated"]]
    own = a.instances()
    a.call("send", "b", ct)
    checks.that("nothing is a case before somebody said whose it is", not b.instances())
    checks.that("B confirms who it is", confirm(b, listed[ct][1]))
    a.call("send", "b-web", *rest)
    count = sum(listed[one][1] for one in [ct, *rest])
    here = b.wait_for(count)
    checks.that("B has all that was sent, once", len(here) == count, f"{len(here)} of {count}")
    checks.that("UIDs are A's", bool(here) and here.keys() <= own.keys())
    a.call("send", "b", ct, *rest)
    said = a.call("send", "b-web", ct, *rest)
    checks.that("sent again by DICOMweb: all was there", f"{count} were there already" in said, said)
    checks.that("nothing is there twice", len(b.instances()) == count)


def send_plan(a, b, checks):
    """B plans on what it has and sends the result by both protocols, twice; A has it once."""
    before = a.instances()
    spec = b.folder / "plan.yaml"
    spec.write_text(SPEC)
    b.must("plan", spec, "--out", b.folder / "plan")
    plan, = [one["id"] for one in json.loads(b.must("list", "--json"))["computed"] if one["id"].startswith("plan-")]
    b.must("export", plan, "--out", b.folder / "export")
    made = {}
    for path in [*(b.folder / "export").glob("*.dcm"), b.folder / "plan/report.dcm"]:
        data = pydicom.dcmread(path)
        made[data.SOPInstanceUID] = data
    kinds = sorted(data.Modality for data in made.values())
    checks.that("B made dose, structures, segmentation, numbers and report",
                kinds == ["DOC", "RTDOSE", "RTSTRUCT", "SEG", "SR"], str(kinds))
    faults = template_faults(b.folder / "export/measurements.dcm", 1500)
    checks.that("B's numbers are as the template has them", faults == [], str(faults))
    # What a node acknowledged it takes in afterwards: whoever is first is who brought it.
    b.call("send", "a", plan)
    a.wait_for(len(before) + len(made))
    for peer in ["a-web", "a"]:
        b.call("send", peer, plan)
    here = a.wait_for(len(before) + len(made))
    come = {uid: one for uid, one in here.items() if uid not in before}
    checks.that("A has B's objects, once, with their UIDs", come.keys() == made.keys(), f"{len(come)} of {len(made)}")
    for uid in come.keys() & made.keys():
        got = a.object(come[uid])
        checks.that(f"A has B's {got.Modality} as it was sent", got == made[uid])
        stand_ins = [p.ReferencedSOPInstanceUID for p in got.get("ReferencedRTPlanSequence", [])]
        dangling = [e.value for e in got.iterall() if e.keyword == "ReferencedSOPInstanceUID"
                    and e.value not in here and e.value not in stand_ins and e.value != got.StudyInstanceUID]
        checks.that(f"what B's {got.Modality} refers to is at A", not dangling, f"{len(dangling)} are not")
    return made


def check_origin(a, b, checks):
    """Who brought what is on the case page and in the audit trail; B's result is not A's own."""
    for hospital, other in [(a, "b"), (b, "a")]:
        page = hospital.reader.get("/cases/1")
        checks.that(f"{hospital.title}: the case opens", page.status_code == 200, str(page.status_code))
        text = page.text
        checks.that(f"{hospital.title}: the page says who brought the series", f"DICOM peer {other}" in text)
        trail = hospital.must("audit", "show", "--last", "5000")
        checks.that(f"{hospital.title}: imports are a peer's in the audit trail",
                    re.search(r"account-\d+\s+import\.begin|import\.begin.*account-\d+", trail) is not None)
        checks.that(f"{hospital.title}: what left is in the audit trail", "dicom.send" in trail)
        hospital.must("audit", "verify")
    text = a.reader.get("/cases/1").text
    checks.that("A lists B's dose among its images, not among what it computed",
                "RTDOSE" in text and "/plans/plan-" not in text)
    listed = a.must("list")
    checks.that("A has no plan of its own", "plan-" not in listed, listed[-500:])


def main():
    folder = Path(sys.argv[1]).resolve()
    checks, figures = Checks(), {}
    a, b = Hospital(folder / "a", "A"), Hospital(folder / "b", "B")
    bundle = folder / "certificates.pem"
    bundle.write_text(a.certificate.read_text() + b.certificate.read_text())
    os.environ["REQUESTS_CA_BUNDLE"] = str(bundle)
    start = time.monotonic()

    def note(what):
        figures[what] = round(time.monotonic() - start, 1)

    made = subprocess.run([str(a.program()), "phantom", a.folder / "patient", "--half-size"], capture_output=True,
                          text=True, check=False)
    checks.that("the patient is made", made.returncode == 0, made.stderr[-400:])
    a.must("import", a.folder / "patient/dicom")
    note("patient, s")
    with a.serve() as first, b.serve() as second:
        a.open(first)
        b.open(second)
        a.know(b)
        b.know(a)
        # What peers are holds within two seconds.
        time.sleep(2.5)
        for one, other in [(a, "b"), (b, "a")]:
            one.call("echo", other)
            one.call("echo", f"{other}-web")
        send_images(a, b, checks)
        note("images at B, s")
        made = send_plan(a, b, checks)
        note("plan at A, s")
        check_origin(a, b, checks)
        for hospital in (a, b):
            log = (hospital.folder / "server.log").read_text()
            hidden = [word for word in [a.token, b.token, *made] if word in log]
            checks.that(f"{hospital.title}: the log has no token and no UID", not hidden)
    print(json.dumps({"failures": checks.failures, "seconds": figures}, indent=1))
    sys.exit(1 if checks.failures else 0)


main()
