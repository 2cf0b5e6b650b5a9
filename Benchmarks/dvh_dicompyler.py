#!/usr/bin/env python3
"""Dose-volume histograms with dicompyler-core, for `grevy bench dvh` to compare with.

usage: dvh_dicompyler.py COUNT DOSE STRUCTURES [DOSE STRUCTURES ...]

Computes COUNT histograms, structures in file order, over and over, and prints one JSON document:
seconds of wall time after the imports, reading of the files included, and the figures.
"""
import json
import sys
import time

from dicompylercore import dicomparser, dvhcalc


def main() -> None:
    wanted, files = int(sys.argv[1]), sys.argv[2:]
    start = time.perf_counter()
    sets = []
    for dose, structures in zip(files[::2], files[1::2]):
        rois = dicomparser.DicomParser(structures).GetStructures()
        sets += [(dose, structures, number, roi["name"]) for number, roi in rois.items()]
    figures, done, attempts = [], 0, 0
    while done < wanted and attempts < 10 * wanted:
        dose, structures, number, name = sets[attempts % len(sets)]
        attempts += 1
        dvh = dvhcalc.get_dvh(structures, dose, number)
        if dvh.volume <= 0:
            continue
        done += 1
        figures.append(
            {"number": number, "name": name, "volumeML": float(dvh.volume), "meanDoseGy": float(dvh.mean)}
        )
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "histograms": done, "structures": figures}))


main()
