"""Times DICOMweb of Grevy and of Debian's Orthanc on the same bodies, in turns; see Benchmarks/README.md.

STOW of CT instances of 0.5 MB, one request each round; metadata of a series of 500 instances; QIDO with
100,000 studies, whose rows are written into the database directly. Both servers run on this machine with
their own databases on the same disk, Orthanc as Debian configures it with its DICOMweb plug-in.
"""
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import requests

import orthanc_server
from api_client import administrator, make_token
from dicomweb_conformance import BOUNDARY, STORE_TYPE, Server, encoded, image, new_uid, patient_of
from grevy_server import GrevyServer

ROUNDS = 3
INSTANCES = 200
SIDE = 512
METADATA_INSTANCES = 500
METADATA_ASKED = 60
STUDIES = 100_000
QUERIES = 400
SECONDS = 600
# What is promised: at least as fast as Orthanc; milliseconds of the 95th percentile.
STORE_RATIO, METADATA_MS, QUERY_MS = 1.0, 300.0, 50.0
BATCH = 50


def slices(patient, count, side=SIDE, seed=1):
    """A CT series with noise, which no coding makes small."""
    study = new_uid()
    noise = np.random.default_rng(seed)
    for number in range(1, count + 1):
        data = image(patient, study, f"{study}.1", number)
        data.Rows = data.Columns = side
        data.PixelData = noise.integers(0, 4096, (side, side), dtype="<u2").tobytes()
        yield encoded(data)


def body(files):
    parts = [b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n" % (BOUNDARY.encode(), f) for f in files]
    return b"".join(parts) + b"--%s--\r\n" % BOUNDARY.encode()


def store(web, headers, sent, count):
    """Seconds that one request takes until its answer; every instance must be kept."""
    start = time.perf_counter()
    answer = requests.post(f"{web}/studies", data=sent, timeout=SECONDS,
                           headers={**headers, "Content-Type": STORE_TYPE, "Accept": "application/dicom+json"})
    seconds = time.perf_counter() - start
    if answer.status_code != 200 or len(answer.json()["00081199"]["Value"]) != count:
        raise SystemExit(f"{web}: {answer.status_code} {answer.text[:300]}")
    return seconds


def percentile(seconds):
    return 1000 * float(np.percentile(seconds, 95))


def asked(session, address, query=None):
    start = time.perf_counter()
    answer = session.get(address, params=query, timeout=SECONDS)
    seconds = time.perf_counter() - start
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code} {answer.text[:300]}")
    return seconds, answer


def compare_storing(web, orthanc, headers, patient):
    """Best instances per second of each, in turns."""
    ours, theirs = [], []
    for number in range(ROUNDS):
        sent = body(slices(patient, INSTANCES, seed=number))
        ours.append(store(web, headers, sent, INSTANCES))
        if orthanc:
            theirs.append(store(orthanc.web, {}, sent, INSTANCES))
    return INSTANCES / min(ours), INSTANCES / min(theirs) if theirs else None


def time_metadata(web, headers, patient):
    """The first answer, the 95th percentile of all, and that of answers without change, in ms."""
    files = list(slices(patient, METADATA_INSTANCES, side=64))
    for start in range(0, METADATA_INSTANCES, BATCH):
        store(web, headers, body(files[start:start + BATCH]), len(files[start:start + BATCH]))
    found = Server(web, headers).find("/series", limit=1000)
    series = next(s for s in found if s["00201209"]["Value"] == [METADATA_INSTANCES])
    path = f"{web}/studies/{series['0020000D']['Value'][0]}/series/{series['0020000E']['Value'][0]}/metadata"
    with requests.Session() as session:
        session.headers.update(headers)
        times = []
        for _ in range(METADATA_ASKED):
            seconds, answer = asked(session, path)
            times.append(seconds)
            if len(answer.json()) != METADATA_INSTANCES:
                raise SystemExit("the metadata are not whole")
    return 1000 * times[0], percentile(times)


