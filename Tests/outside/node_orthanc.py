"""Orthanc as a peer of the DICOM node, in both directions: it sends and asks, and is sent to and asked."""
import io
import json

import numpy as np
import pydicom
import requests

from orthanc_server import PROGRAM, Orthanc, free_port

SECONDS = 120


def facts(files):
    """Pixels and transfer syntax by UID."""
    read = [pydicom.dcmread(file) for file in files]
    return {ds.SOPInstanceUID: (str(ds.file_meta.TransferSyntaxUID), ds.pixel_array) for ds in read}


def same(one, other, coded=True):
    """Whether instances have the same pixels, and the same transfer syntax where that is asked."""
    return one.keys() == other.keys() and all(
        (one[uid][0] == other[uid][0] or not coded) and np.array_equal(one[uid][1], other[uid][1]) for uid in one)


class Peer(Orthanc):
    """Orthanc that knows our node."""

    def __init__(self, folder, node_port):
        self.dicom_port = free_port()
        super().__init__(folder, DicomPort=self.dicom_port, DicomAet="ORTHANC",
                         DicomModalities={"grevy": ["GREVY", "127.0.0.1", node_port]})

    def tell(self, path, body):
        return requests.post(self.base + path, timeout=SECONDS,
                             **({"data": body} if isinstance(body, bytes) else {"json": body}))

    def take(self, files):
        """Puts files in. Returns Orthanc's names of them."""
        return [self.tell("/instances", file.read_bytes()).json()["ID"] for file in files]

    def study(self, uid):
        return self.tell("/tools/find", {"Level": "Study", "Query": {"StudyInstanceUID": uid}}).json()

    def kept(self, uid):
        """What it has of a study."""
        found = self.tell("/tools/find", {"Level": "Instance", "Query": {"StudyInstanceUID": uid}}).json()
        return facts(io.BytesIO(requests.get(f"{self.base}/instances/{one}/file", timeout=SECONDS).content)
                     for one in found)

    def forget(self, uid):
        for one in self.study(uid):
            requests.delete(f"{self.base}/studies/{one}", timeout=SECONDS)


def check_orthanc(node, data, folder, series, grevy, add_peer, report):
    """Everything, of images as they are and compressed."""
    if not PROGRAM.exists():
        report.check(False, "Orthanc is not installed (./run setup)")
        return
    with Peer(folder / "orthanc", node.dicom_port) as orthanc:
        add_peer(data, folder, "orthanc", "title,ORTHANC", "address,127.0.0.1", f"port,{orthanc.dicom_port}",
                 "may,store query retrieve", "destinations,orthanc")
        node.wait_for_settings()
        grevy("node", "echo", "orthanc", "--data", data)
        report.check(orthanc.tell("/modalities/grevy/echo", {}).status_code == 200, "Orthanc does not reach Grevy")
        for compressed in (False, True):
            check_both_ways(orthanc, node, data, folder, series, grevy, report, compressed)


def check_both_ways(orthanc, node, data, folder, series, grevy, report, compressed):
    name = "compressed" if compressed else "plain"
    files, study = series(folder / f"orthanc-{name}", 12, 20 + compressed, compressed=compressed)
    wanted = facts(files)
    # Orthanc sends.
    sent = orthanc.tell("/modalities/grevy/store", {"Resources": orthanc.take(files), "Synchronous": True})
    report.check(sent.status_code == 200, f"{name}: Orthanc's C-STORE: {sent.text[:200]}")
    report.check(node.wait_for(study, len(files)) == len(files), f"{name}: not all of Orthanc's are listed")
    # Orthanc asks, and has it moved to itself.
    orthanc.forget(study)
    asked = orthanc.tell("/modalities/grevy/query", {"Level": "Study", "Query": {"StudyInstanceUID": study}}).json()
    answers = orthanc.ask(f"{asked['Path']}/answers")
    report.check(len(answers) == 1, f"{name}: Orthanc's C-FIND: {len(answers)}")
    moved = orthanc.tell(f"{asked['Path']}/answers/0/retrieve", {"TargetAet": "ORTHANC", "Synchronous": True})
    report.check(moved.status_code == 200, f"{name}: Orthanc's C-MOVE: {moved.text[:200]}")
    report.check(same(orthanc.kept(study), wanted), f"{name}: Orthanc did not get back what it sent")
    # We send.
    orthanc.forget(study)
    ours = short_name(json.loads(grevy("list", "--data", data, "--json")), study)
    grevy("node", "send", "orthanc", ours, "--data", data)
    report.check(same(orthanc.kept(study), wanted), f"{name}: Orthanc did not get what we sent")
    # We ask and retrieve, in both ways, what only Orthanc has.
    for way in ("--move", None):
        files, study = series(folder / f"orthanc-{name}-{way}", 12, 30 + compressed, compressed=compressed)
        orthanc.take(files)
        found = json.loads(grevy("node", "query", "orthanc", "--patient-id", "NODE-1", "--data", data, "--json"))
        report.check(study in [one["studyUID"] for one in found], f"{name}: Orthanc's study is not found")
        grevy("node", "retrieve", "orthanc", study, *([way] if way else []), "--data", data)
        report.check(node.wait_for(study, len(files)) == len(files), f"{name} {way}: not all came")
        orthanc.forget(study)
        ours = short_name(json.loads(grevy("list", "--data", data, "--json")), study)
        grevy("node", "send", "orthanc", ours, "--data", data)
        # For C-GET a peer takes one transfer syntax of all compressed ones, and decompresses what has another.
        report.check(same(orthanc.kept(study), facts(files), coded=way is not None),
                     f"{name} {way}: what came is another")


def short_name(listed, study):
    """Our name of a study's only series."""
    series, = [one["id"] for patient in listed["patients"] for found in patient["studies"]
               if found["studyInstanceUID"] == study for one in found["series"]]
    return series
