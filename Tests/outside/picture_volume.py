"""A volume beyond the graphics device's limit: the 3D view offers it reduced and says so."""
import gzip
import re

import nibabel
import numpy as np
import pydicom
from pydicom.uid import generate_uid

from browser_page import until
from picture_objects import blank

SHAPE = (24, 30, 40)  # slices, rows, columns
SPACING, STEP, ORIGIN = [1.25, 0.75], 2.0, [-20.0, 15.0, 100.0]
# What the browser is made to say of its device: 40 columns are reduced by 3.
LIMIT, REDUCTION = 16, 3
SMALL_DEVICE = """const asked = WebGL2RenderingContext.prototype.getParameter;
WebGL2RenderingContext.prototype.getParameter = function (name) {
    return name === WebGL2RenderingContext.MAX_3D_TEXTURE_SIZE ? %d : asked.call(this, name); };""" % LIMIT
LABEL = "document.querySelector('.viewport-label[data-plane=\"3d\"]')?.innerText ?? ''"


def values():
    k, j, i = np.mgrid[0:SHAPE[0], 0:SHAPE[1], 0:SHAPE[2]]
    return (10 * k + 3 * j - 7 * i + 40 * ((i + j + k) % 2)).astype(np.int16)


def write_volume(folder):
    """Writes the CT. Returns its description."""
    uid, frame = generate_uid(), generate_uid()
    for k, plane in enumerate(values()):
        one = blank("CT", pydicom.uid.CTImageStorage, "CT beyond the limit", 90)
        one.SeriesInstanceUID, one.FrameOfReferenceUID, one.InstanceNumber = uid, frame, k + 1
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.Rows, one.Columns = plane.shape
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 1
        one.ImagePositionPatient, one.ImageOrientationPatient = [*ORIGIN[:2], ORIGIN[2] + STEP * k], [1, 0, 0, 0, 1, 0]
        one.PixelSpacing, one.SliceThickness = SPACING, STEP
        one.RescaleIntercept, one.RescaleSlope, one.RescaleType = 0, 1, "HU"
        one.PixelData = plane.tobytes()
        pydicom.dcmwrite(folder / f"ct-{k:02d}.dcm", one, enforce_file_format=True)
    return "CT beyond the limit"


def read(answer):
    body = answer.body()
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return np.asarray(image.dataobj), image.affine


def check_reduced(page, browser, case, series, report):
    """The 3D view gets means of blocks in their place; slices keep the voxels and measure on them."""
    page.add_init_script(SMALL_DEVICE)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/volumes/" in request.url else None)
    page.goto(f"{browser.base}{case}/images?left={series}")
    report.check(until(page, "document.querySelector('.viewer-readout')?.innerText.includes('HU')"), "no slices")
    # A label's text goes on with that of the options.
    page.locator(".viewer-toolbar label").filter(has_text=re.compile("^Layout")).locator("select").select_option("quad")
    report.check(until(page, f"({LABEL}).includes('reduced by {REDUCTION}: no measuring')"), f"3D says {page.evaluate(LABEL)!r}")
    address = f"{browser.base}{case}/volumes/{series}"
    for _ in range(100):
        if any(f"reduction={REDUCTION}" in url for url in asked):
            break
        page.wait_for_timeout(100)
    report.check(any(f"reduction={REDUCTION}" in url for url in asked), f"the 3D view asked for {asked}")
    page.locator(".viewer-stage").focus()
    page.keyboard.press("m")
    report.check(until(page, "/mean/i.test(document.querySelector('.viewer').innerText)"), "slices are not measured")
    whole, affine = read(page.request.get(address))
    answer = page.request.get(f"{address}?reduction={REDUCTION}")
    reduced, coarse = read(answer)
    native = values().transpose(2, 1, 0)
    report.check(np.array_equal(whole, native) or np.array_equal(whole, native[::-1, ::-1]), "the volume itself is another")
    shape = tuple(-(-count // REDUCTION) for count in whole.shape)
    report.check(reduced.shape == shape, f"{reduced.shape}, not {shape}")
    # A block's middle and its whole-numbered mean, by closed form.
    worst, far = 0.0, 0.0
    for index in np.ndindex(*shape):
        block = whole[tuple(slice(REDUCTION * n, REDUCTION * n + REDUCTION) for n in index)]
        worst = max(worst, abs(float(reduced[index]) - float(block.mean())))
        middle = [REDUCTION * n + (REDUCTION - 1) / 2 for n in index]
        far = max(far, float(np.abs(coarse @ [*index, 1] - affine @ [*middle, 1]).max()))
    report.check(worst <= 0.5, f"a block is off by {worst} HU")
    report.check(far < 1e-4, f"a block lies {far} mm away")
    report.figures["reduced volume, mm off"] = far
    tags = [page.request.get(f"{address}{query}").headers.get("etag") for query in ("", "?reduction=2", f"?reduction={REDUCTION}")]
    report.check(len(set(tags)) == 3 and None not in tags, f"tags {tags}")
    for wrong in ("0", "65", "x", "-1"):
        report.check(page.request.get(f"{address}?reduction={wrong}").status == 400, f"reduction={wrong} is taken")
    page.close()
