"""Pictures that are no volume in a meeting: what is on show at the presenter's is on show at a follower's,
pixel for pixel."""
import json
import subprocess
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from browser_page import Browser, until
from grevy_server import PROGRAM
from meeting_pages import IDLE, image_choice
from page_looks import look

FRAMES, ROWS, COLUMNS = 6, 48, 64
ANGIOGRAPHY = "1.2.840.10008.5.1.4.1.1.12.1"
PIXELS = "document.querySelector('#session .viewer-volume').toDataURL()"
LABELS = "(document.querySelector('#session .frame-labels')?.innerText ?? '')"
SECONDS = 120


def bring_run(data, folder, report):
    """A run of angiography of the demo's patient: each frame has a bar of its own."""
    like = pydicom.dcmread(next((Path(data).parent / "patient/dicom").rglob("*.dcm")), stop_before_pixels=True)
    run = pydicom.Dataset()
    for name in ["PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID",
                 "StudyDate", "StudyTime", "StudyID", "AccessionNumber"]:
        if name in like:
            run[name] = like[name]
    run.SOPClassUID, run.SOPInstanceUID, run.SeriesInstanceUID = ANGIOGRAPHY, generate_uid(), generate_uid()
    run.Modality, run.SeriesDescription, run.BurnedInAnnotation = "XA", "Run of the hepatic artery", "NO"
    run.InstanceNumber, run.SeriesNumber, run.NumberOfFrames = 1, 77, FRAMES
    run.Rows, run.Columns, run.SamplesPerPixel, run.PhotometricInterpretation = ROWS, COLUMNS, 1, "MONOCHROME2"
    run.BitsAllocated, run.BitsStored, run.HighBit, run.PixelRepresentation = 16, 12, 11, 0
    run.WindowCenter, run.WindowWidth, run.ImageType = 500, 1000, ["ORIGINAL", "PRIMARY"]
    pixels = np.tile(np.linspace(0, 600, COLUMNS), (FRAMES, ROWS, 1)).astype(np.uint16)
    for frame in range(FRAMES):
        pixels[frame, 4 + 6 * frame:8 + 6 * frame] = 900
    run.PixelData = pixels.tobytes()
    run.file_meta = pydicom.dataset.FileMetaDataset()
    run.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pydicom.dcmwrite(folder / "run.dcm", run, enforce_file_format=True)
    said = subprocess.run([PROGRAM, "import", folder / "run.dcm", "--data", data], capture_output=True, text=True, check=False)
    report.check(said.returncode == 0, f"grevy import: {said.stdout[-300:]}{said.stderr[-300:]}")


def choose(page, words):
    image = image_choice(page)
    image.select_option(image.locator("option").filter(has_text=words).first.get_attribute("value"))


def same(presenter, follower, what, report):
    """The follower's canvas becomes the presenter's."""
    Browser.settle(presenter)
    wanted, labels = presenter.evaluate(PIXELS), presenter.evaluate(LABELS)
    follows = until(follower, f"{LABELS} === {json.dumps(labels)} && {PIXELS} === {json.dumps(wanted)}", SECONDS)
    report.check(follows, f"{what}: {follower.evaluate(LABELS)!r}, the presenter has {labels!r}")
    return wanted, labels


def check_pictures(presenter, follower, folder, report):
    """Frame, window, zoom, place and pointer of planar views and of a run; then slices again. Both pages
    are of one size."""
    choose(presenter, "planar")
    report.check(until(presenter, f"{IDLE} && {LABELS}.includes('anterior')", SECONDS), "no planar views at the presenter's")
    seen = [same(presenter, follower, "planar views", report)]
    stage = presenter.locator(".viewer-stage")
    for key, what in [("+", "larger"), ("Shift+ArrowRight", "moved"), ("Alt+ArrowRight", "a wider window"), ("x", "a pointer")]:
        stage.focus()
        presenter.keyboard.press(key)
        report.check(until(presenter, f"{IDLE} && {PIXELS} !== {json.dumps(seen[-1][0])}", SECONDS), f"{what}: nothing changes")
        seen.append(same(presenter, follower, what, report))
    look(follower, "session-pictures", folder, report)
    choose(presenter, "hepatic artery")
    report.check(until(presenter, f"{IDLE} && {LABELS}.includes('Frame 1 of {FRAMES}')", SECONDS), "no run at the presenter's")
    same(presenter, follower, "a run", report)
    stage.focus()
    presenter.keyboard.press("PageUp")
    presenter.keyboard.press("PageUp")
    until(presenter, f"{IDLE} && {LABELS}.includes('Frame 3 of')", SECONDS)
    _, labels = same(presenter, follower, "the third frame", report)
    report.check("Frame 3 of" in labels, f"the presenter is at {labels!r}")
    presenter.get_by_role("button", name="Play").click()
    report.check(until(follower, f"!{LABELS}.includes('Frame 3 of')", SECONDS), "a film does not run at the follower's")
    presenter.get_by_role("button", name="Stop").click()
    until(presenter, IDLE, SECONDS)
    same(presenter, follower, "a film that was stopped", report)
    choose(presenter, "CT portal venous")
    slices = f"{IDLE} && document.querySelector('.viewer-readout') !== null"
    for page in (presenter, follower):
        report.check(until(page, slices, SECONDS), "no slices after pictures")
