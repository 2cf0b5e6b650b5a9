"""Takes every case of public test files out with `grevy export`, and looks at the archives with zipfile,
pydicom, DCMTK and dicom3tools; compares what survives de-identification with dicognito.

Usage: check_case_export.py GREVY TESTDATA WORK. Prints one JSON object with what it counted; exits 1 when
a check fails. None of Grevy's code takes part in the looking.
"""
import gzip
import hashlib
import importlib.util
import json
import re
import sqlite3
import subprocess
import sys
import warnings
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.datadict import keyword_for_tag
from pydicom.fileset import FileSet

from objects import Checks

warnings.simplefilter("ignore")
grevy, testdata, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
checks = Checks()
work.mkdir(parents=True, exist_ok=True)
data, key = work / "data", work / "key" / "signing-key.pem"
found = Counter()


def run(*arguments):
    return subprocess.run([grevy, *map(str, arguments)], capture_output=True, text=True)


def objects_of(patient):
    """The files of a case, as the store has them."""
    with sqlite3.connect(data / "grevy.sqlite") as db:
        rows = db.execute(
            """SELECT instance.object FROM instance JOIN series ON series.id = instance.series
               JOIN study ON study.id = series.study WHERE study.patient = ?""", (patient,))
        return [data / "objects" / row[0][:2] / row[0][2:] for row in rows]


def read(source):
    return pydicom.dcmread(source, force=True)


SAFE_UIDS = "1.2.840.10008."
CLASSES = {"SOPClassUID", "ReferencedSOPClassUID", "CodingSchemeUID", "ContextUID", "MappingResourceUID",
           "MediaStorageSOPClassUID", "TransferSyntaxUID", "ImplementationClassUID"}
IDENTIFIERS = {"PatientID", "OtherPatientIDs", "AccessionNumber", "InstitutionName", "StationName",
               "DeviceSerialNumber", "InstitutionAddress", "RequestedProcedureID", "IssuerOfPatientID"}
# Words that a name or place may have in common with descriptions, and what makers call their test patients.
COMMON = {"anonymous", "patient", "phantom", "test", "none", "unknown", "grevy", "liver", "dicom", "image",
          "images", "simulated", "synthetic", "anonymized", "removed"}


def secrets(path):
    """What must not be found again: names, identifiers, dates, UIDs."""
    words, uids, dates = set(), set(), set()
    for element in read(path).iterall():
        values = element.value if isinstance(element.value, (list, pydicom.multival.MultiValue)) else [
            element.value]
        for value in values:
            text = str(value)
            if element.VR == "UI":
                known = text.startswith(SAFE_UIDS) or keyword_for_tag(element.tag) in CLASSES
                if text and not known and len(text) > 8:
                    uids.add(text)
            elif element.VR == "DA" and re.fullmatch(r"\d{8}", text):
                dates.add(text)
            elif element.VR == "PN" or element.keyword in IDENTIFIERS:
                for word in re.split(r"[^\w]+", text):
                    long = len(word) >= (4 if re.search("[A-Za-z]", word) else 5)
                    if long and word.lower() not in COMMON:
                        words.add(word)
    return words, uids, dates


def search(archive, needles):
    """Which of the needles stand in any file of the archive, in any case of letters."""
    hits = set()
    lowered = [needle.lower().encode() for needle in needles]
    for name in archive.namelist():
        if name.startswith("manifest.json") or name == "README.txt":
            continue
        content = archive.read(name).lower()
        hits |= {(needle, name) for needle in lowered if needle in content}
    return hits


def references(item):
    for element in item.iterall():
        if element.keyword == "ReferencedSOPInstanceUID":
            yield element.value


def dicom_files(archive):
    return {name: read(BytesIO(archive.read(name)))
            for name in archive.namelist() if name.startswith("DICOM/")}


