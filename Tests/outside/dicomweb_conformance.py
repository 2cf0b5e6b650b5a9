"""Holds any DICOMweb server against PS3.18: QIDO-RS, WADO-RS and STOW-RS.

Usage: dicomweb_conformance.py BASE [--header 'NAME: VALUE']...

BASE is where the services begin, as http://127.0.0.1:8042/dicom-web. Two small synthetic studies are
stored (their patient is the one of the first study that is found, so that a server which sets unknown
patients aside shows them) and stay there; every run makes UIDs of its own. Prints one line for each
thing that is checked and exits with 1 when one does not hold. Nothing here knows which server it asks.

Longer than 400 lines because it is one file that people run against their own archive.
"""
import argparse
import io
import json
import sys
import uuid

import numpy as np
import pydicom
import requests
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

SECONDS = 60
CT = "1.2.840.10008.5.1.4.1.1.2"
SECONDARY = "1.2.840.10008.5.1.4.1.1.7.3"
JSON = "application/dicom+json"
BOUNDARY = "conformance-3c1f"
STORE_TYPE = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
DICOM = 'multipart/related; type="application/dicom"'
BYTES = 'multipart/related; type="application/octet-stream"'
# Required of an origin server: PS3.18 tables 10.6.3-3, -4 and -5.
STUDY_TAGS = ["00080020", "00080030", "00080050", "00080061", "00080090", "00100010", "00100020",
              "00100030", "00100040", "0020000D", "00200010", "00201206", "00201208"]
SERIES_TAGS = ["00080060", "0020000E", "00200011", "00201209"]
INSTANCE_TAGS = ["00080016", "00080018", "00200013", "00280010", "00280011", "00280100"]


def new_uid():
    """A UID (PS3.5 annex B.2) that is short enough for others to begin with it."""
    return f"2.25.{uuid.uuid4().int}"


def encoded(data):
    with io.BytesIO() as out:
        pydicom.dcmwrite(out, data, write_like_original=False)
        return out.getvalue()


def image(patient, study, series, number, frames=1, syntax=ExplicitVRLittleEndian):
    """A small image; its pixels are different in every frame."""
    data = Dataset()
    data.update(patient)
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.is_little_endian, data.is_implicit_VR = True, syntax == ImplicitVRLittleEndian
    data.preamble = b"\0" * 128
    data.SOPClassUID = CT if frames == 1 else SECONDARY
    data.SOPInstanceUID = f"{series}.{number}"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    pydicom.dataset.validate_file_meta(data.file_meta)
    data.StudyInstanceUID, data.SeriesInstanceUID = study, series
    data.StudyDate, data.StudyTime, data.StudyID = "20260214", "101500", "17"
    data.AccessionNumber, data.ReferringPhysicianName = "CONF-1", "Doe^Jane"
    data.StudyDescription, data.SeriesDescription = "Conformance", "Réponse"
    data.SpecificCharacterSet = "ISO_IR 100"
    data.Modality = "CT" if frames == 1 else "OT"
    data.SeriesNumber, data.InstanceNumber = 3, number
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = 24, 32
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelRepresentation = 0
    if frames == 1:
        data.ImagePositionPatient = [0, 0, 2.5 * number]
        data.ImageOrientationPatient, data.PixelSpacing = [1, 0, 0, 0, 1, 0], [2, 2]
        data.RescaleIntercept, data.RescaleSlope = "-1024", "1"
    else:
        data.NumberOfFrames = frames
    pixels = (np.arange(frames * 24 * 32).reshape(frames, 24, 32) + 97 * number) % 4096
    data.PixelData = pixels.astype("<u2").tobytes()
    return data


def parts(answer):
    """The fields and contents of a multipart answer's parts."""
    kind = answer.headers["Content-Type"]
    assert kind.lower().startswith("multipart/related"), kind
    boundary = kind.split("boundary=")[1].split(";")[0].strip().strip('"').encode()
    found = []
    for part in (b"\r\n" + answer.content).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            return found
        fields, content = part.split(b"\r\n\r\n", 1)
        found.append((fields.decode().lower(), content))
    raise AssertionError("the last boundary is missing")


def value(item, tag):
    values = item.get(tag, {}).get("Value", [None])
    return values[0]["Alphabetic"] if isinstance(values[0], dict) else values[0]