def write_studies(data):
    """Rows of synthetic studies, two series with an instance each, of 40,000 patients.

    Every fourth patient is another hospital's and wholly shared with the one that searches.
    """
    database = sqlite3.connect(data / "grevy.sqlite")
    organisation = database.execute("SELECT organisation FROM ownership LIMIT 1").fetchone()[0]
    object = database.execute("SELECT object FROM instance LIMIT 1").fetchone()[0]
    first = {table: database.execute(f"SELECT max(id) FROM {table}").fetchone()[0] + 1
             for table in ["patient", "study", "series", "instance"]}
    patients = [(first["patient"] + n, f"B{n:06}", "BENCH", f"Name{n % 5000:04}^Given{n}", "19500101", "F")
                for n in range(STUDIES * 2 // 5)]
    database.executemany(
        "INSERT INTO patient (id, patientID, issuer, name, birthDate, sex) VALUES (?, ?, ?, ?, ?, ?)", patients)
    other = database.execute("SELECT max(id) FROM organisation").fetchone()[0] + 1
    database.execute("INSERT INTO organisation (id, name, createdAt) VALUES (?, 'Other hospital', '')", (other,))
    database.executemany("INSERT INTO ownership (patient, organisation) VALUES (?, ?)",
                         [(p[0], other if n % 4 == 0 else organisation) for n, p in enumerate(patients)])
    database.executemany(
        "INSERT INTO study (id, studyUID, patient, date, time, description, accessionNumber, studyID,"
        " referringPhysician) VALUES (?, ?, ?, ?, '101500', 'CT and SPECT', ?, '', 'Doe^Jane')",
        [(first["study"] + n, f"1.2.840.99.{n}", patients[n % len(patients)][0],
          f"{2006 + n % 20}{1 + n % 12:02}{1 + n % 28:02}", f"A{n:07}") for n in range(STUDIES)])
    database.executemany(
        "INSERT INTO series (id, seriesUID, study, modality, number, description, frameOfReferenceUID)"
        " VALUES (?, ?, ?, ?, ?, 'Series', '')",
        [(first["series"] + 2 * n + k, f"1.2.840.99.{n}.{k + 1}", first["study"] + n,
          ("CT", "NM" if n % 50 else "PT")[k], str(k + 1)) for n in range(STUDIES) for k in range(2)])
    database.executemany(
        "INSERT INTO instance (id, sopInstanceUID, series, sopClassUID, transferSyntaxUID, object,"
        " sourceIndex, number) VALUES (?, ?, ?, '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', ?, 0, 1)",
        [(first["instance"] + n, f"1.2.840.99.{n // 2}.{n % 2 + 1}.1", first["series"] + n, object)
         for n in range(2 * STUDIES)])
    share(database, other, organisation, first["series"], patients)
    database.commit()
    database.close()


def share(database, owner, recipient, first_series, patients):
    """A share of all series of every fourth patient, with the right to download."""
    account, last = (database.execute(f"SELECT {what}").fetchone()[0]
                     for what in ["min(id) FROM account", "max(id) FROM instance"])
    ends = time.time() + 14 * 86400
    shared = patients[::4]
    database.executemany(
        "INSERT INTO share (id, patient, owner, recipient, purpose, question, rights, includesFuture, includesPriors,"
        " includesInternal, studiesFrom, lastSeries, lastDerived, createdAt, createdBy, expiresAt)"
        " VALUES (?, ?, ?, ?, 'benchmark', '', 'download view', 0, 1, 0, '', 0, 0, '', ?, ?)",
        [(n + 1, p[0], owner, recipient, account, ends) for n, p in enumerate(shared)])
    database.executemany(
        "INSERT INTO shareItem (share, series, lastInstance, isChosen) VALUES (?, ?, ?, 1)",
        [(n % len(patients) // 4 + 1, first_series + 2 * n + k, last)
         for n in range(STUDIES) if n % len(patients) % 4 == 0 for k in range(2)])


def queries(count):
    """What archives and viewers ask for, by kind, with other values every time."""
    for n in range(count):
        one = (n * 7919) % STUDIES
        month = 200601 + 100 * (one % 20) + one % 12
        yield from [
            ("one study", "/studies", {"StudyInstanceUID": f"1.2.840.99.{one}"}),
            ("patient ID", "/studies", {"PatientID": f"B{one % 40000:06}"}),
            ("accession number", "/studies", {"AccessionNumber": f"A{one:07}"}),
            ("name begins", "/studies", {"PatientName": f"Name{one % 5000:04}*"}),
            ("a month", "/studies", {"StudyDate": f"{month}01-{month}31", "limit": 50}),
            ("latest 50", "/studies", {"limit": 50}),
            ("modality, 50", "/studies", {"ModalitiesInStudy": "PT", "limit": 50}),
            ("nobody", "/studies", {"PatientName": f"Nobody{n}*"}),
            ("series of a study", f"/studies/1.2.840.99.{one}/series", {}),
            ("an instance", "/instances", {"SOPInstanceUID": f"1.2.840.99.{one}.2.1"})]


def time_queries(web, headers):
    """The 95th percentile of each kind and of all, in ms."""
    times = {}
    with requests.Session() as session:
        session.headers.update(headers)
        for kind, path, query in queries(QUERIES // 10):
            seconds, answer = asked(session, web + path, query)
            if (len(answer.json()) == 0) != (kind == "nobody"):
                raise SystemExit(f"{kind}: {len(answer.json())} found")
            times.setdefault(kind, []).append(seconds)
    return {kind: percentile(t) for kind, t in times.items()} | {
        "all": percentile([s for t in times.values() for s in t])}


def main():
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        # The patient whose studies follow is known, so nothing waits for a person's word.
        first = scratch / "first.dcm"
        first.write_bytes(next(slices(patient_of(Nobody()), 1, side=16)))
        data = scratch / "data"
        subprocess.run([os.environ["GREVY"], "import", first, "--data", data], check=True, capture_output=True)
        subprocess.run(["chmod", "-R", "go=", data], check=True)
        with GrevyServer(data, scratch / "server.log") as server:
            headers = {"Authorization": "Bearer " + make_token(administrator(server), "bench", "qido", "wado", "stow")}
            web = f"{server.base}/dicomweb"
            patient = patient_of(Server(web, headers))
            if orthanc_server.is_installed():
                with orthanc_server.OrthancWeb(scratch / "orthanc") as orthanc:
                    ours, theirs = compare_storing(web, orthanc, headers, patient)
            else:
                ours, theirs = compare_storing(web, None, headers, patient)
            cold, metadata = time_metadata(web, headers, patient)
        write_studies(data)
        with GrevyServer(data, scratch / "server.log", is_new=False) as server:
            found = time_queries(f"{server.base}/dicomweb", headers)
    peer = f"{theirs:11.1f}  {ours / theirs:5.1f}" if theirs else "  not there      -"
    print("operation                              Grevy   Orthanc     ratio  promised")
    print(f"STOW {INSTANCES} x 0.5 MB, instances per s   {ours:8.1f}  {peer}  {STORE_RATIO:8.1f}")
    print(f"metadata of {METADATA_INSTANCES} instances, ms: first {cold:.0f}, p95 {metadata:.0f} "
          f"(promised {METADATA_MS:.0f})")
    print(f"QIDO among {STUDIES} studies, p95 in ms (promised {QUERY_MS:.0f}):",
          ", ".join(f"{kind} {ms:.1f}" for kind, ms in found.items()))
    is_kept = theirs is not None and ours / theirs >= STORE_RATIO
    return 0 if is_kept and metadata <= METADATA_MS and found["all"] <= QUERY_MS else 1


class Nobody:
    """A server that knows no study: for the synthetic patient."""

    def find(self, *_, **__):
        return []


if __name__ == "__main__":
    sys.exit(main())
