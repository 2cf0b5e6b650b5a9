"""Holds the values that pages read out against pydicom and numpy, for real and synthetic series.

Usage: check_points.py FOLDER TESTDATA. FOLDER receives the series and a data folder, TESTDATA is
`../shared/testdata` beside the project. 20 points of every series as the viewer reads them, from the
volumes that the server sends; spheres against sums over voxels. Prints one JSON object; exits 1 when
a value is off by more than 0.5 %.
"""
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pydicom
from playwright.sync_api import sync_playwright

from browser_page import Browser, Report
from grevy_server import PROGRAM, ROOT, GrevyServer
from workspace_people import signed_in

POINTS, TOLERANCE = 20, 0.005
READ = """async ([url, points]) => {
    const { fetched } = await import("/modules/nifti.js");
    const { nearestValue } = await import("/modules/geometry.js");
    const { volume } = await fetched(url);
    return points.map((p) => nearestValue(volume, p));
}"""
SPHERES = """async ([url, spheres]) => {
    const { fetched } = await import("/modules/nifti.js");
    const { sphereStatistics } = await import("/modules/sphere.js");
    const { volume } = await fetched(url);
    return spheres.map(([centre, diameter]) => sphereStatistics(volume, centre, diameter));
}"""


def unpacked(archive, folder):
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def turned(source, target):
    """The same slices in a patient who lies askew: orientation and positions turned alike."""
    a, b = np.radians([13.0, -8.0])
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) \
        @ np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    target.mkdir()
    series = {}
    for n, path in enumerate(sorted(source.rglob("*"))):
        if not path.is_file():
            continue
        try:
            image = pydicom.dcmread(path)
        except pydicom.errors.InvalidDicomError:
            continue
        if "ImageOrientationPatient" not in image:
            continue
        direction = np.array(image.ImageOrientationPatient, float).reshape(2, 3) @ turn.T
        position = turn @ np.array(image.ImagePositionPatient, float)
        image.ImageOrientationPatient = [f"{x:.12f}"[:16] for x in direction.ravel()]
        image.ImagePositionPatient = [f"{x:.9f}"[:16] for x in position]
        image.SeriesInstanceUID = series.setdefault(image.SeriesInstanceUID, pydicom.uid.generate_uid())
        image.FrameOfReferenceUID = series.setdefault(image.get("FrameOfReferenceUID"), pydicom.uid.generate_uid())
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        image.SeriesDescription = "turned"
        image.save_as(target / f"{n}.dcm")


def slices_of(folder):
    """The slices of every series in a folder, as pydicom reads them."""
    series = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        try:
            image = pydicom.dcmread(path)
        except pydicom.errors.InvalidDicomError:
            continue
        if image.get("Modality") in ("CT", "PT") and "ImagePositionPatient" in image:
            series.setdefault(image.SeriesInstanceUID, []).append(image)
    return series


def rescaled(image):
    """Rescaled values; what the file calls padding is no measurement and reads -1024 HU (Findings-DICOM.md)."""
    stored = image.pixel_array
    all_values = stored * float(image.get("RescaleSlope", 1)) + float(image.get("RescaleIntercept", 0))
    padding = image.get("PixelPaddingValue")
    return all_values if padding is None else np.where(stored == padding, -1024.0, all_values)


def value(image, row, column):
    return float(rescaled(image)[row, column])


def ras(image, row, column):
    """The middle of a pixel; rows and columns may be fractions."""
    direction = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    down, across = (float(x) for x in image.PixelSpacing)
    lps = np.array(image.ImagePositionPatient, float) + column * across * direction[0] + row * down * direction[1]
    return lps * [-1, -1, 1]


def check_series(page, series, images, rng, report):
    points, expected = [], []
    for _ in range(POINTS):
        image = images[rng.integers(len(images))]
        row, column = rng.integers(image.Rows), rng.integers(image.Columns)
        expected.append(value(image, row, column))
        points.append(ras(image, row + rng.uniform(-0.4, 0.4), column + rng.uniform(-0.4, 0.4)).tolist())
    read = page.evaluate(READ, [f"/cases/{series['case']}/volumes/{series['id']}", points])
    slopes = len({str(i.get("RescaleSlope")) for i in images})
    worst = 0.0
    for point, want, got in zip(points, expected, read):
        off = np.inf if got is None else abs(got - want) / max(abs(want), 1e-9) if want else abs(got)
        worst = max(worst, off)
        report.check(off <= TOLERANCE, f"{series['name']} at {point}: {got}, pydicom {want}")
    report.figures[series["name"]] = {
        "slices": len(images), "rescale slopes": slopes, "worst relative": float(f"{worst:.1e}")}