class Server:
    """Requests to one server."""

    def __init__(self, base, headers):
        self.base, self.headers = base.rstrip("/"), headers

    def get(self, path, accept=None, status=200, **query):
        headers = {**self.headers, **({"Accept": accept} if accept else {})}
        address = path if path.startswith("http") else self.base + path
        answer = requests.get(address, headers=headers, params=query, timeout=SECONDS)
        wanted = status if isinstance(status, tuple) else (status,)
        assert answer.status_code in wanted, f"{answer.status_code} instead of {status}"
        return answer

    def find(self, path, **query):
        answer = self.get(path, accept=JSON, status=(200, 204), **query)
        return answer.json() if answer.status_code == 200 else []

    def store(self, files, study=None, kind=STORE_TYPE, part="application/dicom", chunked=False):
        body = b"".join(b"--%s\r\nContent-Type: %s\r\n\r\n%s\r\n" % (BOUNDARY.encode(), part.encode(), f)
                        for f in files) + b"--%s--\r\n" % BOUNDARY.encode()
        sent = iter([body[n:n + 1000] for n in range(0, len(body), 1000)]) if chunked else body
        return requests.post(self.base + "/studies" + (f"/{study}" if study else ""), data=sent,
                             headers={**self.headers, "Content-Type": kind, "Accept": JSON},
                             timeout=SECONDS)


class Sample:
    """What is stored, and its addresses."""

    def __init__(self, patient):
        self.study, self.other = new_uid(), new_uid()
        self.ct, self.multi = f"{self.study}.1", f"{self.study}.2"
        self.images = [image(patient, self.study, self.ct, n) for n in (1, 2, 3)]
        self.images.append(image(patient, self.study, self.ct, 4, syntax=ImplicitVRLittleEndian))
        self.frames = image(patient, self.study, self.multi, 1, frames=5)
        self.second = image(patient, self.other, f"{self.other}.1", 1)
        self.at = f"/studies/{self.study}"
        self.series_at = f"{self.at}/series/{self.ct}"
        self.one_at = f"{self.series_at}/instances/{self.ct}.1"
        self.frames_at = f"{self.at}/series/{self.multi}/instances/{self.multi}.1"

    def pixels(self, *numbers):
        length = 24 * 32 * 2
        return [self.frames.PixelData[(n - 1) * length:n * length] for n in numbers]


CHECKS = []


def check(name):
    def keep(function):
        CHECKS.append((name, function))
        return function
    return keep


@check("STOW: instances are stored, each is named")
def store(server, sample):
    answer = server.store([encoded(data) for data in sample.images])
    assert answer.status_code == 200, f"{answer.status_code} {answer.text[:200]}"
    kept = answer.json()["00081199"]["Value"]
    assert [value(item, "00081155") for item in kept] == [d.SOPInstanceUID for d in sample.images]
    assert all(value(item, "00081190") for item in kept), "without Retrieve URL"


@check("STOW: a body in chunks, under the study's own address")
def store_chunked(server, sample):
    answer = server.store([encoded(sample.frames)], study=sample.study, chunked=True)
    assert answer.status_code == 200, f"{answer.status_code} {answer.text[:200]}"


@check("STOW: the same again is no failure and no second instance")
def store_again(server, sample):
    assert server.store([encoded(sample.images[0])]).status_code in (200, 202)
    assert len(server.find(f"{sample.series_at}/instances")) == 4


@check("STOW: an instance of another study than the address names fails")
def store_elsewhere(server, sample):
    answer = server.store([encoded(sample.second)], study=sample.study)
    assert answer.status_code in (202, 409), answer.status_code
    assert value(answer.json()["00081198"]["Value"][0], "00081197"), "without Failure Reason"


@check("STOW: of a good and a bad part one is stored, and the answer says so")
def store_mixed(server, sample):
    answer = server.store([encoded(sample.second), b"no DICOM file"])
    assert answer.status_code == 202, answer.status_code
    assert len(answer.json()["00081199"]["Value"]) == 1
    assert server.find("/studies", StudyInstanceUID=sample.other)


@check("STOW: bad parts alone are a conflict or a bad request")
def store_bad(server, sample):
    assert server.store([b"no DICOM file"]).status_code in (400, 409)


@check("STOW: another media type is refused as such")
def store_other(server, sample):
    answer = server.store([b"x"], kind=f'multipart/related; type="image/png"; boundary={BOUNDARY}')
    assert answer.status_code == 415, answer.status_code


@check("QIDO: a study has every required attribute")
def find_study(server, sample):
    found = server.find("/studies", StudyInstanceUID=sample.study)
    assert len(found) == 1, f"{len(found)} found"
    missing = [tag for tag in STUDY_TAGS if tag not in found[0]]
    assert not missing, f"without {missing}"
    assert value(found[0], "00201206") == 2 and value(found[0], "00201208") == 5
    assert sorted(found[0]["00080061"]["Value"]) == ["CT", "OT"]


@check("QIDO: series have every required attribute")
def find_series(server, sample):
    found = server.find(f"{sample.at}/series")
    assert {value(item, "0020000E") for item in found} == {sample.ct, sample.multi}
    missing = [tag for tag in SERIES_TAGS if any(tag not in item for item in found)]
    assert not missing, f"without {missing}"


