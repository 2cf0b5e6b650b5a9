"""Contours on an oblique CT, there and back, against a ball's formula and pydicom, NumPy and SciPy.

Usage: check_oblique.py FOLDER PROGRAM. Makes a CT whose rows, columns and slices are turned about two axes, an
RTSTRUCT of a ball whose circles lie in its slices, and one whose circles are axial. The first must come in and go
out again with the ball's volume at the ball's place; the second must be refused with its angle. Prints one JSON
object; exits 1 when a check fails.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid
from scipy.spatial.transform import Rotation

from objects import Checks

SHAPE, SPACING = (96, 90, 60), np.array([1.0, 1.2, 2.0])
TURN = Rotation.from_euler("xz", [20, 10], degrees=True).as_matrix()
ORIGIN = np.array([-30.0, -60.0, 15.0])
RADIUS = 25.0
CENTRE = ORIGIN + TURN @ (SPACING * (np.array(SHAPE) - 1) / 2 + [0.3, -0.4, 0.7])
STUDY, FRAME, CT_SERIES = generate_uid(), generate_uid(), generate_uid()


def header(sop_class, modality, series, number):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    item = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    item.SOPClassUID, item.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    item.PatientName, item.PatientID, item.PatientBirthDate, item.PatientSex = "Oblique^Ball", "OB1", "19500101", "O"
    item.StudyInstanceUID, item.SeriesInstanceUID, item.FrameOfReferenceUID = STUDY, series, FRAME
    item.StudyDate, item.StudyTime, item.StudyID, item.AccessionNumber = "20260101", "120000", "1", ""
    item.Modality, item.SeriesNumber, item.Manufacturer, item.ReferringPhysicianName = modality, number, "test", ""
    return item


def write_ct(folder):
    folder.mkdir(parents=True)
    uids = []
    for k in range(SHAPE[2]):
        item = header(CTImageStorage, "CT", CT_SERIES, 1)
        item.SeriesDescription, item.InstanceNumber, item.ImageType = "oblique", k + 1, ["ORIGINAL", "PRIMARY", "AXIAL"]
        item.ImagePositionPatient = [round(float(v), 6) for v in ORIGIN + TURN[:, 2] * SPACING[2] * k]
        item.ImageOrientationPatient = [round(float(v), 9) for v in [*TURN[:, 0], *TURN[:, 1]]]
        item.PixelSpacing, item.SliceThickness = [SPACING[1], SPACING[0]], SPACING[2]
        item.Columns, item.Rows, item.SamplesPerPixel, item.PhotometricInterpretation = SHAPE[0], SHAPE[1], 1, "MONOCHROME2"
        item.BitsAllocated, item.BitsStored, item.HighBit, item.PixelRepresentation = 16, 16, 15, 1
        item.RescaleSlope, item.RescaleIntercept, item.RescaleType, item.KVP = 1, 0, "HU", "120"
        item.PixelData = np.full((SHAPE[1], SHAPE[0]), 40, "<i2").tobytes()
        item.save_as(folder / f"{k}.dcm", enforce_file_format=True)
        uids.append(item.SOPInstanceUID)
    return uids


def circles(normal, along, across, images):
    """The ball's circles in planes 2 mm apart that go through the CT's slices when the normal is theirs."""
    sequence = []
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    for k in range(SHAPE[2]):
        height = float(normal @ (ORIGIN + TURN[:, 2] * SPACING[2] * k - CENTRE))
        if abs(height) >= RADIUS:
            continue
        # A polygon with the circle's area.
        radius = np.sqrt((RADIUS**2 - height**2) * 2 * np.pi / (180 * np.sin(2 * np.pi / 180)))
        points = CENTRE + height * normal + radius * (
            np.cos(angles)[:, None] * along + np.sin(angles)[:, None] * across)
        item = Dataset()
        item.ContourGeometricType, item.NumberOfContourPoints = "CLOSED_PLANAR", len(points)
        item.ContourData = [f"{v:.4f}" for v in points.ravel()]
        image = Dataset()
        image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = CTImageStorage, images[k]
        item.ContourImageSequence = [image]
        sequence.append(item)
    return sequence


def write_structures(path, name, number, contours, images):
    item = header(RTStructureSetStorage, "RTSTRUCT", generate_uid(), number)
    item.SeriesDescription = item.StructureSetLabel = name
    item.StructureSetDate, item.StructureSetTime, item.InstanceNumber = "20260101", "120000", 1
    study, series, frame, roi, part, seen = (Dataset() for _ in range(6))
    series.SeriesInstanceUID = CT_SERIES
    series.ContourImageSequence = []
    for uid in images:
        image = Dataset()
        image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = CTImageStorage, uid
        series.ContourImageSequence.append(image)
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", STUDY
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID, frame.RTReferencedStudySequence = FRAME, [study]
    item.ReferencedFrameOfReferenceSequence = [frame]
    roi.ROINumber, roi.ReferencedFrameOfReferenceUID, roi.ROIName = 1, FRAME, name
    roi.ROIGenerationAlgorithm = "MANUAL"
    part.ReferencedROINumber, part.ContourSequence = 1, contours
    seen.ObservationNumber, seen.ReferencedROINumber, seen.RTROIInterpretedType, seen.ROIInterpreter = 1, 1, "", ""
    item.StructureSetROISequence, item.ROIContourSequence, item.RTROIObservationsSequence = [roi], [part], [seen]
    item.save_as(path, enforce_file_format=True)


def is_inside(points):
    return np.linalg.norm(points - CENTRE, axis=-1) <= RADIUS


def check_mask(checks, path):
    """The mask's volume and place; what both say of each voxel's centre."""
    image = nibabel.load(path)
    shares = np.asarray(image.dataobj, float) / 255
    index = np.stack(np.meshgrid(*map(np.arange, shares.shape), indexing="ij"), -1)
    ras = nibabel.affines.apply_affine(image.affine, index)
    lps = ras * [-1, -1, 1]
    voxel = abs(np.linalg.det(image.affine[:3, :3]))
    checks.near("mask volume, %", shares.sum() * voxel / BALL_MM3 * 100, 100, 1)
    centre = (lps * shares[..., None]).sum((0, 1, 2)) / shares.sum()
    checks.near("mask centre, mm", centre, CENTRE, 0.1)
    truth = is_inside(lps)
    found = shares >= 0.5
    dice = 2 * (truth & found).sum() / (truth.sum() + found.sum())
    checks.near("Dice of the mask", dice, 1, 0.02)


def check_contours(checks, path):
    """Planes, radii and volume of the contours that came out."""
    contours = pydicom.dcmread(path).ROIContourSequence[0].ContourSequence
    volume, out_of_plane, out_of_ball = 0.0, 0.0, 0.0
    for contour in contours:
        local = (np.array(contour.ContourData, float).reshape(-1, 3) - ORIGIN) @ TURN
        out_of_plane = max(out_of_plane, np.ptp(local[:, 2]))
        k = local[:, 2].mean() / SPACING[2]
        out_of_plane = max(out_of_plane, abs(k - round(k)) * SPACING[2])
        x, y = local[:, 0], local[:, 1]
        volume += 0.5 * abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) * SPACING[2]
        if abs(local[0, 2] - ((CENTRE - ORIGIN) @ TURN)[2]) < 0.8 * RADIUS:
            distance = np.linalg.norm(np.array(contour.ContourData, float).reshape(-1, 3) - CENTRE, axis=1)
            out_of_ball = max(out_of_ball, float(np.max(np.abs(distance - RADIUS))))
    checks.near("contours out of the slices, mm", out_of_plane, 0, 0.01)
    checks.near("contours off the ball's surface, mm", out_of_ball, 0, 0.6)
    checks.near("contours' volume, %", volume / BALL_MM3 * 100, 100, 1)


BALL_MM3 = 4 / 3 * np.pi * RADIUS**3


def main():
    folder, program = Path(sys.argv[1]).resolve(), str(Path(sys.argv[2]).resolve())
    checks, data = Checks(), folder / "data"

    def grevy(*arguments):
        return subprocess.run([program, *arguments, "--data", str(data)], capture_output=True, text=True, timeout=300)

    images = write_ct(folder / "dicom/ct")
    write_structures(
        folder / "dicom/oblique.dcm", "in slices", 2, circles(TURN[:, 2], TURN[:, 0], TURN[:, 1], images), images)
    write_structures(folder / "dicom/axial.dcm", "axial", 3, circles(*np.eye(3)[[2, 0, 1]], images), images)
    done = grevy("import", str(folder / "dicom"))
    checks.that("import", done.returncode == 0, done.stderr[-300:])
    done = grevy("voi", "import", "in slices", "--on", "oblique")
    checks.that("import of contours in slices", done.returncode == 0, done.stderr[-300:])
    done = grevy("voi", "export", "--include-proposals", "--out", str(folder / "out"))
    checks.that("export", done.returncode == 0, done.stderr[-300:])
    files = sorted((folder / "out").rglob("*")) if done.returncode == 0 else []
    masks = [f for f in files if f.name.endswith(".nii.gz")]
    structures = [f for f in files if f.suffix == ".dcm" and pydicom.dcmread(f, stop_before_pixels=True).Modality == "RTSTRUCT"]
    checks.that("one mask and one RTSTRUCT", len(masks) == 1 and len(structures) == 1, [f.name for f in files])
    if masks and structures:
        check_mask(checks, masks[0])
        check_contours(checks, structures[0])
    done = grevy("voi", "import", "axial", "--on", "oblique")
    angle = np.degrees(np.arccos(TURN[2, 2]))
    checks.that("axial contours are refused", done.returncode == 1, done.stdout[-300:])
    said = done.stderr + done.stdout
    told = re.search(r"tilted by ([0-9.]+) degrees", said)
    checks.near("the angle that is told", float(told[1]) if told else np.nan, angle, 0.1)
    checks.measured["refusal"] = said.strip()[-200:]
    return checks.end()


sys.exit(main())
