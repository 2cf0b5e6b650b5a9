"""Times SciPy and Grevy on resampling 512 x 512 x 300 voxels to 2 mm, in turns; reported, nothing promised.

Linear: scipy.ndimage.map_coordinates (order 1) on the same points, coordinates made beforehand, and
scipy.ndimage.zoom (order 1), whose points lie a little elsewhere. See Benchmarks/README.md.
"""

import json
import os
import subprocess
import sys
import time

import numpy as np
from scipy import ndimage

ROUNDS = 3
SHAPE = (300, 512, 512)
SPACING = (1.5, 0.9765625, 0.9765625)
TARGET = 2.0


def main():
    k, j, i = np.ogrid[:SHAPE[0], :SHAPE[1], :SHAPE[2]]
    volume = ((7 * i + 13 * j + 29 * k) % 1000).astype(np.float32)
    counts = [int(np.ceil(n * s / TARGET - 1e-6)) for n, s in zip(SHAPE, SPACING)]
    # Same middle, whole voxels of 2 mm.
    axes = [((np.arange(c) - (c - 1) / 2) * TARGET / s + (n - 1) / 2) for c, n, s in zip(counts, SHAPE, SPACING)]
    points = np.stack(np.meshgrid(*axes, indexing="ij")).astype(np.float32)
    seconds = {"interpolated": [], "averaged": [], "map_coordinates": [], "zoom": []}
    for _ in range(ROUNDS):
        start = time.perf_counter()
        theirs = ndimage.map_coordinates(volume, points, order=1, mode="nearest", output=np.float32)
        seconds["map_coordinates"].append(time.perf_counter() - start)
        start = time.perf_counter()
        ndimage.zoom(volume, [s / TARGET for s in SPACING], order=1)
        seconds["zoom"].append(time.perf_counter() - start)
        answer = json.loads(
            subprocess.run([os.environ["GREVY"], "bench", "resample"], check=True, capture_output=True).stdout)
        seconds["interpolated"].append(answer["interpolatedSeconds"])
        seconds["averaged"].append(answer["averagedSeconds"])
    mean = float(theirs.mean(dtype=np.float64))
    # Coordinates in float32 are off by up to 1.5e-5 voxels, values by up to 1000 times that.
    agree = answer["shape"] == counts[::-1] and abs(answer["interpolatedMean"] - mean) < 0.02
    best = {name: min(values) for name, values in seconds.items()}
    print("operation                             Grevy s  peer s  ratio")
    for ours, peer in (("interpolated", "map_coordinates"), ("interpolated", "zoom"), ("averaged", "zoom")):
        print(f"{ours:12} against {peer:16} {best[ours]:7.3f} {best[peer]:7.3f}  {best[peer] / best[ours]:5.1f}")
    print(f"means agree: {agree} ({answer['interpolatedMean']:.5f}, {mean:.5f}); result {answer['shape']}")
    print("all rounds:", {name: [round(s, 3) for s in values] for name, values in seconds.items()})
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
