"""Reads what a plan and a delivered check wrote, with pydicom, nibabel, dciodvfy and poppler.

Usage: check_export.py DEMO; DEMO is what `grevy demo --out DEMO` leaves. Prints one JSON object
with what it measured; exits 1 when a check fails. None of Grevy's code takes part.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np
import pydicom

from objects import Checks, contour_volume_ml, meta_image, numbers, stored_object

NOTICE = "Not a medical device"
checks = Checks()
demo = Path(sys.argv[1])
plan_folder, delivered_folder = demo / "plan", demo / "delivered"
plan = json.loads((plan_folder / "plan.json").read_text())
delivered = json.loads((delivered_folder / "delivered.json").read_text())
images = {}
for file in (demo / "patient/dicom").rglob("*.dcm"):
    header = pydicom.dcmread(file, stop_before_pixels=True)
    images[header.SOPInstanceUID] = header


# Validity

# dicom3tools of Debian 12 ends by this assertion on every object with 32 bits in OW, which
# PS3.5 section 8.1.1 and annex A allow and every RT Dose of the common planning systems has;
# pydicom's own sample rtdose.dcm ends it too. So a copy with 16 bits is checked: the same
# elements, but Bits Allocated, Bits Stored, High Bit and Pixel Data.
# Private coding schemes begin with 99 (PS3.16 section 8.2); dciodvfy knows the published ones alone.
EXCUSED = ("Unrecognized defined term <99GREVY>",)
# What of a study only images say: whose weight and size they were taken with.
OF_IMAGES = ("Element=<PatientWeight>", "Element=<PatientSize>")
# It counts a report's accession number to the study, a segmentation's to the series.
OF_ITSELF = ("Different information entities for attribute - Element=<AccessionNumber>",)


def dciodvfy(path):
    run = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True)
    return run.returncode, (run.stdout + run.stderr).strip().split("\n")


def coarse(path, folder):
    """The object, or a copy of it with 16 bits where it has 32."""
    data = pydicom.dcmread(path)
    if data.get("BitsAllocated") != 32:
        return path
    data.PixelData = (data.pixel_array >> 16).astype("<u2").tobytes()
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit = 15
    data.save_as(Path(folder) / path.name)
    return Path(folder) / path.name


def check_entities(paths):
    """What all objects of a patient, study, series or frame of reference have to say alike."""
    with tempfile.TemporaryDirectory() as scratch:
        told = subprocess.run(["dcentvfy", *[coarse(path, scratch) for path in paths]],
                              capture_output=True, text=True, check=False)
    checks.that("dcentvfy ends by itself", told.returncode >= 0)
    lines = [line for line in (told.stdout + told.stderr).splitlines()
             if line.strip() and not any(part in line for part in OF_IMAGES + OF_ITSELF)]
    checks.that("dcentvfy finds objects and images of one mind", not lines, str(lines[:5]))


def check_valid(path):
    with tempfile.TemporaryDirectory() as scratch:
        code, lines = dciodvfy(coarse(path, scratch))
    checks.that(f"{path.name}: dciodvfy ends by itself", code >= 0, str(lines[-1:]))
    names = [line for line in lines if line and " - " not in line]
    checks.that(f"{path.name}: dciodvfy knows the kind", len(names) == 1, str(lines))
    for line in lines:
        told = line.startswith(("Error", "Abort")) or (
            line.startswith("Warning") and not any(part in line for part in EXCUSED))
        checks.that(f"{path.name}: no complaint of dciodvfy", not told, line)


files = sorted(plan_folder.glob("*.dcm")) + sorted(delivered_folder.glob("*.dcm"))
names = {file.name for file in files}
expected_names = {
    "dose.dcm", "structures.dcm", "segmentation.dcm", "measurements.dcm", "report.dcm",
    "delivered-dose.dcm", "delivered-dose-absolute.dcm"}
checks.that("every object is there", names == expected_names, str(sorted(names)))
for file in files:
    check_valid(file)
check_entities([*files, *sorted((demo / "patient/dicom").rglob("*.dcm"))])
objects = {file.name: pydicom.dcmread(file) for file in files}
uids = [o.SOPInstanceUID for o in objects.values()]
checks.that("instance UIDs differ", len(set(uids)) == len(uids))
checks.that("series UIDs differ", len({o.SeriesInstanceUID for o in objects.values()}) == len(uids))
planning = next(
    h for h in images.values() if h.SeriesDescription == "CT portal venous, simulated")
for name, o in objects.items():
    checks.that(f"{name}: same patient and study", all(
        o[key].value == planning[key].value
        for key in ("PatientName", "PatientID", "PatientBirthDate", "StudyInstanceUID")))
    if name not in ("report.dcm", "measurements.dcm"):
        checks.that(
            f"{name}: frame of reference", o.FrameOfReferenceUID == planning.FrameOfReferenceUID)


def referenced(data):
    """Every (class, instance) that a data set refers to."""
    for element in data.iterall():
        if element.keyword == "ReferencedSOPInstanceUID":
            yield element.value


known = set(images) | set(uids)
stand_ins = {
    o.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID
    for o in objects.values() if "ReferencedRTPlanSequence" in o}
checks.that("all doses name one plan", len(stand_ins) == 1)
for name, o in objects.items():
    dangling = set(referenced(o)) - known - stand_ins - {planning.StudyInstanceUID}
    checks.that(f"{name}: what it refers to is there", not dangling, f"({len(dangling)} are not)")


# Doses

def check_dose(name, digest):
    o = objects[name]
    kept, header = meta_image(stored_object(demo / "data", digest))
    scale = float(o.DoseGridScaling)
    checks.that(f"{name}: in Gy", o.DoseUnits == "GY" and o.DoseType == "PHYSICAL")
    # Negative doses (noise of a PET) cannot be stored and become 0.
    values = o.pixel_array.astype(float) * scale
    checks.that(f"{name}: holds dose", kept.max() > 10)
    checks.near(f"{name}: Gy, in steps of the grid scaling",
                values / scale, np.maximum(kept.astype(float), 0) / scale, 0.5 + 1e-6)
    checks.that(f"{name}: step below 1e-6 of the maximum", scale < 1e-6 * kept.max())
    # Decimal strings hold 16 characters; coordinates below 1000 mm keep 11 decimals and more.
    checks.near(f"{name}: position mm", o.ImagePositionPatient, numbers(header["Offset"]), 1e-9)
    x, y, z = numbers(header["ElementSpacing"])
    checks.near(f"{name}: spacing mm", o.PixelSpacing, [y, x], 1e-9)
    checks.near(f"{name}: frame offsets mm", o.GridFrameOffsetVector,
                np.arange(kept.shape[0]) * z, 1e-9)
    checks.near(f"{name}: orientation", o.ImageOrientationPatient,
                numbers(header["TransformMatrix"])[:6], 1e-12)
    return values, kept


digests = {
    "dose.dcm": plan["dosePerVoxelDigest"], "delivered-dose.dcm": delivered["relativeDoseDigest"],
    "delivered-dose-absolute.dcm": delivered["absoluteDoseDigest"]}
doses, kept_doses = {}, {}
for file, digest in digests.items():
    doses[file], kept_doses[file] = check_dose(file, digest)
dose, kept_dose = doses["dose.dcm"], kept_doses["dose.dcm"]
grid = plan["doseGrid"]
voxel_ml = float(np.prod(grid["spacingMM"])) / 1000
diagonal = np.diag(grid["spacingMM"])

nifti = nibabel.load(plan_folder / "dose.nii.gz")
affine = np.eye(4)
affine[:3, :3] = np.diag([-1, -1, 1]) @ diagonal  # LPS to RAS
affine[:3, 3] = np.array([-1, -1, 1]) * grid["originMM"]
# The sform is in 32-bit floats: 2^-24 of some hundred millimetres.
checks.near("NIfTI: affine mm", nifti.affine, affine, 1e-4)
checks.that("NIfTI: millimetres", nifti.header.get_xyzt_units()[0] == "mm")
stored = np.asanyarray(nifti.dataobj)
checks.that("NIfTI: the very values",
            np.array_equal(stored.transpose(2, 1, 0).astype("<f4"), kept_dose))


# Structures: contours, masks, and what doses they give

structures = objects["structures.dcm"]
by_name = {s["name"]: s for s in plan["structures"]}
roi_names = {int(r.ROINumber): str(r.ROIName) for r in structures.StructureSetROISequence}
checks.that("every structure is in RTSTRUCT", set(by_name) <= set(roi_names.values()))
for roi in structures.StructureSetROISequence:
    said = "no lung-shunt dose" in roi.get("ROIDescription", "")
    checks.that(f"RTSTRUCT: {roi.ROIName} says whether the shunt's dose is missing", said == (roi.ROIName == "Lungs"))
contoured = {}
for roi in structures.ROIContourSequence:
    name = roi_names[int(roi.ReferencedROINumber)]
    contoured[name] = contour_volume_ml(roi, grid["spacingMM"][2])

seg = objects["segmentation.dcm"]
labels = {int(s.SegmentNumber): str(s.SegmentLabel) for s in seg.SegmentSequence}
checks.that("SEG and RTSTRUCT name the same", labels == roi_names)
checks.that("SEG: occupancy", seg.SegmentationType == "FRACTIONAL"
            and seg.SegmentationFractionalType == "OCCUPANCY")
shared = seg.SharedFunctionalGroupsSequence[0]
checks.near("SEG: spacing mm", shared.PixelMeasuresSequence[0].PixelSpacing,
            [grid["spacingMM"][1], grid["spacingMM"][0]], 1e-9)
masks = {name: np.zeros(dose.shape) for name in labels.values()}
slices = []
for frame, group in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence):
    position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
    k = (position[2] - grid["originMM"][2]) / grid["spacingMM"][2]
    slices.append([*(position[:2] - grid["originMM"][:2]), k - round(k)])
    name = labels[int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)]
    masks[name][round(k)] = frame / float(seg.MaximumFractionalValue)
checks.near("SEG: frames lie on slices of the dose grid", slices, np.zeros((len(slices), 3)), 1e-9)

for name, expected in by_name.items():
    mask = masks[name]
    partial = np.count_nonzero((mask > 0) & (mask < 1))
    half_step = 0.5 / float(seg.MaximumFractionalValue)
    # Shares are rounded to 1/255: at worst half a step in every partial voxel, and in as many
    # whole or empty ones that were rounded to 1 or 0.
    bound = half_step * 2 * partial * voxel_ml
    checks.near(f"SEG: volume of {name}, mL", mask.sum() * voxel_ml, expected["volumeML"], bound)
    mean = (mask * dose).sum() / mask.sum()
    # The rounding moves the mean by at most that share of the largest distance from the mean.
    near = (mask > 0)
    reach = np.abs(dose[near] - mean).max()
    checks.near(f"SEG x RTDOSE: mean of {name}, Gy", mean, expected["voxelMeanDoseGy"],
                bound / (mask.sum() * voxel_ml) * reach + 1e-3 * 1e-3)
    # Contours are drawn at the coverage that gives the region's volume within 0.2 %; what the
    # coordinates' rounding to 0.1 um adds is far below the rest.
    checks.near(f"RTSTRUCT: volume of {name}, share", contoured[name] / expected["volumeML"], 1,
                0.0025)

numbers_by_name = {name: number for number, name in roi_names.items()}
for file, values in doses.items():
    histograms = {
        int(h.DVHReferencedROISequence[0].ReferencedROINumber): h
        for h in objects[file].DVHSequence}
    # The lungs get the shunt's dose, which is in no voxel; only the image shows what is there.
    shows_lungs = file == "delivered-dose-absolute.dcm"
    checks.that(f"{file}: a histogram of every structure, of the lungs where their dose is",
                set(histograms) == {n for n, name in roi_names.items() if shows_lungs or name != "Lungs"})
    said = f"{objects[file].SeriesDescription}; {objects[file].DoseComment}"
    checks.that(f"{file}: says whether the lung shunt is in it",
                ("without lung shunt; No lung-shunt dose; " in said) != shows_lungs)
    checks.that(f"{file}: the comment ends with its words", len(objects[file].DoseComment) < 64)
    for name in by_name:
        if numbers_by_name[name] not in histograms:
            continue
        h = histograms[numbers_by_name[name]]
        widths = np.array(h.DVHData[0::2], float) * float(h.DVHDoseScaling)
        volumes = np.array(h.DVHData[1::2], float)
        lower = np.cumsum(widths) - widths
        mask = masks[name]
        ours = np.array([mask[values >= dose_gy].sum() for dose_gy in lower[::25]]) * voxel_ml
        # Shares of 1/255 as above; a voxel may change sides where its dose is that of the bin.
        checks.near(f"{file}: histogram of {name}, mL", volumes[::25], ours,
                    np.count_nonzero(mask) * 0.5 / 255 * voxel_ml + 2 * voxel_ml)
        # Within a bin the dose may lie anywhere: half a bin either way, where all of it is 0.
        checks.near(f"{file}: area under the histogram of {name}, Gy",
                    (widths * volumes).sum() / volumes[0] - widths[0] / 2,
                    (mask * values).sum() / mask.sum(), 0.51 * widths[0])
        # Stated statistics are those of the map itself, negative doses included.
        reach = np.ptp(kept_doses[file][mask > 0])
        checks.near(f"{file}: stated mean of {name}, Gy", float(h.DVHMeanDose),
                    (mask * kept_doses[file]).sum() / mask.sum(),
                    np.count_nonzero((mask > 0) & (mask < 1)) / 255 / mask.sum() * reach + 1e-4)


# The numbers as a Measurement Report

def code(item, keyword):
    return item[keyword][0].CodeValue if keyword in item else None


def numbers_of(group):
    """Value, unit and the ends of the 95 % interval of each number of a group, by concept, derivation and method."""
    found = {}
    for item in group.ContentSequence:
        if item.ValueType != "NUM":
            continue
        inner = {code(part, "ConceptNameCodeSequence"): part for part in item.get("ContentSequence", [])}
        modifiers = [code(inner[name], "ConceptCodeSequence") if name in inner else None
                     for name in ("121401", "370129005")]
        measured = item.MeasuredValueSequence[0]
        value = float(measured.FloatingPointValue)
        ends = [value + sign * float(inner[name].MeasuredValueSequence[0].FloatingPointValue)
                for sign, name in ((-1, "371885007"), (1, "371886008")) if name in inner]
        unit = code(measured, "MeasurementUnitsCodeSequence")
        found[(code(item, "ConceptNameCodeSequence"), *modifiers)] = (value, unit, ends)
    return found


report = objects["measurements.dcm"]
parts = {code(item, "ConceptNameCodeSequence"): item for item in report.ContentSequence}
groups = {}
for group in parts["126010"].ContentSequence:
    if group.ValueType == "CONTAINER":
        texts = {code(item, "ConceptNameCodeSequence"): item for item in group.ContentSequence}
        number = int(texts["121191"].ReferencedSOPSequence[0].ReferencedSegmentNumber)
        groups[texts["112039"].TextValue, number] = numbers_of(group)
checks.that("SR: a group of every region, by the number of its segment",
            set(groups) == {(name, number) for number, name in roi_names.items()}, str(sorted(groups)))
checks.that("SR: the nuclide", any(
    code(item, "ConceptCodeSequence") == "14691008" for item in parts["C0034375"].ContentSequence))
evidence = set(referenced(report))
checks.that("SR: names dose, structures, segmentation and the planning CT",
            {objects[name].SOPInstanceUID for name in ("dose.dcm", "structures.dcm", "segmentation.dcm")}
            | {planning.SOPInstanceUID} <= evidence)
DOSE, MEAN = "128513", "373098007"
named = {name: numbers for (name, _), numbers in groups.items()}
for name, expected in by_name.items():
    numbers, known = named.get(name, {}), expected.get("uncertainty")
    mean = (DOSE, MEAN, "voxel")
    wanted = {
        ("118565006", None, None): (expected["volumeML"], "cm3", None),
        ("118538004", None, None): (expected["massG"], "g", None),
        mean: (expected["meanDoseGy"], "Gy", known and [known["lowerGy"], known["upperGy"]])}
    for point, derivation in [("d98Gy", "D98"), ("d95Gy", "D95"), ("d70Gy", "D70"), ("d50Gy", "373099004"),
                              ("d2Gy", "D2")]:
        if expected.get(point) is not None:
            # A dose of nothing has no interval.
            ends = known and expected[point] > 0 and [
                expected[point] * known[end] for end in ("lowerFactor", "upperFactor")]
            wanted[DOSE, derivation, None] = (expected[point], "Gy", ends)
    if expected.get("bedGy") is not None:
        ends = known and "bedLowerGy" in known and [known["bedLowerGy"], known["bedUpperGy"]]
        wanted["bed", None, None] = (expected["bedGy"], "Gy", ends)
    if expected.get("statisticalSigmaGy") is not None:
        wanted[DOSE, "statistic-sigma", None] = (expected["statisticalSigmaGy"], "Gy", None)
    for territory in plan["territories"]:
        if territory["name"] == name and expected["role"] == "territory":
            wanted["planned-injected", None, None] = (territory["injectedActivityGBq"], "GBq", None)
            wanted["planned-vial", None, None] = (territory["vialActivityGBq"], "GBq", None)
            wanted["lung-shunt", None, None] = (100 * territory["lungShuntFraction"], "%", None)
    checks.that(f"SR: what it says of {name}", set(numbers) == set(wanted), str(set(numbers) ^ set(wanted)))
    for key in set(numbers) & set(wanted):
        value, unit, ends = wanted[key]
        checks.that(f"SR: unit of {key} of {name}", numbers[key][1] == unit, numbers[key][1])
        checks.near(f"SR: {key} of {name}", numbers[key][0], value, 1e-9 * abs(value))
        checks.that(f"SR: interval of {key} of {name}", len(numbers[key][2]) == (2 if ends else 0))
        if ends and len(numbers[key][2]) == 2:
            checks.near(f"SR: interval of {key} of {name}", numbers[key][2], ends, 1e-9 * max(map(abs, ends)))
lungs = named.get("Lungs", {}).get((DOSE, MEAN, "shunt-over-mass"), (0, "", []))
checks.near("SR: dose of the lungs, Gy", lungs[0], plan["lungDoseGy"], 1e-9 * plan["lungDoseGy"])


# Reports

def check_report(stem, folder, activity):
    pdf = folder / f"{stem}.pdf"
    text = subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    pages = [page for page in text.split("\f") if page.strip()]
    told = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    checks.that(f"{stem}.pdf: pages", f"Pages:{len(pages):>17}" in told or len(pages) > 1)
    for number, page in enumerate(pages, 1):
        checks.that(f"{stem}.pdf: notice on page {number}", NOTICE in page)
        checks.that(f"{stem}.pdf: patient on page {number}", planning.PatientID in page)
    checks.that(f"{stem}.pdf: activity", f"{activity:.3f}" in text, f"{activity:.3f} GBq")
    html = (folder / f"{stem}.html").read_text()
    checks.that(f"{stem}.html: notice and activity",
                NOTICE in html and f"{activity:.3f}" in html)
    return text


check_report("report", plan_folder, plan["totalInjectedActivityGBq"])
check_report("delivered", delivered_folder, delivered["injectedActivityGBq"])
pdf = (plan_folder / "report.pdf").read_bytes()
document = objects["report.dcm"]
checks.that("report.dcm: the very PDF",
            bytes(document.EncapsulatedDocument)[:document.EncapsulatedDocumentLength] == pdf)

sys.exit(checks.end())
