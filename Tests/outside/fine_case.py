"""Writes the case whose speed the workspace promises: a CT of 512 x 512 x 300, a dose, twenty volumes of interest.

Usage: fine_case.py FOLDER GREVY [CASES]. FOLDER receives `dicom` (the synthetic patient with a CT of twice as many
slices, those between as the mean of their neighbours, and nine more structures), `plan.yaml` and `data` with the plan
kept; with CASES also so many patients in all, the others with the same images under UIDs of their own. Prints the
page of each case's plan, `1/plans/plan-2`.
"""
import copy
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import generate_uid

SLICES, STRUCTURES = 300, 20
CT, REGIONS, ACTIVITY = "CT, three hundred slices", "Twenty structures", "MAA SPECT no AC, simulated"
STANDARD_UIDS = "1.2.840.10008."
# Where the further ones lie from the tumours that they are copies of, in mm.
SHIFTS_MM = [(25, 0, 0), (-25, 0, 0), (0, 25, 0), (0, -25, 0), (20, 20, 10), (-20, -20, -10), (20, -20, 10), (-20, 20, -10)]
PLAN = """
name: Twenty structures
device: glass
profile: eanm2022
evidence: {{basis: synthetic case, recordedBy: bench}}
images: {{planning: "{ct}", activity: "{activity}"}}
registration: {{kind: identity}}
structures:
  from: "{regions}"
  liver: Liver
  lungs: Lungs
  tumours: [Tumour 1, Tumour 2, Tumour 3, Tumour 4, Tumour 5]
  others: [Gallbladder, Stomach, {others}]
territories:
  - {{name: right, structure: Territory right, aim: {{structure: Tumour 5, meanDoseGy: 250}}}}
  - {{name: left, structure: Territory left, aim: {{structure: Tumour 4, meanDoseGy: 250}}}}
lungShunt: {{use: typed, fraction: 0.05}}
residualFraction: 0.01
dose: {{gridSpacingMM: 3, density: fixed}}
"""


def renamed(data, series, description):
    """Makes the object one of another series."""
    data.SeriesInstanceUID, data.SeriesDescription = series, description
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return data


def write_ct(dicom):
    slices = sorted((pydicom.dcmread(file) for file in (dicom / "ct-diagnostic").iterdir()),
                    key=lambda data: float(data.ImagePositionPatient[2]))
    places = [float(data.ImagePositionPatient[2]) for data in slices]
    step = (places[-1] - places[0]) / (len(places) - 1) * len(places) / SLICES
    folder, series = dicom / "ct-fine", generate_uid()
    folder.mkdir()
    for number in range(SLICES):
        z = places[0] + number * step
        below = min(int(np.searchsorted(places, z, side="right")) - 1, len(slices) - 1)
        above = min(below + 1, len(slices) - 1)
        part = (z - places[below]) / (places[above] - places[below]) if above > below else 0
        one, other = (slices[n].pixel_array.astype(float) for n in (below, above))
        data = renamed(copy.deepcopy(slices[below]), series, CT)
        data.PixelData = np.round((1 - part) * one + part * other).astype(slices[below].pixel_array.dtype).tobytes()
        data.ImagePositionPatient[2], data.SliceThickness, data.InstanceNumber = f"{z:.4f}", f"{step:.4f}", number + 1
        if "SliceLocation" in data:
            data.SliceLocation = f"{z:.4f}"
        data.save_as(folder / f"{number:04}.dcm")


def moved(points, shift):
    return [f"{float(value) + shift[n % 3]:.3f}" for n, value in enumerate(points)]


def write_structures(dicom):
    """Returns the names of the further structures."""
    data = renamed(pydicom.dcmread(next((dicom / "rtstruct").iterdir())), generate_uid(), REGIONS)
    data.StructureSetLabel = "Twenty"
    kinds = [(data.StructureSetROISequence, "ROINumber"), (data.ROIContourSequence, "ReferencedROINumber"),
             (data.RTROIObservationsSequence, "ReferencedROINumber")]
    tumours = [int(roi.ROINumber) for roi in data.StructureSetROISequence if roi.ROIName.startswith("Tumour")]
    names = []
    for number in range(len(data.StructureSetROISequence) + 1, STRUCTURES + 1):
        original = tumours[len(names) % len(tumours)]
        shift = SHIFTS_MM[len(names) % len(SHIFTS_MM)]
        names.append(f"Further {len(names) + 1}")
        for sequence, key in kinds:
            item = copy.deepcopy(next(item for item in sequence if int(item[key].value) == original))
            setattr(item, key, number)
            sequence.append(item)
        data.StructureSetROISequence[-1].ROIName = names[-1]
        data.RTROIObservationsSequence[-1].ObservationNumber = number
        for contour in data.ROIContourSequence[-1].ContourSequence:
            contour.ContourData = moved(contour.ContourData, shift)
            if "ContourImageSequence" in contour:
                del contour.ContourImageSequence
    data.save_as(dicom / "rtstruct" / "twenty.dcm")
    return names


def write_another(dicom, folder, number):
    """Writes what the plan takes as that of another patient, every object and reference under a UID of its own."""
    uids = {}

    def of_its_own(_, element):
        if element.VR == "UI" and element.VM == 1 and not element.value.startswith(STANDARD_UIDS):
            element.value = uids.setdefault(element.value, generate_uid())

    folder.mkdir()
    for file in dicom.rglob("*.dcm"):
        data = pydicom.dcmread(file)
        if data.get("SeriesDescription") not in (CT, REGIONS, ACTIVITY):
            continue
        data.walk(of_its_own)
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
        data.PatientID, data.PatientName = f"GREVY-PHANTOM-{number}", f"SYNTHETIC^NUMBER {number}"
        data.SeriesDescription = named(data.SeriesDescription, number)
        data.save_as(folder / f"{data.SOPInstanceUID}.dcm")


def named(description, number):
    return description if number == 1 else f"{description}, {number}"


def main(folder, grevy, cases=1):
    folder = Path(folder)
    dicom, data = folder / "dicom", folder / "data"

    def run(*arguments):
        return subprocess.run([grevy, *map(str, arguments)], capture_output=True, text=True, check=True).stdout

    run("phantom", folder)
    write_ct(dicom)
    others = ", ".join(write_structures(dicom))
    for number in range(1, int(cases) + 1):
        if number > 1:
            write_another(dicom, folder / "another", number)
        ct, activity, regions = (named(name, number) for name in (CT, ACTIVITY, REGIONS))
        (folder / "plan.yaml").write_text(PLAN.format(ct=ct, activity=activity, regions=regions, others=others))
        run("import", dicom if number == 1 else folder / "another", "--data", data)
        run("plan", folder / "plan.yaml", "--data", data, "--out", folder / "plan", "--no-pdf")
        shutil.rmtree(folder / "another", ignore_errors=True)
        shutil.rmtree(folder / "plan")
        kept = re.findall(r"^plan-(\d+)", run("list", "--data", data), re.MULTILINE)
        print(f"{number}/plans/plan-{max(map(int, kept))}", flush=True)


main(*sys.argv[1:])
