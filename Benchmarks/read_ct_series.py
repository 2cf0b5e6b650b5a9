"""Times pydicom + NumPy and Grevy on the same CT series, in turns; see Benchmarks/README.md.

Both read every file, sort by position, rescale to Hounsfield units and stack into one float32
volume. The time of starting Grevy's workers is printed apart, as Python's and
pydicom's own start is not counted either. The files are in the page cache.
"""

import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import pydicom

PROMISED = 5.0
ROUNDS = 5
SLICES = 500


def read_with_pydicom(folder):
    slices = [pydicom.dcmread(os.path.join(folder, name)) for name in os.listdir(folder)]
    slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
    return np.stack([
        s.pixel_array.astype(np.float32) * np.float32(s.RescaleSlope) + np.float32(s.RescaleIntercept)
        for s in slices])


def main():
    program = os.environ["GREVY"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "series")
        subprocess.run([program, "bench", "make-series", folder, "--slices", str(SLICES)], check=True)
        ours, starts, theirs, sums = [], [], [], set()
        for _ in range(ROUNDS):
            start = time.perf_counter()
            volume = read_with_pydicom(folder)
            theirs.append(time.perf_counter() - start)
            sums.add(float(volume.sum(dtype=np.float64)))
            del volume
            line = subprocess.run(
                [program, "bench", "read-series", folder], check=True, capture_output=True, text=True)
            seconds, shape, total, starting = line.stdout.split()
            ours.append(float(seconds))
            starts.append(float(starting))
            sums.add(float(total))
    ratio = min(theirs) / min(ours)
    print("operation             shape        Grevy s  pydicom + NumPy s  ratio  promised")
    print(f"read CT series to HU  {shape}  {min(ours):7.3f}  {min(theirs):17.3f}  {ratio:5.1f}  {PROMISED:8.1f}")
    print(f"sums of voxels agree: {len(sums) == 1}; starting the workers {min(starts):.3f} s")
    print("all rounds: Grevy", [round(s, 3) for s in ours], "pydicom", [round(s, 3) for s in theirs])
    return 0 if ratio >= PROMISED and len(sums) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
