"""Tries DICOMweb of the real server with programs that others wrote: dicomweb-client and Orthanc.

Usage: check_dicomweb.py FOLDER [DATA]. FOLDER receives the demo's smaller patient and the logs; DATA is
served instead of making that patient. Grevy must hold every check of dicomweb_conformance.py; what
Debian's Orthanc does not hold is printed beside it. dicomweb-client carries a study from Grevy to
Orthanc and a new one back; Orthanc's plug-in searches, stores and retrieves as a client. Prints one
JSON object; exits 1 when something does not hold.
"""
import io
import json
import sys
from pathlib import Path

import pydicom
import requests
from dicomweb_client.api import DICOMwebClient

import orthanc_server
from api_client import administrator, make_token
from dicomweb_conformance import Server, encoded, image, new_uid, patient_of, run
from grevy_server import GrevyServer, demo_data
from objects import Checks

SECONDS = 120
FRAME_BYTES = 24 * 32 * 2


def same_objects(one, other):
    """Whether two lists hold the same instances with the same pixels."""
    def facts(list):
        return {data.SOPInstanceUID: (data.get("PixelData"), str(data.PatientID)) for data in list}
    return facts(one) == facts(other)


def check_client(client, patient, checks):
    """Everything that dicomweb-client asks for, on a study that it stores itself."""
    study = new_uid()
    series = f"{study}.1"
    sent = [image(patient, study, series, n) for n in (1, 2)] + [image(patient, study, f"{study}.2", 1, 3)]
    answer = client.store_instances(sent)
    checks.that("client: stored", len(answer.ReferencedSOPSequence) == 3, str(answer)[:200])
    found = client.search_for_studies(search_filters={"StudyInstanceUID": study})
    checks.that("client: study found", len(found) == 1)
    checks.that("client: series found", len(client.search_for_series(study)) == 2)
    checks.that("client: instances found", len(client.search_for_instances(study, series)) == 2)
    checks.that("client: study metadata", len(client.retrieve_study_metadata(study)) == 3)
    checks.that("client: series metadata", len(client.retrieve_series_metadata(study, series)) == 2)
    one = client.retrieve_instance_metadata(study, series, f"{series}.1")
    checks.that("client: bulk data", b"".join(client.retrieve_bulkdata(
        one["7FE00010"]["BulkDataURI"])) == sent[0].PixelData)
    checks.that("client: study retrieved", same_objects(client.retrieve_study(study), sent))
    checks.that("client: series retrieved", same_objects(client.retrieve_series(study, series), sent[:2]))
    checks.that("client: instance retrieved", same_objects(
        [client.retrieve_instance(study, series, f"{series}.2")], sent[1:2]))
    frames = client.retrieve_instance_frames(study, f"{study}.2", f"{study}.2.1", [3, 1])
    checks.that("client: frames", frames == [
        sent[2].PixelData[n * FRAME_BYTES:][:FRAME_BYTES] for n in (2, 0)])
    picture = client.retrieve_instance_rendered(study, series, f"{series}.1", media_types=("image/png",))
    checks.that("client: rendered", picture.startswith(b"\x89PNG"))
    drawn = client.retrieve_instance_frames_rendered(
        study, f"{study}.2", f"{study}.2.1", [2], media_types=("image/jpeg",))
    checks.that("client: frame rendered", drawn.startswith(b"\xff\xd8"))
    checks.that("client: paged", len(list(client.search_for_instances(study, limit=2))) == 2)
    return study, sent


def check_carried(grevy, orthanc, study, sent, checks):
    """A study goes to the other archive and is the same there."""
    orthanc.store_instances(grevy.retrieve_study(study))
    checks.that("carried to Orthanc", same_objects(orthanc.retrieve_study(study), sent))


def check_plugin(orthanc, server, patient, checks):
    """Orthanc's plug-in as a client of Grevy: finds, sends, fetches."""
    def ask(path, **body):
        return requests.post(f"{orthanc.base}/dicom-web/servers/grevy/{path}", json=body, timeout=SECONDS)

    study = new_uid()
    sent = [image(patient, study, f"{study}.1", n) for n in range(1, 21)]
    ids = [requests.post(f"{orthanc.base}/instances", data=encoded(data), timeout=SECONDS).json()["ID"]
           for data in sent]
    stored = ask("stow", Resources=ids, Synchronous=True)
    checks.that("plug-in: stores", stored.status_code == 200, stored.text[:300])
    found = server.find(f"/studies/{study}/instances")
    checks.that("plug-in: all arrived", len(found) == len(sent), f"{len(found)}")
    asked = ask("qido", Uri="/studies", Arguments={"StudyInstanceUID": study})
    checks.that("plug-in: finds", asked.status_code == 200 and len(asked.json()) == 1, asked.text[:300])
    for one in ids:
        requests.delete(f"{orthanc.base}/instances/{one}", timeout=SECONDS)
    fetched = ask("retrieve", Resources=[{"Study": study}], Synchronous=True)
    checks.that("plug-in: retrieves", fetched.status_code == 200, fetched.text[:300])
    back = [pydicom.dcmread(io.BytesIO(requests.get(
        f"{orthanc.base}/instances/{one}/file", timeout=SECONDS).content))
        for one in requests.get(f"{orthanc.base}/instances", timeout=SECONDS).json()]
    checks.that("plug-in: the same came back",
                same_objects([data for data in back if data.StudyInstanceUID == study], sent))


def main():
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    checks, figures = Checks(), {}
    data = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else demo_data(folder)
    with GrevyServer(data, folder / "server.log") as server:
        token = make_token(administrator(server), "check of DICOMweb", "qido", "wado", "stow")
        headers = {"Authorization": f"Bearer {token}"}
        web = f"{server.base}/dicomweb"
        for name, fault in run(web, headers).items():
            checks.that(f"conformance: {name}", fault is None, fault or "")
        asked = Server(web, headers)
        patient = patient_of(asked)
        grevy = DICOMwebClient(url=web, headers=headers)
        study, sent = check_client(grevy, patient, checks)
        if orthanc_server.is_installed():
            servers = {"grevy": {"Url": web + "/", "HttpHeaders": headers}}
            with orthanc_server.OrthancWeb(folder / "orthanc", servers) as orthanc:
                figures["Orthanc does not hold"] = {
                    name: fault for name, fault in run(orthanc.web, {}).items() if fault}
                check_carried(grevy, DICOMwebClient(url=orthanc.web), study, sent, checks)
                check_plugin(orthanc, asked, patient, checks)
        else:
            checks.that("Orthanc and its plug-in are installed (./run setup)", False)
    log = (folder / "server.log").read_text()
    checks.that("the log names no token and no study", token not in log and study not in log)
    print(json.dumps({"failures": checks.failures, "figures": figures}, indent=1))
    sys.exit(1 if checks.failures else 0)


main()
