"""Tries the DICOM node of the real server with DCMTK's programs, pynetdicom and Orthanc.

Usage: check_node.py FOLDER [COUNT [ABORTS]]. FOLDER receives data and logs; COUNT instances make the long
study (60 unless said; 5000 in the long run), and ABORTS associations are aborted (2000; 10000). Prints one
JSON object; exits 1 when something did not hold.
"""
import json
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RLELossless, generate_uid
from pynetdicom import AE, evt
from pynetdicom.sop_class import (
    StorageCommitmentPushModel, StorageCommitmentPushModelInstance, StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet, Verification)

from api_client import administrator
from browser_page import Report
from grevy_server import PROGRAM, ROOT, GrevyServer
from node_orthanc import check_orthanc
from node_page import check_page
from node_peers import check_others
from orthanc_server import free_port, wait_for_port

USUAL_COUNT, USUAL_ABORTS = 60, 2000
# What aborted associations may leave behind, however many; each of them needs about 1 MB while it stands.
FLAT_MB = 24
WAIT_SECONDS = 120
SIZE = 64


def series(folder, count, number, compressed=False):
    """Writes a CT series of one patient. Returns its files and its Study Instance UID."""
    folder.mkdir(parents=True)
    study, uid = generate_uid(), generate_uid()
    random = np.random.default_rng(number)
    files = []
    for n in range(count):
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, uid
        ds.PatientName, ds.PatientID, ds.PatientBirthDate = "SYNTHETIC^NODE", "NODE-1", "19600101"
        ds.PatientSex, ds.Modality, ds.StudyDate = "O", "CT", "20260105"
        ds.StudyTime, ds.StudyID, ds.AccessionNumber = "080000", "1", f"A{number}"
        ds.InstanceNumber, ds.SeriesNumber = n + 1, number
        ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 2.0 * n], [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness, ds.FrameOfReferenceUID = [1, 1], 2, study
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = -1024, 1, "HU"
        ds.Rows = ds.Columns = SIZE
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated = ds.BitsStored = 16
        ds.HighBit, ds.PixelRepresentation = 15, 0
        ds.PixelData = random.integers(0, 2000, (SIZE, SIZE), dtype=np.uint16).tobytes()
        if compressed:
            ds.compress(RLELossless)
        path = folder / f"{n:05d}.dcm"
        ds.save_as(path, enforce_file_format=True)
        files.append(path)
    return files, study


def grevy(*arguments):
    run = subprocess.run([PROGRAM, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise SystemExit(f"grevy {arguments[0]}: {run.returncode}\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return run.stdout


def add_peer(data, folder, name, *lines):
    table = folder / f"{name}.csv"
    table.write_text("\n".join(["key,value", *lines]) + "\n")
    grevy("settings", "add", "dicom-peer", name, table, "--date", "2026-11-22", "--reason", "for the check",
          "--data", data)


class Node(GrevyServer):
    """The server with a DICOM port."""

    def __init__(self, data, log, port, is_new):
        super().__init__(data, log, "--dicom-port", str(port), is_new=is_new)
        self.dicom_port = port

    def tool(self, program, *arguments, title="PACS", called="GREVY"):
        """Runs a program of DCMTK. Returns its status and what it said."""
        run = subprocess.run(
            [f"/usr/bin/{program}", "-aet", title, "-aec", called, "127.0.0.1", str(self.dicom_port),
             *map(str, arguments)], capture_output=True, text=True, check=False, timeout=600)
        return run.returncode, run.stdout + run.stderr

    def wait_for_settings(self):
        """What a peer is holds within two seconds."""
        time.sleep(2.5)

    def memory_mb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def instances(self, study):
        """How many instances of a study the node finds."""
        code, text = self.tool(
            "findscu", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}",
            "-k", "NumberOfStudyRelatedInstances")
        lines = [line for line in text.splitlines() if "(0020,1208)" in line]
        return int(lines[-1].split("[")[1].split("]")[0]) if code == 0 and lines else 0

    def wait_for(self, study, count):
        ends = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < ends and self.instances(study) < count:
            time.sleep(0.2)
        return self.instances(study)


def check_tools(node, files, study, folder, report):
    """storescu, findscu, getscu and movescu, one after the other."""
    report.check(node.tool("echoscu")[0] == 0, "echoscu")
    for title, called in [("STRANGER", "GREVY"), ("ELSEWHERE", "GREVY"), ("PACS", "OTHER")]:
        code, _ = node.tool("echoscu", title=title, called=called)
        report.check(code != 0, f"{title} calling {called} was let in")
    start = time.monotonic()
    code, text = node.tool("storescu", *files, title="CT")
    report.figures["storescu, instances/s"] = round(len(files) / (time.monotonic() - start))
    report.check(code == 0, f"storescu: {text[-300:]}")
    found = node.wait_for(study, len(files))
    report.check(found == len(files), f"{found} of {len(files)} instances are listed")
    code, text = node.tool("findscu", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID", title="CT")
    report.check("Pending" not in text and study not in text, "a peer that may only store was answered")
    series = pydicom.dcmread(files[0], stop_before_pixels=True).SeriesInstanceUID
    one = ["-k", f"StudyInstanceUID={study}"]
    for level, keys in [("STUDY", one), ("SERIES", [*one, "-k", f"SeriesInstanceUID={series}"])]:
        check_retrieval(node, files, level, ["-S", "-k", f"QueryRetrieveLevel={level}", *keys], folder, report)


def check_retrieval(node, files, level, keys, folder, report):
    """getscu and movescu bring all; a destination that is not listed gets nothing."""
    for program in ["getscu", "movescu"]:
        out = folder / f"{program}-{level}"
        out.mkdir()
        if program == "getscu":
            code, text = node.tool(program, *keys, "-od", out)
        else:
            receiver = subprocess.Popen(["/usr/bin/storescp", "-od", out, "-aet", "BACK", str(node.back_port)])
            try:
                wait_for_port(node.back_port)
                code, text = node.tool(program, *keys, "-aem", "BACK")
            finally:
                receiver.terminate()
                receiver.wait()
            refused, _ = node.tool(program, *keys, "-aem", "ELSEWHERE")
            report.check(refused != 0, f"a {level} was moved to somebody who is not listed")
        report.check(code == 0, f"{program}: {text[-300:]}")
        check_same(files, out, f"{program} {level}", report)


def check_same(files, folder, what, report):
    """What came back has the pixels of what was sent."""
    sent = {ds.SOPInstanceUID: ds.pixel_array for ds in map(pydicom.dcmread, files)}
    got = {ds.SOPInstanceUID: ds.pixel_array for ds in map(pydicom.dcmread, folder.iterdir())}
    same = sent.keys() == got.keys() and all(np.array_equal(sent[uid], got[uid]) for uid in sent)
    report.check(same, f"{what}: {len(got)} of {len(sent)} came back, or others")


def check_pynetdicom(node, files, study, report):
    """Another implementation: storage, query, retrieval and storage commitment."""
    told, kept = [], []
    ae = AE(ae_title="PACS")
    ae.add_requested_context(Verification)
    ae.add_requested_context(CTImageStorage, [ExplicitVRLittleEndian])
    ae.add_requested_context(CTImageStorage, [RLELossless])
    ae.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    ae.add_requested_context(StudyRootQueryRetrieveInformationModelGet)
    ae.add_requested_context(StorageCommitmentPushModel)
    roles = [pynetdicom_role(CTImageStorage)]
    handlers = [(evt.EVT_C_STORE, lambda event: kept.append(event.dataset) or 0x0000)]
    association = ae.associate("127.0.0.1", node.dicom_port, ae_title="GREVY", ext_neg=roles, evt_handlers=handlers)
    report.check(association.is_established, "pynetdicom was not let in")
    if not association.is_established:
        return
    report.check(association.send_c_echo().Status == 0, "C-ECHO")
    statuses = [association.send_c_store(pydicom.dcmread(path)).Status for path in files]
    report.check(set(statuses) == {0}, f"C-STORE: {set(statuses)}")
    told = commitment(association, [pydicom.dcmread(path, stop_before_pixels=True) for path in files])
    report.check(told == (len(files), 0), f"storage commitment: {told}")
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID, query.PatientName = "STUDY", study, ""
    answers = [(status.Status, found) for status, found in association.send_c_find(
        query, StudyRootQueryRetrieveInformationModelFind)]
    report.check([status for status, _ in answers] == [0xFF00, 0], f"C-FIND: {answers}")
    report.check(answers[0][1] is not None and answers[0][1].PatientName == "SYNTHETIC^NODE", "C-FIND: the name")
    last = [status.Status for status, _ in association.send_c_get(query, StudyRootQueryRetrieveInformationModelGet)][-1]
    report.check(last == 0 and len(kept) == len(files), f"C-GET: {last:#06x}, {len(kept)} of {len(files)}")
    association.release()


def pynetdicom_role(sop_class):
    from pynetdicom import build_role
    return build_role(sop_class, scp_role=True, scu_role=True)


def commitment(association, files):
    """Asks for storage commitment. Returns how many are kept and how many are not, as reported."""
    told = []

    def report(event):
        data = event.event_information
        told.append((len(data.get("ReferencedSOPSequence", [])), len(data.get("FailedSOPSequence", []))))
        return 0x0000, None

    association.bind(evt.EVT_N_EVENT_REPORT, report)
    request = Dataset()
    request.TransactionUID, request.ReferencedSOPSequence = generate_uid(), []
    for ds in files:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
        request.ReferencedSOPSequence.append(item)
    status, _ = association.send_n_action(
        request, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
    ends = time.monotonic() + WAIT_SECONDS
    while status.Status == 0 and not told and time.monotonic() < ends:
        time.sleep(0.05)
    return told[0] if told else None


def check_killed_peer(node, files, study, report):
    """A peer that is killed amid a study costs what it had not sent, and nothing else."""
    process = subprocess.Popen(
        ["/usr/bin/storescu", "-aet", "CT", "-aec", "GREVY", "127.0.0.1", str(node.dicom_port), *map(str, files)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while node.instances(study) == 0 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    report.figures["listed when its peer was killed"] = node.instances(study)
    code, text = node.tool("storescu", *files, title="CT")
    report.check(code == 0, f"storescu after a killed one: {text[-300:]}")
    found = node.wait_for(study, len(files))
    report.check(found == len(files), f"after a killed peer {found} of {len(files)} instances are listed")


def store_until_killed(node, files):
    """Stores while the server is killed. Returns the UIDs that it acknowledged."""
    acknowledged = []
    ae = AE(ae_title="PACS")
    ae.add_requested_context(CTImageStorage, [ExplicitVRLittleEndian])
    association = ae.associate("127.0.0.1", node.dicom_port, ae_title="GREVY")
    for n, path in enumerate(files):
        if n == len(files) // 2:
            node.process.kill()
            node.process.wait()
        try:
            status = association.send_c_store(path)
        except (RuntimeError, ValueError):
            break
        if status and status.Status == 0:
            acknowledged.append(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)
    return acknowledged


def abort(port, n):
    """One association that ends badly, in one of six ways."""
    def item(kind, body):
        return bytes([kind, 0]) + struct.pack(">H", len(body)) + body

    context = item(0x20, bytes([1, 0, 0, 0]) + item(0x30, CTImageStorage.encode()) + item(0x40, b"1.2.840.10008.1.2.1"))
    user = item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"2.25.9"))
    body = (bytes([0, 1, 0, 0]) + b"GREVY".ljust(16) + b"PACS".ljust(16) + bytes(32)
            + item(0x10, b"1.2.840.10008.3.1.1.1") + context + user)
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"\x01\0" + struct.pack(">I", len(body)) + body)
        if n % 3:
            line.recv(4096)
        if n % 3 == 2:
            line.sendall(bytes([4, 0, 0, 0, 0x20, 0, 0, 0, 0x1F, 0xFC, 1, 3]) + bytes(200))
        if n % 2:
            line.sendall(b"\x07\0\0\0\0\x04\0\0\0\0")


def check_aborts(node, aborts, report):
    """Memory stays flat over associations that are aborted."""
    for n in range(USUAL_ABORTS // 4):
        abort(node.dicom_port, n)
    before = node.memory_mb()
    for n in range(aborts):
        abort(node.dicom_port, n)
    report.check(node.tool("echoscu")[0] == 0, "echoscu after aborted associations")
    grown = node.memory_mb() - before
    report.figures["MB grown by aborted associations"] = round(grown, 1)
    report.check(grown < FLAT_MB, f"{aborts} aborted associations left {grown:.1f} MB")


def check_clear_text(data, folder, report):
    """DICOM without TLS for other machines needs a flag, and the server warns."""
    options = ["--dicom-host", "0.0.0.0", "--dicom-port"]
    run = subprocess.run([PROGRAM, "serve", "--data", data, "--port", "0", *options, "0"], cwd=ROOT, text=True,
                         capture_output=True, check=False, timeout=WAIT_SECONDS)
    report.check(run.returncode != 0 and "--dicom-without-tls" in run.stdout + run.stderr,
                 f"DICOM for other machines without TLS: {run.returncode} {run.stderr[-300:]}")
    log = folder / "clear.log"
    with GrevyServer(data, log, *options, str(free_port()), "--dicom-without-tls", is_new=False):
        report.check("Warning: without TLS" in log.read_text(), "nobody is warned that data go in the clear")


def main():
    folder = Path(sys.argv[1]).resolve()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else USUAL_COUNT
    aborts = int(sys.argv[3]) if len(sys.argv) > 3 else USUAL_ABORTS
    report = Report()
    data, port = folder / "data", free_port()
    first, _ = series(folder / "first", 2, 1)
    # The patient is known, so that what peers send joins the case at once.
    grevy("import", folder / "first", "--data", data)
    with Node(data, folder / "server.log", port, True) as node:
        administrator(node)
        node.back_port = free_port()
        add_peer(data, folder, "ct", "title,CT", "address,127.0.0.1")
        add_peer(data, folder, "elsewhere", "title,ELSEWHERE", "address,192.0.2.1", "may,store query retrieve")
        add_peer(data, folder, "back", "title,BACK", "address,127.0.0.1", f"port,{node.back_port}")
        add_peer(data, folder, "pacs", "title,PACS", "address,127.0.0.1", "may,store query retrieve",
                 "destinations,back")
        node.wait_for_settings()
        files, study = series(folder / "long", count, 2)
        with report.timed("DCMTK"):
            check_tools(node, files, study, folder, report)
        compressed, study = series(folder / "compressed", 5, 3, compressed=True)
        with report.timed("pynetdicom"):
            check_pynetdicom(node, compressed, study, report)
        with report.timed("Orthanc"):
            check_orthanc(node, data, folder, series, grevy, add_peer, report)
        with report.timed("others' nodes"):
            check_others(node, data, folder, series, grevy, add_peer, report)
        killed, study = series(folder / "killed", max(count, 200), 4)
        with report.timed("killed peer"):
            check_killed_peer(node, killed, study, report)
        with report.timed("aborted"):
            check_aborts(node, aborts, report)
        last, study = series(folder / "last", 80, 5)
        acknowledged = store_until_killed(node, last)
    with Node(data, folder / "again.log", port, False) as node:
        node.wait_for(study, len(acknowledged))
        code, text = node.tool(
            "findscu", "-S", "-k", "QueryRetrieveLevel=IMAGE", "-k", f"StudyInstanceUID={study}",
            "-k", "SOPInstanceUID")
        lost = [uid for uid in acknowledged if uid not in text]
        report.figures["acknowledged before the server was killed"] = len(acknowledged)
        report.check(code == 0 and len(acknowledged) >= 40 and not lost,
                     f"{len(lost)} of {len(acknowledged)} acknowledged instances are lost")
    check_clear_text(data, folder, report)
    with report.timed("page of peers"):
        check_page(folder, series, grevy, add_peer, report)
    grevy("audit", "verify", "--data", data)
    print(json.dumps({"failures": report.failures, "measured": report.figures, "checks": report.checks}, indent=1))
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
