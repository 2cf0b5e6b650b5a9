"""Times dicompyler-core and Grevy on histograms of the same RTDOSE and RTSTRUCT, in turns.

Real files of ../shared/testdata (eclipse-dvh, prostate-dvh). Both start from files on disk and count
voxel centres. dicompyler-core gets data sets that were read once; Grevy's time includes the start of
its worker processes. Python's own start and imports are not counted. See Benchmarks/README.md.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings

import pydicom
from dicompylercore import dicomparser, dvhcalc

PROMISED = 20.0
ROUNDS = 3
COUNT = 20
TESTDATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "shared", "testdata")
SETS = [("eclipse-dvh", "rtss"), ("prostate-dvh", "rtstruct")]


def unpack(folder):
    files = []
    for name, structures in SETS:
        for part in ("rtdose", structures):
            target = os.path.join(folder, f"{name}-{part}.dcm")
            with gzip.open(os.path.join(TESTDATA, name, f"{part}.dcm.gz")) as packed, open(target, "wb") as out:
                shutil.copyfileobj(packed, out)
            files.append(target)
    return files


def histograms_with_dicompyler(files):
    """Whole files, until there are COUNT structures or more, as Grevy takes them."""
    figures = []
    while len(figures) < COUNT:
        for dose_path, structures_path in zip(files[::2], files[1::2]):
            if len(figures) >= COUNT:
                break
            dose, structures = pydicom.dcmread(dose_path), pydicom.dcmread(structures_path)
            for number in dicomparser.DicomParser(structures).GetStructures():
                dvh = dvhcalc.get_dvh(structures, dose, number)
                if dvh.volume > 0:
                    figures.append((number, float(dvh.volume), float(dvh.mean)))
    return figures


def histograms_with_grevy(files, mode):
    command = [os.environ["GREVY"], "bench", "dvh", "--count", str(COUNT), "--mode", mode] + files
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def main():
    warnings.simplefilter("ignore")
    if not os.path.isdir(TESTDATA):
        print("skipped: ../shared/testdata is absent")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        files = unpack(folder)
        seconds = {"centre": [], "area": [], "dicompyler": []}
        for _ in range(ROUNDS):
            start = time.perf_counter()
            theirs = histograms_with_dicompyler(files)
            seconds["dicompyler"].append(time.perf_counter() - start)
            for mode in ("area", "centre"):
                answer = histograms_with_grevy(files, mode)
                seconds[mode].append(answer["seconds"])
    ours = answer["structures"]
    # The same voxels: the peer's mean is over bins of 0.01 Gy.
    agree = len(ours) == len(theirs) and all(
        one["number"] == number and abs(one["volumeML"] - volume) < 1e-3 and abs(one["meanDoseGy"] - mean) < 0.006
        for one, (number, volume, mean) in zip(ours, theirs))
    best = {name: min(values) for name, values in seconds.items()}
    ratios = {mode: best["dicompyler"] / best[mode] for mode in ("centre", "area")}
    print(f"operation           structures  Grevy s  dicompyler-core s  ratio  promised")
    print(f"DVH by centres      {len(ours):10}  {best['centre']:7.3f}  {best['dicompyler']:17.3f}"
          f"  {ratios['centre']:5.1f}  {PROMISED:8.1f}")
    print(f"DVH by exact shares {len(ours):10}  {best['area']:7.3f}  {best['dicompyler']:17.3f}"
          f"  {ratios['area']:5.1f}  {PROMISED:8.1f}")
    print(f"volumes and means agree: {agree}")
    print("all rounds:", {name: [round(s, 3) for s in values] for name, values in seconds.items()})
    return 0 if min(ratios.values()) >= PROMISED and agree else 1


if __name__ == "__main__":
    sys.exit(main())