def check_spheres(page, series, images, rng, report):
    """Sums over the voxels of an axial series, voxel by voxel."""
    images = sorted(images, key=lambda i: float(i.ImagePositionPatient[2]))
    voxels = np.stack([rescaled(i) for i in images])
    first = images[0]
    z = np.array([ras(i, 0, 0)[2] for i in images])
    y = ras(first, 0, 0)[1] - np.arange(first.Rows) * float(first.PixelSpacing[0])
    x = ras(first, 0, 0)[0] - np.arange(first.Columns) * float(first.PixelSpacing[1])
    radius = np.cbrt(3000 / (4 * np.pi))

    def inside(centre, r):
        k, j, i = (np.nonzero(np.abs(axis - c) <= r)[0] for axis, c in zip((z, y, x), centre[::-1]))
        box = (z[k, None, None] - centre[2]) ** 2 + (y[None, j, None] - centre[1]) ** 2 + (x[None, None, i] - centre[0]) ** 2
        picked = np.argwhere(box <= r * r * (1 + 1e-9))
        return [(k[a], j[b], i[c]) for a, b, c in picked]

    spheres = [([float(rng.choice(x[20:-20])), float(rng.choice(y[20:-20])), float(rng.choice(z[8:-8]))], float(d))
               for d in (8, 16, 24)]
    read = page.evaluate(SPHERES, [f"/cases/{series['case']}/volumes/{series['id']}", spheres])
    for (centre, diameter), got in zip(spheres, read):
        members = inside(centre, diameter / 2)
        values = [voxels[m] for m in members]
        peak = max(np.mean([voxels[m] for m in inside((x[i], y[j], z[k]), radius)]) for k, j, i in members)
        want = {"voxels": len(values), "mean": np.mean(values), "max": max(values), "peak": peak}
        for name, expected in want.items():
            off = abs(got[name] - expected) / max(abs(expected), 1e-9)
            report.check(off <= TOLERANCE, f"{series['name']}, sphere of {diameter} mm, {name}: {got[name]}, numpy {expected}")
    report.figures[f"{series['name']}, spheres compared"] = len(spheres)


def main():
    folder, testdata = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    report, rng = Report(), np.random.default_rng(20)
    sources = folder / "series"
    if not sources.exists():
        for name in ["fdg-pet-ct/cropped-ct-suv", "fdg-pet-ct/raw-pet", "crlm-ct/image", "tilted-ct/image"]:
            unpacked(testdata / f"{name}.tar.xz", sources / name.replace("/", "-"))
        turned(sources / "crlm-ct-image", sources / "crlm-turned")
    subprocess.run([PROGRAM, "import", sources, "--data", folder / "data"], cwd=ROOT, check=False, capture_output=True)
    listed = json.loads(subprocess.run(
        [PROGRAM, "list", "--data", folder / "data", "--json"], cwd=ROOT, check=True, capture_output=True).stdout)
    known = {s["seriesInstanceUID"]: (n + 1, s["id"], f"{s['modality']} {s['description']} {s['id']}")
             for n, p in enumerate(listed["patients"]) for study in p["studies"] for s in study["series"]}
    with GrevyServer(folder / "data", folder / "points.log") as server, sync_playwright() as playwright:
        browser = Browser(playwright, server.base, report)
        page, _ = signed_in(browser, server.set_up)
        for uid, images in slices_of(sources).items():
            case, identifier, name = known[uid]
            series = {"case": case, "id": identifier, "name": name}
            answer = page.request.get(f"{server.base}/cases/{case}/volumes/{identifier}")
            if not answer.ok:
                report.figures[name] = f"refused: {answer.status}"
                continue
            check_series(page, series, images, rng, report)
            axial = np.allclose(np.abs(np.array(images[0].ImageOrientationPatient, float)), [1, 0, 0, 0, 1, 0])
            if axial and len(images) < 100:
                check_spheres(page, series, images, rng, report)
        browser.chromium.close()
    print(json.dumps({"measured": report.checks, "failures": report.failures[:20], "figures": report.figures}, indent=1))
    sys.exit(1 if report.failures else 0)


main()
