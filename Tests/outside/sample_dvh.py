"""Samples dose inside contours ever more finely, by dicompyler-core's own rule.

Usage: sample_dvh.py RTDOSE RTSTRUCT ROI...; runs in .venv-peers. The rule: a point counts when it
lies inside an odd number of the plane's contours (matplotlib, as dicompyler-core), its dose is
linear between the voxels of the plane, each plane counts with one spacing. With one point per voxel
the figures are dicompyler-core's; Tests/WorkflowsTests/DVHReferenceTests.swift holds those of many.
"""
import sys

import numpy as np
import pydicom
from matplotlib.path import Path

PARTS = (1, 2, 4, 8, 16)


class Dose:
    def __init__(self, path):
        data = pydicom.dcmread(path)
        self.x, self.y, z = (float(v) for v in data.ImagePositionPatient)
        self.dy, self.dx = (float(v) for v in data.PixelSpacing)
        offsets = np.array([float(v) for v in data.GridFrameOffsetVector])
        heights = offsets + (z if abs(offsets[0]) < 1e-6 else 0)
        order = np.argsort(heights)
        self.heights = heights[order]
        self.grays = data.pixel_array[order] * float(data.DoseGridScaling)

    def plane(self, z):
        place = np.interp(z, self.heights, np.arange(len(self.heights)))
        k = min(int(place + 1e-9), len(self.heights) - 2)
        return self.grays[k] * (1 - place + k) + self.grays[k + 1] * (place - k)

    def at(self, plane, points):
        u, v = (points[:, 0] - self.x) / self.dx, (points[:, 1] - self.y) / self.dy
        i = np.clip(np.floor(u).astype(int), 0, plane.shape[1] - 2)
        j = np.clip(np.floor(v).astype(int), 0, plane.shape[0] - 2)
        u, v = u - i, v - j
        upper = plane[j, i] * (1 - u) + plane[j, i + 1] * u
        lower = plane[j + 1, i] * (1 - u) + plane[j + 1, i + 1] * u
        return upper * (1 - v) + lower * v


def contours(path, roi):
    planes = {}
    for item in pydicom.dcmread(path).ROIContourSequence:
        if item.ReferencedROINumber != roi:
            continue
        for contour in item.ContourSequence:
            points = np.array(contour.ContourData, float).reshape(-1, 3)
            planes.setdefault(round(points[0, 2], 2), []).append(points[:, :2])
    return planes


def centres(first, step, low, high, parts):
    start, stop = (int(np.floor((value - first) / step)) for value in (low, high))
    return first + ((np.arange((start - 1) * parts, (stop + 2) * parts) + 0.5) / parts - 0.5) * step


def samples(dose, planes, parts):
    found = []
    for z in sorted(planes):
        corners = np.vstack(planes[z])
        (left, top), (right, bottom) = corners.min(0), corners.max(0)
        grid = np.meshgrid(centres(dose.x, dose.dx, left, right, parts),
                           centres(dose.y, dose.dy, top, bottom, parts))
        points = np.column_stack([axis.ravel() for axis in grid])
        inside = np.zeros(len(points), bool)
        for polygon in planes[z]:
            inside ^= Path(polygon).contains_points(points)
        found.append(dose.at(dose.plane(z), points[inside]))
    return np.sort(np.concatenate(found))[::-1]


def main():
    dose = Dose(sys.argv[1])
    for roi in map(int, sys.argv[3:]):
        planes = contours(sys.argv[2], roi)
        spacing = float(np.median(np.diff(sorted(planes))))
        for parts in PARTS:
            grays = samples(dose, planes, parts)
            ml = dose.dx * dose.dy * spacing / parts**2 / 1000

            def hottest(count):
                return grays[min(len(grays), int(np.ceil(count))) - 1]

            figures = {f"D{p}": hottest(p / 100 * len(grays)) for p in (98, 95, 50, 2)}
            figures["D2cc"] = hottest(2 / ml)
            print(f"ROI {roi}, {parts:2} points to an edge: {len(grays) * ml:9.3f} mL, mean {grays.mean():.4f},",
                  ", ".join(f"{name} {value:.3f}" for name, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