@check("QIDO: instances have every required attribute")
def find_instances(server, sample):
    found = server.find(f"{sample.series_at}/instances")
    assert len(found) == 4
    missing = [tag for tag in INSTANCE_TAGS if any(tag not in item for item in found)]
    assert not missing, f"without {missing}"


@check("QIDO: series and instances of all studies, with attributes of the study")
def find_relational(server, sample):
    series = server.find("/series", StudyInstanceUID=sample.study, Modality="CT")
    assert [value(item, "0020000E") for item in series] == [sample.ct]
    assert value(series[0], "0020000D") == sample.study and "00100020" in series[0]
    assert len(server.find("/instances", SeriesInstanceUID=sample.ct, InstanceNumber=2)) == 1
    assert len(server.find(f"{sample.at}/instances")) == 5


@check("QIDO: wildcards, ranges, lists of UIDs, tags in place of keywords")
def find_matching(server, sample):
    own = {"StudyInstanceUID": sample.study}
    name = str(sample.images[0].PatientName)
    for query, count in [
            ({"PatientName": name[:3] + "*"}, 1), ({"PatientName": "?" + name[1:]}, 1),
            ({"PatientName": "Nobody*"}, 0), ({"PatientID": sample.images[0].PatientID}, 1),
            ({"00100020": sample.images[0].PatientID}, 1), ({"StudyDate": "20260214"}, 1),
            ({"StudyDate": "20260201-20260228"}, 1), ({"StudyDate": "20260215-"}, 0),
            ({"StudyDate": "-20260213"}, 0), ({"ModalitiesInStudy": "OT"}, 1),
            ({"ModalitiesInStudy": "PT"}, 0), ({"AccessionNumber": "CONF-1"}, 1)]:
        found = len(server.find("/studies", **own, **query))
        assert found == count, f"{query}: {found} instead of {count}"
    both = server.find("/studies", StudyInstanceUID=f"{sample.study},{sample.other}")
    assert len(both) == 2, f"list of UIDs: {len(both)}"


@check("QIDO: limit and offset page through one order")
def find_pages(server, sample):
    whole = [value(item, "00080018") for item in server.find(f"{sample.at}/instances")]
    paged = [value(item, "00080018") for n in range(5)
             for item in server.find(f"{sample.at}/instances", limit=1, offset=n)]
    assert paged == whole and not server.find(f"{sample.at}/instances", offset=5)


@check("QIDO: includefield adds an attribute")
def find_fields(server, sample):
    found = server.find("/studies", StudyInstanceUID=sample.study, includefield="StudyDescription")
    assert value(found[0], "00081030") == "Conformance"


@check("QIDO: text is UTF-8 whatever the file was written in")
def find_text(server, sample):
    found = server.find(f"{sample.at}/series", SeriesInstanceUID=sample.ct)
    assert value(found[0], "0008103E") == "Réponse", value(found[0], "0008103E")


@check("QIDO: a media type that nobody has is not acceptable")
def find_other(server, sample):
    server.get("/studies", accept="image/gif", status=406)


@check("WADO: metadata of study, series and instance")
def metadata(server, sample):
    for path, count in [(sample.at, 5), (sample.series_at, 4), (sample.one_at, 1)]:
        found = server.get(f"{path}/metadata", accept=JSON).json()
        assert len(found) == count, f"{path}: {len(found)}"
    assert not [tag for tag in found[0] if tag.startswith("0002")], "group 2"
    own = pydicom.Dataset.from_json(json.dumps(found[0]), bulk_data_uri_handler=lambda *_: b"")
    sent = sample.images[0]
    for keyword in ["PatientID", "Rows", "PixelSpacing", "ImagePositionPatient", "SeriesNumber",
                    "SeriesDescription", "RescaleIntercept", "StudyDate"]:
        assert own[keyword].value == sent[keyword].value, keyword


@check("WADO: the address of Pixel Data in metadata gives the pixels")
def bulk(server, sample):
    pixels = server.get(f"{sample.one_at}/metadata", accept=JSON).json()[0]["7FE00010"]
    found = parts(server.get(pixels["BulkDataURI"], accept=BYTES))
    assert found[0][1] == sample.images[0].PixelData


@check("WADO: an instance as it was stored, byte by byte")
def instance_stored(server, sample):
    found = parts(server.get(sample.one_at, accept=f"{DICOM}; transfer-syntax=*"))
    assert found[0][1] == encoded(sample.images[0])


