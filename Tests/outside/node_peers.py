"""Nodes of others that ours calls: DCMTK's dcmqrscp and storescp, and pynetdicom; with TLS too."""
import hashlib
import io
import json
import ssl
import subprocess
import time

import pydicom
from pydicom.dataset import Dataset
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless
from pynetdicom import AE, build_context, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind, StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove, Verification)

from node_orthanc import facts, same, short_name
from orthanc_server import free_port, wait_for_port

COUNT = 6
PENDING = 0xFF00


class Archive:
    """DCMTK's dcmqrscp with an archive of its own; knows our node as GREVY."""
    title = "ARCHIVE"

    def __init__(self, folder, node_port, compressed):
        self.compressed, self.kept_in, self.port = compressed, folder / "kept", free_port()
        self.kept_in.mkdir(parents=True)
        table = folder / "dcmqrscp.cfg"
        table.write_text(f"""NetworkTCPPort = {self.port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
grevy = (GREVY, 127.0.0.1, {node_port})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
{self.title} {self.kept_in} RW (200, 1024mb) ANY
AETable END
""")
        options = ["+xr", "-xr"] if compressed else []
        self.command = ["/usr/bin/dcmqrscp", "-c", str(table), *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def take(self, files):
        subprocess.run(["/usr/bin/storescu", *(["-xr"] if self.compressed else []), "-aec", self.title, "127.0.0.1",
                        str(self.port), *map(str, files)], check=True, capture_output=True)

    def kept(self, study):
        """What it has of a study."""
        files = [file for file in self.kept_in.iterdir() if file.suffix == ".dcm"]
        return facts(file for file in files if pydicom.dcmread(file, stop_before_pixels=True).StudyInstanceUID == study)


class Other:
    """pynetdicom as a node; knows ours as GREVY."""

    def __init__(self, title, node_port, tls=None):
        self.title, self.node_port, self.port, self.held = title, node_port, free_port(), {}
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if tls:
            self.tls.load_cert_chain(*tls)

    def __enter__(self):
        ae = AE(ae_title=self.title)
        ae.add_supported_context(Verification)
        ae.add_supported_context(CTImageStorage, [ExplicitVRLittleEndian, RLELossless, JPEG2000Lossless],
                                 scu_role=True, scp_role=True)
        for model in (StudyRootQueryRetrieveInformationModelFind, StudyRootQueryRetrieveInformationModelGet,
                      StudyRootQueryRetrieveInformationModelMove):
            ae.add_supported_context(model)
        handlers = [(evt.EVT_C_STORE, self.store), (evt.EVT_C_FIND, self.find), (evt.EVT_C_GET, self.get),
                    (evt.EVT_C_MOVE, self.move)]
        self.server = ae.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers,
                                      ssl_context=self.tls)
        return self

    def __exit__(self, *_):
        self.server.shutdown()

    def store(self, event):
        data = event.dataset
        data.file_meta = event.file_meta
        self.held[data.SOPInstanceUID] = data
        return 0x0000

    def take(self, files):
        self.held |= {data.SOPInstanceUID: data for data in map(pydicom.dcmread, files)}

    def of(self, event):
        return [data for data in self.held.values() if data.StudyInstanceUID == event.identifier.StudyInstanceUID]

    def find(self, event):
        """One match for each study of the patient that is asked for."""
        own = [data for data in self.held.values() if data.PatientID == event.identifier.PatientID]
        for study in {data.StudyInstanceUID for data in own}:
            match = Dataset()
            match.QueryRetrieveLevel, match.StudyInstanceUID = "STUDY", study
            match.PatientID, match.StudyDate = own[0].PatientID, own[0].StudyDate
            match.NumberOfStudyRelatedInstances = sum(data.StudyInstanceUID == study for data in own)
            yield PENDING, match

    def get(self, event):
        wanted = self.of(event)
        yield len(wanted)
        for data in wanted:
            yield PENDING, data

    def move(self, event):
        wanted = self.of(event)
        syntaxes = list({data.file_meta.TransferSyntaxUID for data in wanted})
        yield "127.0.0.1", self.node_port, {"contexts": [build_context(CTImageStorage, syntaxes)]}
        yield len(wanted)
        for data in wanted:
            yield PENDING, data

    def kept(self, study):
        held = [data for data in self.held.values() if data.StudyInstanceUID == study]
        return {data.SOPInstanceUID: (str(data.file_meta.TransferSyntaxUID), data.pixel_array) for data in held}


def certified(folder):
    """A certificate and its key. Returns their files and the fingerprint."""
    folder.mkdir()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=check", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return certificate, key, hashlib.sha256(der).hexdigest()


