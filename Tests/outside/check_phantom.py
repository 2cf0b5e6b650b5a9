"""Reads a synthetic patient with pydicom and numpy and compares it with its truth.json.

Usage: check_phantom.py DIR; prints one JSON object with what it measured; exits 1 when a check
fails. It shares no code with the program that wrote the files.
"""
import json
import math
import sys
from pathlib import Path

import numpy as np
import pydicom

folder = Path(sys.argv[1])
truth = json.loads((folder / "truth.json").read_text())
measured = {}
failures = []


def check(name, value, expected, tolerance):
    measured[name] = {"value": value, "expected": expected, "tolerance": tolerance}
    if not abs(value - expected) <= tolerance:
        failures.append(f"{name}: {value} instead of {expected} +- {tolerance}")


def series(name):
    files = [pydicom.dcmread(p) for p in sorted((folder / "dicom" / name).glob("*.dcm"))]
    return files


def volume(files):
    """Values, slice by slice, rescaled; index k, j, i."""
    return np.stack(
        [f.pixel_array * float(f.RescaleSlope) + float(f.RescaleIntercept) for f in files])


every = [f for d in (folder / "dicom").iterdir() for f in series(d.name)]
assert all(str(f.PatientName) == "SYNTHETIC^NOBODY" for f in every)
assert len({f.SOPInstanceUID for f in every}) == len(every), "instance UIDs repeat"
frames = {d: series(d)[0].get("FrameOfReferenceUID") for d in ("ct-diagnostic", "ct-spect", "ct-pet")}
assert len(set(frames.values())) == 3

# CT: spacing, and the CT number in the middle of the biggest tumour and of the right lung.
ct = series("ct-diagnostic")
hu = volume(ct)
origin = np.array([float(v) for v in ct[0].ImagePositionPatient])
rows, columns = (float(v) for v in ct[0].PixelSpacing)
step = float(ct[1].ImagePositionPatient[2]) - float(ct[0].ImagePositionPatient[2])


def mean_hu(centre, half):
    i, j, k = (np.array(centre) - origin) / [columns, rows, step]
    h = [int(half / s) for s in (columns, rows, step)]
    i, j, k = int(round(i)), int(round(j)), int(round(k))
    box = hu[k - h[2]:k + h[2] + 1, j - h[1]:j + h[1] + 1, i - h[0]:i + h[0] + 1]
    return float(box.mean()), 12 / math.sqrt(box.size)


biggest = max(truth["tumours"], key=lambda t: t["diameterMM"])
value, error = mean_hu(biggest["centreMM"], 10)
check("tumourHU", value, 40, 5 * error + 0.5)  # noise of the mean, rounding to whole HU
value, error = mean_hu([-78, 0, 60], 15)
check("lungHU", value, -730, 5 * error + 0.5)

# RTSTRUCT: contour area times spacing against closed-form volumes.
volumes = {s["name"]: s["volumeML"] for s in truth["structures"]}
structures = series("rtstruct")[0]
names = {int(r.ROINumber): r.ROIName for r in structures.StructureSetROISequence}
for roi in structures.ROIContourSequence:
    total = 0.0
    for contour in roi.ContourSequence:
        p = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
        x, y = p[:, 0], p[:, 1]
        total += abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    name = names[int(roi.ReferencedROINumber)]
    expected = volumes[name]
    diameter = 2 * (3 * expected * 1000 / (4 * math.pi)) ** (1 / 3)
    # Midpoint rule over slices: relative error of order (spacing/diameter)^2; 1 % for edges.
    check(f"rtstruct {name} mL", total * step / 1000, expected,
          expected * max(0.01, (step / diameter) ** 2))

# SEG: voxels that are at least half inside.
seg = series("seg")[0]
labels = {int(s.SegmentNumber): s.SegmentLabel for s in seg.SegmentSequence}
counts = {label: 0 for label in labels.values()}
for frame, group in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence):
    counts[labels[int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)]] += int(frame.sum())
for label, count in counts.items():
    expected = volumes[label]
    diameter = 2 * (3 * expected * 1000 / (4 * math.pi)) ** (1 / 3)
    # Slabs round a sphere off by (spacing/diameter)^2; all-or-nothing voxels add chance at the
    # surface (0.3 voxels each, three standard deviations).
    surface = math.pi * diameter ** 2 / (rows * columns) ** 0.5 / step
    voxel = rows * columns * step / 1000
    check(f"seg {label} mL", count * voxel, expected,
          expected * max(0.01, (step / diameter) ** 2) + 3 * 0.3 * math.sqrt(surface) * voxel)

# SPECT: total counts; blur tails beyond the grid are below 1e-4.
spect = series("nm-spect")[0]
work_up = truth["workUp"]
present = work_up["administeredMBq"] * 2 ** (-work_up["hoursAfterAdministration"] / work_up["halfLifeHours"])
expected = present * work_up["spectCountsPerMBq"]
total = float(spect.pixel_array.astype(float).sum())
if not work_up["spectCutsTheLungs"]:
    check("spectCounts", total, expected, 5 * math.sqrt(expected) + 1e-4 * expected)
detector = spect.DetectorInformationSequence[0]
assert [float(v) for v in detector.ImageOrientationPatient] == [1, 0, 0, 0, 1, 0]
assert float(spect.SpacingBetweenSlices) > 0

# Planar: geometric mean over the stated regions.
planar = series("nm-planar")[0].pixel_array.astype(float)


def geometric_mean(region):
    part = planar[:, region["rowLower"]:region["rowUpper"], region["columnLower"]:region["columnUpper"]]
    sums = part.sum(axis=(1, 2))
    return math.sqrt(sums[0] * sums[1]), sum(1 / s for s in sums) / 4


lung, lung_variance = geometric_mean(work_up["planar"]["lungRegion"])
liver, liver_variance = geometric_mean(work_up["planar"]["liverRegion"])
shunt = lung / (lung + liver)
noise = shunt * (1 - shunt) * math.sqrt(lung_variance + liver_variance)
check("planarShunt", shunt, work_up["planar"]["expectedGeometricMeanLungShuntFraction"], 5 * noise)

# PET: total activity; noise of the sum and quantisation only.
pet = series("pet")
values = volume(pet)
pet_voxel = float(pet[0].PixelSpacing[0]) * float(pet[0].PixelSpacing[1]) * (
    float(pet[1].ImagePositionPatient[2]) - float(pet[0].ImagePositionPatient[2])) / 1000
total = float(values.sum()) * pet_voxel / 1e6
expected = truth["treatment"]["petTotalActivityMBq"]
background = values[:3].std()
check("petTotalMBq", total, expected,
      5 * background * math.sqrt(values.size) * pet_voxel / 1e6 + 2e-3 * expected)
info = pet[0].RadiopharmaceuticalInformationSequence[0]
check("petHalfLifeHours", float(info.RadionuclideHalfLife) / 3600, 64.2, 1e-6)
assert pet[0].Units == "BQML" and pet[0].DecayCorrection == "START"
measured["petNegativeShare"] = {"value": float((values < 0).mean())}

print(json.dumps({"measured": measured, "failures": failures, "files": len(every)}))
sys.exit(1 if failures else 0)