@check("WADO: Explicit VR Little Endian unless asked otherwise")
def instance_explicit(server, sample):
    found = parts(server.get(f"{sample.series_at}/instances/{sample.ct}.4", accept=DICOM))
    data = pydicom.dcmread(io.BytesIO(found[0][1]))
    assert data.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert data.PixelData == sample.images[3].PixelData
    assert data.SeriesDescription == "Réponse"


@check("WADO: one instance without parts")
def instance_single(server, sample):
    answer = server.get(sample.one_at, accept="application/dicom")
    assert answer.headers["Content-Type"].startswith("application/dicom"), answer.headers["Content-Type"]
    assert pydicom.dcmread(io.BytesIO(answer.content)).SOPInstanceUID == f"{sample.ct}.1"


@check("WADO: all of a study, all of a series")
def study(server, sample):
    for path, count in [(sample.at, 5), (sample.series_at, 4)]:
        found = parts(server.get(path, accept=f"{DICOM}; transfer-syntax=*"))
        uids = {pydicom.dcmread(io.BytesIO(content)).SOPInstanceUID for _, content in found}
        assert len(uids) == count, f"{path}: {len(uids)}"


@check("WADO: frames, in the order in which they are asked for")
def frames(server, sample):
    found = parts(server.get(f"{sample.frames_at}/frames/4,2", accept=BYTES))
    assert [content for _, content in found] == sample.pixels(4, 2)


@check("WADO: a frame that is not there")
def frame_missing(server, sample):
    server.get(f"{sample.frames_at}/frames/6", accept=BYTES, status=(400, 404))


@check("WADO: rendered as JPEG and PNG")
def rendered(server, sample):
    for path in [f"{sample.one_at}/rendered", f"{sample.frames_at}/frames/3/rendered"]:
        assert server.get(path, accept="image/jpeg").content.startswith(b"\xff\xd8\xff"), path
        assert server.get(path, accept="image/png").content.startswith(b"\x89PNG"), path


@check("WADO: rendered within a viewport, with a window")
def rendered_sized(server, sample):
    picture = server.get(f"{sample.one_at}/rendered", accept="image/png", viewport="16,12",
                         window="-900,400,linear").content
    assert (picture[19], picture[23]) == (16, 12), f"{picture[19]} x {picture[23]}"


@check("WADO: thumbnails of study, series and instance")
def thumbnails(server, sample):
    for path in [sample.at, sample.series_at, sample.one_at]:
        answer = server.get(f"{path}/thumbnail", accept="image/jpeg")
        assert answer.content.startswith(b"\xff\xd8\xff"), path


@check("WADO: what is not there is not found")
def missing(server, sample):
    for path in [f"/studies/{new_uid()}", f"{sample.at}/series/{new_uid()}",
                 f"{sample.series_at}/instances/{new_uid()}"]:
        for end in ["", "/metadata"]:
            server.get(path + end, status=404)


@check("WADO: the field 'accept' stands in for the header")
def accept_field(server, sample):
    # The header has the name of a parameter of `get`.
    answer = requests.get(f"{server.base}{sample.one_at}/rendered", headers=server.headers,
                          params={"accept": "image/png"}, timeout=SECONDS)
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG"), answer.status_code


def patient_of(server):
    """The patient of the first study that is found, else a synthetic one."""
    patient = Dataset()
    found = server.find("/studies", limit=1, includefield="IssuerOfPatientID")
    if found:
        for tag, keyword in [("00100020", "PatientID"), ("00100010", "PatientName"),
                             ("00100030", "PatientBirthDate"), ("00100040", "PatientSex"),
                             ("00100021", "IssuerOfPatientID")]:
            if value(found[0], tag):
                setattr(patient, keyword, value(found[0], tag))
        return patient
    patient.PatientID, patient.PatientName = "CONFORMANCE", "Conformance^Test"
    patient.PatientBirthDate, patient.PatientSex = "19700101", "O"
    return patient


def run(base, headers):
    """Checks one server. Returns what did not hold, by name of the check; `None` where it did."""
    server = Server(base, headers)
    sample = Sample(patient_of(server))
    outcome = {}
    for name, function in CHECKS:
        try:
            function(server, sample)
            outcome[name] = None
        except Exception as error:  # Whatever a server does costs one line, not the run.
            outcome[name] = f"{type(error).__name__}: {str(error)[:200]}".removeprefix("AssertionError: ")
    return outcome


def main():
    reader = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    reader.add_argument("base")
    reader.add_argument("--header", action="append", default=[])
    options = reader.parse_args()
    headers = dict(line.split(": ", 1) for line in options.header)
    outcome = run(options.base, headers)
    for name, fault in outcome.items():
        print(f"{'holds' if fault is None else 'FAILS':6}{name}{'' if fault is None else ': ' + fault}")
    sys.exit(1 if any(outcome.values()) else 0)


if __name__ == "__main__":
    main()
