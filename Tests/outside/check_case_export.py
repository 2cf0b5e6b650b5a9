"""Takes every case of public test files out with `grevy export`, and looks at the archives with zipfile,
pydicom, DCMTK and dicom3tools; compares what survives de-identification with dicognito.

Usage: check_case_export.py WORK GREVY TESTDATA. Prints one JSON object with what it counted; exits 1 when
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
from datetime import date
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.fileset import FileSet

from export_secrets import read, search, secrets, stands
from objects import Checks

warnings.simplefilter("ignore")
work, grevy, testdata = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
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


# That many cases have comments, and minutes too, whose printing takes seconds.
COMMENTED, MEETINGS = 6, 2
WRITER, ROUND = "Quillfeather", "Wednesday round"


def add_words(patients):
    """Comments on cases and a meeting with some of them, as the server would have kept them; who writes and what is
    asked name the patient."""
    with sqlite3.connect(data / "grevy.sqlite") as db:
        at = "2026-11-22T10:00:00.000Z"
        db.execute("INSERT INTO organisation (id, name, createdAt) VALUES (7, 'Quillhospital', ?)", (at,))
        db.execute("""INSERT INTO account (id, login, fullName, organisation, role, createdAt)
                      VALUES (7, 'quill', ?, 7, 'radiologist', ?)""", (WRITER, at))
        db.execute("""INSERT INTO meeting (id, organisation, day, title, chair, account, createdAt)
                      VALUES (7, 7, '2026-11-25', ?, 7, 7, ?)""", (ROUND, at))
        for n, patient in enumerate(patients[:COMMENTED]):
            name, = db.execute("SELECT name FROM patient WHERE id = ?", (patient,)).fetchone()
            series, = db.execute("""SELECT min(series.id) FROM series JOIN study ON study.id = series.study
                                    WHERE patient = ?""", (patient,)).fetchone()
            db.execute("INSERT INTO ownership (patient, organisation) VALUES (?, 7)", (patient,))
            db.execute("""INSERT INTO comment (patient, kind, text, isInternal, series, x, y, z, account, createdAt)
                          VALUES (?, 'comment', ?, 1, ?, 1.5, -20.25, 300, 7, ?)""",
                       (patient, f"Liver lesion of {name} ({WRITER})", series, at))
            if n < MEETINGS:
                db.execute("""INSERT INTO agendaItem (meeting, patient, question, referral, account, createdAt)
                              VALUES (7, ?, ?, '', 7, ?)""", (patient, f"Liver lesion of {name}", at))
    return {patient: n < MEETINGS for n, patient in enumerate(patients[:COMMENTED])}


def check_words(archive, files, label, has_minutes, words):
    """Comments with their places, and minutes; with `words` none of these is in them."""
    comment, = json.loads(archive.read("comments.json"))["comments"]
    kept = words is None
    checks.that(f"{label}: the comment's text", comment["text"].startswith("Liver lesion"), comment["text"])
    checks.that(f"{label}: who wrote it is said only with the identity",
                comment.get("writtenBy") == (WRITER if kept else None))
    checks.that(f"{label}: the place is there", comment["place"]["pointMM"] == [1.5, -20.25, 300])
    known = {item.get("SeriesInstanceUID") for item in files.values()}
    found["places on series that came along"] += comment["place"]["seriesUID"] in known
    path = "meetings/meeting-7/minutes.pdf"
    checks.that(f"{label}: minutes where there was a meeting", (path in archive.namelist()) == has_minutes)
    texts = [comment["text"]]
    if has_minutes:
        pdf = work / "minutes.pdf"
        pdf.write_bytes(archive.read(path))
        told = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
        checks.that(f"{label}: the question is in the minutes", "Liver lesion" in told)
        checks.that(f"{label}: who chaired is said only with the identity", (WRITER in told) == kept)
        texts.append(told)
        found["minutes"] += 1
    if words is not None:
        needles = {word.lower().encode() for word in words | {WRITER, "Quillhospital", "Wednesday"}}
        hits = [needle for text in texts for needle in needles if stands(needle, text.lower().encode())]
        checks.that(f"{label}: comments and minutes name nobody", not hits, str(sorted(map(len, hits))))


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
        dates = {record.get("StudyDate") for record in directory.DirectoryRecordSequence
                 if record.DirectoryRecordType == "STUDY"}
        checks.that(f"{label}: no study has the day of writing", f"{date.today():%Y%m%d}" not in dates)
        found["undated studies"] += "19000101" in dates
        dump = subprocess.run(["dcmdump", str(unpacked / "DICOMDIR")], capture_output=True)
        checks.that(f"{label}: dcmdump reads the DICOMDIR", dump.returncode == 0)
    verified = run("verify", unpacked / "manifest.json", "--key", work / "public.pem")
    checks.that(f"{label}: signature", verified.returncode == 0, verified.stdout + verified.stderr)
    return archive, manifest, unpacked


def complaints(path):
    """What dciodvfy calls errors, without values and identifiers, whose shapes differ."""
    told = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, errors="replace")
    lines = (told.stdout + told.stderr).split("\n")
    return Counter(re.sub(r"<[^>]*>|'[^']*'|=.*|[\d.]+", "", line) for line in lines
                   if line.startswith("Error"))


def may_be_withheld(path):
    """Whether an object is of those that are not taken out without identity: makers' own kinds, documents,
    raw data, and what may show writing in its pixels."""
    item = read(path)
    kind = item.get("SOPClassUID", "")
    storage = "1.2.840.10008.5.1.4.1.1."
    pictures = ("6.", "7", "77.1.", "3.1")
    unclean = not kind.startswith(storage) or kind.startswith((f"{storage}104.", f"{storage}66"))
    said = item.get("BurnedInAnnotation")
    drawn = kind.startswith(tuple(storage + part for part in pictures)) or item.get("Modality") in (
        "US", "IVUS", "SC", "OT", "XC", "ES", "GM", "SM", "OP", "DOC")
    drawn = drawn or any("SCREEN" in part for part in item.get("ImageType") or ())
    return unclean or said == "YES" or drawn and said != "NO"


def check_removed(patient, originals, label, moved):
    options = ["--deidentify", "--dates", "moved" if moved else "kept"]
    told = run("export", f"patient-{patient}", "--out", work / label, "--data", data, "--signing-key", key,
               *options)
    nothing = told.stderr.strip().endswith("There is nothing in this case to take out.")
    if told.returncode != 0 and nothing:
        found["cases refused"] += 1
        checks.that(f"{label}: rightly refused", all(map(may_be_withheld, originals)))
        return
    checks.that(f"{label}: exported", told.returncode == 0, told.stderr[-300:])
    if told.returncode != 0:
        return
    archive, manifest, unpacked = check_archive(work / label / f"patient-{patient}.zip", label)
    words, uids, dates = set(), set(), set()
    for path in originals:
        for known, new in zip((words, uids, dates), secrets(path)):
            known |= new
    hits = search(archive, words, uids | (dates if moved else set()))
    checks.that(f"{label}: no name, identifier, date or UID of the originals", not hits,
                str(sorted((len(n), name) for n, name in hits)[:5]))
    found["needles"] += len(words | uids | dates)
    files = dicom_files(archive)
    if patient in minutes:
        check_words(archive, files, label, minutes[patient], words)
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
        # Of an unknown body part dciodvfy wants the side; which one it is stands in the patient's name.
        if item.get("BodyPartExamined") == "REMOVED":
            found["sides missed"] += sum(
                new.pop(line) for line in list(new) if "Missing attribute Type C Cond" in line)
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
minutes = add_words(patients)
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
    if patient in minutes:
        check_words(archive, dicom_files(archive), f"kept-{patient}", minutes[patient], None)
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
else:
    found["dicognito"] = "SKIPPED: not installed here"
checks.measured.update(found)
sys.exit(checks.end())
