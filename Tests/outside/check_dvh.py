"""Computes histograms from our RTDOSE and RTSTRUCT with dicompyler-core, beside our own figures.

Usage: check_dvh.py DEMO [GREVY_DVH_JSON]; DEMO is what `grevy demo --out DEMO` leaves, the second
what `grevy dvh --mode centre --json` says of the same two files. Runs in .venv-peers. Prints one
JSON object; exits 1 when a check fails.
"""
import json
import sys
from pathlib import Path

import numpy as np
import pydicom
from dicompylercore import dvhcalc

from objects import Checks

checks = Checks()
folder = Path(sys.argv[1]) / "plan"
plan = {s["name"]: s for s in json.loads((folder / "plan.json").read_text())["structures"]}
centre = {}
if len(sys.argv) > 2:
    centre = {s["name"]: s for s in json.loads(Path(sys.argv[2]).read_text())["structures"]}
structures = pydicom.dcmread(folder / "structures.dcm")
segments = pydicom.dcmread(folder / "segmentation.dcm")
dose = pydicom.dcmread(folder / "dose.dcm")
voxel_ml = float(
    np.prod([float(v) for v in dose.PixelSpacing]) * float(dose.GridFrameOffsetVector[1])) / 1000
values = dose.pixel_array * float(dose.DoseGridScaling)
# DVHs that are stored would be taken as they are instead of computed.
del dose.DVHSequence
del dose.ReferencedStructureSetSequence


def shares(name):
    """The share of each voxel in a structure, from the SEG; index k, j, i as the dose."""
    number = next(s.SegmentNumber for s in segments.SegmentSequence if s.SegmentLabel == name)
    mask = np.zeros(values.shape)
    for frame, group in zip(segments.pixel_array, segments.PerFrameFunctionalGroupsSequence):
        if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber != number:
            continue
        z = float(group.PlanePositionSequence[0].ImagePositionPatient[2])
        k = round((z - float(dose.ImagePositionPatient[2])) / float(dose.GridFrameOffsetVector[1]))
        mask[k] = frame / 255
    return mask


for roi in structures.StructureSetROISequence:
    name, number = str(roi.ROIName), int(roi.ROINumber)
    # Below 5 mL a structure has fewer than 200 voxels and its edge is most of it: centre
    # counting says nothing there. Doses of nothing but zeros have no histogram.
    if name not in plan or plan[name]["volumeML"] < 5 or plan[name]["voxelMeanDoseGy"] < 1:
        continue
    theirs = dvhcalc.get_dvh(structures, dose, number)
    if name in centre and plan[name]["volumeML"] > 50:
        # Both count voxels whose centre lies in the same contours: what is left is the bin of
        # 0.01 Gy and centres on an outline. 0.5 % of dose, 1.5 % of volume as promised.
        ours = centre[name]
        checks.near(f"centre counting: mean of {name}, share", theirs.mean / ours["meanDoseGy"],
                    1, 0.005)
        checks.near(f"centre counting: volume of {name}, share",
                    theirs.volume / ours["volumeML"], 1, 0.015)
    # The plan weights each voxel by its share w inside; dicompyler takes it whole or not at all.
    # Outlines run through the centres of voxels of one share, so the n voxels that dicompyler
    # counts, S, are those with the largest w, and its mean is theirs; ties at the outline, where w
    # is rounded to 1/255, may swap voxels.
    w = shares(name).ravel()
    mean = plan[name]["voxelMeanDoseGy"]
    grays = values.ravel()
    counted = np.zeros(w.shape)
    n = round(theirs.volume / voxel_ml)
    order = np.argsort(-w, kind="stable")
    counted[order[:n]] = 1
    outline = np.abs(w - w[order[n - 1]]) < 1.5 / 255
    swaps = np.ptp(grays[outline]) * outline.sum() / n
    checks.near(f"whole voxels: mean of {name}, Gy", theirs.mean,
                (counted * grays).sum() / n, 0.005 + swaps)
    # So it differs from the plan's by sum((1_S - w) (D - mean)) / n, which is at most:
    bound = (np.abs(counted - w) * np.abs(grays - mean)).sum() / n + 0.005
    checks.near(f"plan: mean of {name}, Gy", theirs.mean, mean, bound)
    checks.measured[f"plan: mean of {name}, Gy"]["mean"] = mean

checks.that("there were structures to compare", len(checks.measured) >= 8)
sys.exit(checks.end())