def check_archive(path, label):
    archive = zipfile.ZipFile(path)
    checks.that(f"{label}: whole", archive.testzip() is None)
    manifest = json.loads(archive.read("manifest.json"))
    for file in manifest["files"]:
        same = hashlib.sha256(archive.read(file["path"])).hexdigest() == file["sha256"]
        checks.that(f"{label}: digest of {file['path']}", same)
    listed = {file["path"] for file in manifest["files"]} | {"manifest.json", "manifest.json.sig"}
    checks.that(f"{label}: every file is in the manifest", listed == set(archive.namelist()))
    parts = [part for name in archive.namelist() if name.startswith("DICOM")
             for part in name.split("/")]
    checks.that(f"{label}: File IDs", all(re.fullmatch("[A-Z0-9_]{1,8}", part) for part in parts))
    unpacked = work / f"unpacked-{label}"
    archive.extractall(unpacked)
    if "DICOMDIR" in archive.namelist():
        directory = pydicom.dcmread(unpacked / "DICOMDIR")
        named = {"/".join([record.ReferencedFileID] if isinstance(record.ReferencedFileID, str)
                          else record.ReferencedFileID)
                 for record in directory.DirectoryRecordSequence if "ReferencedFileID" in record}
        stated = {f["path"] for f in manifest["files"] if f.get("isInDirectory")}
        checks.that(f"{label}: DICOMDIR lists what the manifest says", named == stated,
                    f"{len(named)} and {len(stated)}")
        checks.that(f"{label}: pydicom opens the file-set", len(FileSet(unpacked / "DICOMDIR")) == len(named))
        dump = subprocess.run(["dcmdump", str(unpacked / "DICOMDIR")], capture_output=True)
        checks.that(f"{label}: dcmdump reads the DICOMDIR", dump.returncode == 0)
    verified = run("verify", unpacked / "manifest.json", "--key", work / "public.pem")
    checks.that(f"{label}: signature", verified.returncode == 0, verified.stdout + verified.stderr)
    return archive, manifest, unpacked


def complaints(path):
    """What dciodvfy calls errors, without values."""
    told = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, errors="replace")
    lines = (told.stdout + told.stderr).split("\n")
    return Counter(re.sub(r"<[^>]*>|'[^']*'|=.*|\d+", "", line) for line in lines
                   if line.startswith("Error"))


def check_removed(patient, originals, label, moved):
    options = ["--deidentify", "--dates", "moved" if moved else "kept"]
    told = run("export", f"patient-{patient}", "--out", work / label, "--data", data, "--signing-key", key,
               *options)
    checks.that(f"{label}: exported", told.returncode == 0, told.stderr[-300:])
    if told.returncode != 0:
        return
    archive, manifest, unpacked = check_archive(work / label / f"patient-{patient}.zip", label)
    words, uids, dates = set(), set(), set()
    for path in originals:
        for known, new in zip((words, uids, dates), secrets(path)):
            known |= new
    hits = search(archive, words | uids | (dates if moved else set()))
    checks.that(f"{label}: no name, identifier, date or UID of the originals", not hits,
                str(sorted((len(n), name) for n, name in hits)[:5]))
    found["needles"] += len(words | uids | dates)
    files = dicom_files(archive)
    for name, item in files.items():
        private = [e.tag for e in item.iterall() if e.tag.is_private]
        checks.that(f"{label} {name}: no private attribute", not private)
        marked = item.PatientIdentityRemoved == "YES" and len(item.DeidentificationMethodCodeSequence) == 4
        checks.that(f"{label} {name}: says that it is de-identified", marked)
        if "PixelData" in item:
            try:
                item.pixel_array
            except Exception as error:  # noqa: BLE001 - any failure is a finding
                checks.that(f"{label} {name}: pixels", False, type(error).__name__)
    found["de-identified"] += len(files)
    found["left out kinds"] += len(manifest["leftOut"])
    return archive, files, unpacked


def check_references(originals, files, label):
    """References that led to an object of the case lead to one of the export."""
    before = [read(path) for path in originals]
    known = {item.get("SOPInstanceUID") for item in before}
    resolved = sum(uid in known for item in before for uid in references(item))
    after = {item.SOPInstanceUID for item in files.values()}
    kept = sum(uid in after for item in files.values() for uid in references(item))
    found["references before"] += resolved
    found["references after"] += kept
    if len(files) == len(before):
        checks.that(f"{label}: references lead on", resolved == kept, f"{resolved} and {kept}")


