"""The synthetic patient with payloads wherever a DICOM file has words, and archives that mean harm."""
import subprocess
import zipfile

import pydicom

from grevy_server import PROGRAM, ROOT

# Each sets `window.hacked` or reads a file when something takes it for markup, a template, a formula, a
# header or an address. LO and PN have room for 64 characters.
PAYLOADS = [
    "<script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=1>',
    "' onfocus='window.hacked=1' autofocus='",
    "</title><svg onload=window.hacked=1>",
    "</textarea><iframe src=file:///etc/passwd>",
    "{{{page.csrf}}}{{>layout}}",
    "javascript:window.hacked=1",
    "=cmd|'/C calc'!A0", "@SUM(1+1)", "+1+1", "-1+1",
    "x%0d%0aSet-Cookie: hacked=1",
    "file:///etc/passwd", "../../etc/passwd",
]
# What a page must never hold as it is; the rest is harmless as text.
MARKUP = [p for p in PAYLOADS if "<" in p]
PATIENT = {
    "PatientName": 'Evil"><img src=x onerror=hacked=1>^<b>Mallory</b>', "PatientID": "<script>hacked=1</script>ID7",
    "PatientBirthDate": "19630504", "PatientSex": "O",
}
# Words of that patient which no log, metric or job's file may hold.
SECRETS = ["mallory", "id7", "19630504", "1963-05-04"]
# ROI names that plans refer to.
STRUCTURES = ["Liver", "Lungs", "Tumour 4", "Territory right"]


def evil(name):
    """An ROI's name with markup at its end."""
    return f"{name} <img src=x onerror=hacked=1>"


def patient(folder):
    """Writes the half-size patient under PATIENT's names. Returns the files."""
    made = folder / "phantom"
    subprocess.run([PROGRAM, "phantom", made, "--half-size", "--seed", "9"], cwd=ROOT, capture_output=True, check=True)
    files, seen = [], {}
    for number, path in enumerate(sorted((made / "dicom").rglob("*.dcm"))):
        image = pydicom.dcmread(path)
        series = seen.setdefault(image.SeriesInstanceUID, len(seen))
        for key, value in PATIENT.items():
            setattr(image, key, value)
        image.StudyDescription = PAYLOADS[series % len(PAYLOADS)]
        image.SeriesDescription = PAYLOADS[(series + 3) % len(PAYLOADS)]
        image.ReferringPhysicianName = PAYLOADS[0]
        if "StructureSetROISequence" in image:
            image.StructureSetLabel = PAYLOADS[7]
            for n, roi in enumerate(image.StructureSetROISequence):
                roi.ROIName = evil(roi.ROIName) if roi.ROIName in STRUCTURES else PAYLOADS[n % len(PAYLOADS)]
        for n, segment in enumerate(image.get("SegmentSequence", [])):
            segment.SegmentLabel = PAYLOADS[n % len(PAYLOADS)]
        target = folder / "evil" / f"{number}.dcm"
        target.parent.mkdir(exist_ok=True)
        image.save_as(target)
        files.append(target)
    return files


def archives(folder, files):
    """ZIPs by name: an honest one whose files have payloads for names, ways out, and bombs."""
    made = {name: folder / f"{name}.zip" for name in ("named", "out", "bomb", "many")}
    with zipfile.ZipFile(made["named"], "w", zipfile.ZIP_DEFLATED) as target:
        for n, file in enumerate(files):
            target.write(file, f"{PAYLOADS[n % len(PAYLOADS)].replace('/', '_')}/{n}.dcm")
    with zipfile.ZipFile(made["out"], "w", zipfile.ZIP_DEFLATED) as target:
        for name in ("../../../../../../../../tmp/grevy-hostile-out", "/tmp/grevy-hostile-out", "a/../../grevy-hostile-out"):
            target.write(files[0], name)
    with zipfile.ZipFile(made["bomb"], "w", zipfile.ZIP_DEFLATED) as target:
        with target.open("zeros.dcm", "w", force_zip64=True) as out:
            for _ in range(1024):
                out.write(bytes(1 << 20))
    with zipfile.ZipFile(made["many"], "w", zipfile.ZIP_STORED) as target:
        for n in range(20_001):
            target.writestr(f"{n}", b"")
    return made
