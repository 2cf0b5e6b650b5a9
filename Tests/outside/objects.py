"""Readers that the outside checks share; none of Grevy's code takes part."""
import json
from pathlib import Path

import numpy as np


class Checks:
    """Collects what was measured and what failed; prints one JSON object."""

    def __init__(self):
        self.measured = {}
        self.failures = []

    def near(self, name, value, expected, tolerance):
        """Keeps the largest error under a name; fails beyond the tolerance."""
        error = float(np.max(np.abs(np.asarray(value, float) - np.asarray(expected, float))))
        self.measured[name] = {"error": error, "tolerance": float(tolerance)}
        if not error <= tolerance:
            self.failures.append(f"{name}: off by {error:.6g}, allowed {tolerance:.6g}")

    def that(self, name, holds, detail=""):
        if not holds:
            self.failures.append(f"{name} does not hold {detail}".strip())

    def end(self):
        print(json.dumps({"measured": self.measured, "failures": self.failures}))
        return 1 if self.failures else 0


def meta_image(path):
    """Values (k, j, i) and header of a MetaImage with its data in the same file."""
    raw = Path(path).read_bytes()
    mark = b"ElementDataFile = LOCAL\n"
    at = raw.index(mark) + len(mark)
    header = dict(line.split(" = ") for line in raw[:at].decode().strip().split("\n"))
    i, j, k = map(int, header["DimSize"].split())
    assert header["ElementType"] == "MET_FLOAT" and header["CompressedData"] == "False"
    return np.frombuffer(raw[at:], "<f4").reshape(k, j, i), header


def numbers(text):
    return [float(part) for part in text.split()]


def stored_object(data, digest):
    return Path(data) / "objects" / digest[:2] / digest[2:]


def contour_volume_ml(roi, step):
    """Area of each contour times the distance of planes in millimetres.

    Inner contours are told by even-odd nesting: areas are added with the sign that the number
    of contours of the same plane round one of their points gives.
    """
    planes = {}
    for contour in roi.ContourSequence:
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        planes.setdefault(round(points[0, 2], 3), []).append(points[:, :2])
    total = 0.0
    for contours in planes.values():
        for n, one in enumerate(contours):
            around = sum(
                inside(one[0], other) for m, other in enumerate(contours) if m != n)
            total += (-1) ** around * area(one)
    return total * step / 1000


def area(p):
    x, y = p[:, 0], p[:, 1]
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def inside(point, polygon):
    x, y = polygon[:, 0], polygon[:, 1]
    nx, ny = np.roll(x, -1), np.roll(y, -1)
    crosses = (y > point[1]) != (ny > point[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x + (point[1] - y) * (nx - x) / (ny - y)
    return bool(np.sum(crosses & (point[0] < at)) % 2)