def check_calls(name, their, node, data, folder, series, grevy, add_peer, report, *, compressed, ways, tls=None):
    """Echo, send, query, and retrieval by each way, of what only they have."""
    peer = [f"title,{their.title}", "address,127.0.0.1", f"port,{their.port}", "may,store"]
    caller = []
    if tls:
        own, theirs = tls
        peer.append(f"fingerprint,{theirs[2]}")
        caller = ["--certificate", own[0], "--key", own[1]]
    add_peer(data, folder, name, *peer)
    node.wait_for_settings()
    number = 40 + len(list(folder.glob("calls-*")))

    def call(verb, *arguments):
        return grevy("node", verb, name, *arguments, *caller, "--data", data)

    def new(what):
        return series(folder / f"calls-{name}-{compressed}-{what}", COUNT, number, compressed=compressed)

    call("echo")
    files, study = new("out")
    grevy("import", folder / f"calls-{name}-{compressed}-out", "--data", data)
    call("send", short_name(json.loads(grevy("list", "--data", data, "--json")), study))
    report.check(same(their.kept(study), facts(files)), f"{name}: what we sent is not there as it was")
    found = json.loads(call("query", "--patient-id", "NODE-1", "--json"))
    mine = [one for one in found if one["studyUID"] == study]
    report.check(len(mine) == 1 and mine[0].get("instances") in (None, COUNT), f"{name}: found {mine}")
    for way in ways:
        files, study = new(f"back{way}")
        their.take(files)
        call("retrieve", study, *([way] if way else []))
        report.check(node.wait_for(study, COUNT) == COUNT, f"{name} {way}: not all came")
        report.check(same(ours(data, study), facts(files)), f"{name} {way}: what came is another")


def recode(file):
    """Puts an uncompressed image into JPEG 2000 without loss."""
    ds = pydicom.dcmread(file)
    stream = io.BytesIO()
    Image.fromarray(ds.pixel_array).save(stream, "JPEG2000", irreversible=False, no_jp2=True)
    ds.PixelData = encapsulate([stream.getvalue()])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
    ds.save_as(file, enforce_file_format=True)


def check_mixed(name, their, node, data, folder, series, grevy, _, report):
    """A study of one class in three syntaxes comes whole by C-GET, each image as it is kept."""
    files, study = series(folder / "mixed", COUNT, 60)
    for number, file in enumerate(files):
        if number % 3 == 1:
            ds = pydicom.dcmread(file)
            ds.compress(RLELossless, generate_instance_uid=False)
            ds.save_as(file, enforce_file_format=True)
        elif number % 3 == 2:
            recode(file)
    their.take(files)
    grevy("node", "retrieve", name, study, "--data", data)
    report.check(node.wait_for(study, COUNT) == COUNT, f"{name}, three syntaxes: not all came")
    report.check(same(ours(data, study), facts(files)), f"{name}, three syntaxes: what came is another")


def ours(data, study):
    """What our data folder holds of a study."""
    found = []
    for path in (data / "objects").rglob("*"):
        with path.open("rb") if path.is_file() else io.BytesIO() as file:
            if file.read(132)[128:] == b"DICM" and pydicom.dcmread(
                    path, stop_before_pixels=True).StudyInstanceUID == study:
                found.append(path)
    return facts(found)


def check_secured_store(node, data, folder, series, grevy, add_peer, report, own, theirs):
    """DCMTK's storescp with TLS answers, and gets what is sent; with another certificate it gets nothing."""
    kept, port = folder / "secured", free_port()
    kept.mkdir()
    for name, fingerprint in [("secured", theirs[2]), ("impostor", own[2])]:
        add_peer(data, folder, name, "title,SECURED", "address,127.0.0.1", f"port,{port}", f"fingerprint,{fingerprint}")
    caller = ["--certificate", own[0], "--key", own[1], "--data", data]
    files, study = series(folder / "secured-out", COUNT, 50)
    grevy("import", folder / "secured-out", "--data", data)
    sent = short_name(json.loads(grevy("list", "--data", data, "--json")), study)
    receiver = subprocess.Popen(
        ["/usr/bin/storescp", "-od", kept, "+tls", theirs[1], theirs[0], "-ic", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        # It ends when a connection brings no TLS, so it is asked in its own way.
        for _ in range(100):
            ready = subprocess.run(["/usr/bin/echoscu", "+tls", own[1], own[0], "-ic", "127.0.0.1", str(port)],
                                   capture_output=True, check=False)
            if ready.returncode == 0:
                break
            time.sleep(0.1)
        grevy("node", "echo", "secured", *caller)
        try:
            grevy("node", "send", "impostor", sent, *caller)
            report.check(False, "a certificate that is not the expected one was taken")
        except SystemExit:
            report.check(not list(kept.iterdir()), "something went to another certificate than the expected one")
        grevy("node", "send", "secured", sent, *caller)
    finally:
        receiver.terminate()
        receiver.wait()
    report.check(same(facts(kept.iterdir()), facts(files)), "storescp with TLS did not get what was sent")


def check_others(node, data, folder, series, grevy, add_peer, report):
    """Each of them, of images as they are and compressed."""
    own, theirs = certified(folder / "own-certificate"), certified(folder / "their-certificate")
    rest = (node, data, folder, series, grevy, add_peer, report)
    check_secured_store(*rest, own, theirs)
    with Archive(folder / "archive-plain", node.dicom_port, False) as archive:
        check_calls("archive", archive, *rest, compressed=False, ways=["", "--move"])
    # The same name, so that one peer only has this title.
    with Archive(folder / "archive-rle", node.dicom_port, True) as archive:
        check_calls("archive", archive, *rest, compressed=True, ways=["--move"])
    with Other("OTHER", node.dicom_port, theirs[:2]) as other:
        check_calls("other", other, *rest, compressed=False, ways=[""], tls=(own, theirs))
    with Other("OPEN", node.dicom_port) as other:
        check_calls("open", other, *rest, compressed=False, ways=["--move"])
        check_calls("open", other, *rest, compressed=True, ways=["", "--move"])
        check_mixed("open", other, *rest)