def check_validity(originals, files, unpacked, label):
    """Errors of dciodvfy that the original does not have."""
    by_shape = {}
    for path in originals:
        item = read(path)
        by_shape.setdefault((item.get("SOPClassUID"), item.get("InstanceNumber"), item.get("Rows"),
                             item.get("SeriesNumber")), []).append(path)
    for name, item in files.items():
        same = by_shape.get((item.get("SOPClassUID"), item.get("InstanceNumber"), item.get("Rows"),
                             item.get("SeriesNumber")), [])
        if len(same) != 1:
            continue
        new = complaints(unpacked / name) - complaints(same[0])
        found["compared by dciodvfy"] += 1
        for line, count in new.items():
            found["new errors"] += count
            checks.that(f"{label} {name}: no new error", False, line)


def survivors(item):
    return {e.keyword for e in item if e.keyword and not e.tag.is_private and e.value not in ("", None, [])}


def compare_with_dicognito(originals, archive_files):
    """Which attributes stay here and there, where dicognito is installed; told, not judged."""
    if importlib.util.find_spec("dicognito") is None:
        return Counter(), Counter()
    from dicognito.anonymizer import Anonymizer

    ours, theirs = Counter(), Counter()
    for path in originals:
        item = read(path)
        try:
            Anonymizer(seed="check").anonymize(item)
        except Exception:  # noqa: BLE001 - it does not read every quirk
            continue
        theirs.update(survivors(item))
    for item in archive_files.values():
        ours.update(survivors(item))
    return ours, theirs


unpacked_sources = work / "sources"
unpacked_sources.mkdir(exist_ok=True)
for packed in [*(testdata / "eclipse-dvh").glob("*.dcm.gz"),
               *(testdata / "dicom-objects").rglob("*.dcm.gz")]:
    (unpacked_sources / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
imported = run("import", unpacked_sources, *[testdata / part for part in (
    "dicom-objects", "transfer-syntaxes", "quirks/files", "nm-planar")
    if (testdata / part).exists()], "--data", data)
checks.that("imported", imported.returncode == 0, imported.stderr[-300:])
with sqlite3.connect(data / "grevy.sqlite") as db:
    patients = [row[0] for row in db.execute("SELECT id FROM patient ORDER BY id")]
ours, theirs = Counter(), Counter()
for patient in patients:
    originals = objects_of(patient)
    told = run("export", f"patient-{patient}", "--out", work / "kept", "--data", data, "--signing-key", key)
    if told.returncode != 0:
        checks.that(f"patient {patient}: exported", not originals, told.stderr[-300:])
        continue
    if not (work / "public.pem").exists():
        made = subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout"], capture_output=True)
        (work / "public.pem").write_bytes(made.stdout)
    archive, manifest, _ = check_archive(work / "kept" / f"patient-{patient}.zip", f"kept-{patient}")
    digests = {hashlib.sha256(archive.read(n)).hexdigest() for n in archive.namelist()}
    same = sum(hashlib.sha256(path.read_bytes()).hexdigest() in digests for path in originals)
    found["files"] += len(originals)
    found["byte for byte"] += same
    for moved in (True, False):
        label = f"{'moved' if moved else 'dates'}-{patient}"
        result = check_removed(patient, originals, label, moved)
        if result is None:
            continue
        _, files, unpacked = result
        check_references(originals, files, label)
        if moved:
            check_validity(originals, files, unpacked, label)
            here, there = compare_with_dicognito(originals, files)
            ours.update(here)
            theirs.update(there)
            again = run("export", f"patient-{patient}", "--out", work / "again", "--data", data,
                        "--signing-key", key, "--deidentify")
            checks.that(f"{label}: exported again", again.returncode == 0)
            first = zipfile.ZipFile(work / label / f"patient-{patient}.zip")
            second = zipfile.ZipFile(work / "again" / f"patient-{patient}.zip")
            differing = {n for n in first.namelist() if first.read(n) != second.read(n)}
            checks.that(f"{label}: the same again but for the manifest",
                        differing <= {"manifest.json", "manifest.json.sig"}, str(sorted(differing)[:5]))
if theirs:
    found["only here"] = len(set(ours) - set(theirs))
    found["only dicognito"] = len(set(theirs) - set(ours))
    (work / "survivors.json").write_text(json.dumps(
        {"only here": sorted(set(ours) - set(theirs)),
         "only dicognito": sorted(set(theirs) - set(ours))}, indent=1))
checks.measured.update(found)
sys.exit(checks.end())
