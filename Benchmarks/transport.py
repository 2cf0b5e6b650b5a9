"""Times PenRed (PENELOPE physics) and Grevy on Monte Carlo doses of the same source in the same phantom, in turns.

64 x 64 x 48 voxels of 4 mm: the phantom of ../shared/reference/egsnrc, or one of water and lung when
that is absent. The source is uniform in a cube of 20 mm in the liver, Y-90 or Lu-177, electrons and photons.
One thread each; processor time (user) of the simulation alone. Compared are decays per second, best
against best, and the mean dose in the source and in the 4 mm around it. Then Grevy's second thread and
its default target. What each program emits and with which settings is printed and stands in README.md.
"""

import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import nibabel
import numpy as np

from transport_source import CUT_OFF_KEV, REFERENCE, spectra, write_spectrum

PROMISED, STRETCH = 100.0, 200.0
ROUNDS = 10
DECAYS = {"Y-90": (1_000_000, 20_000), "Lu-177": (2_000_000, 60_000)}  # of one round: Grevy, PenRed
THREADED_DECAYS = 6_000_000
SHAPE, SPACING_MM = (64, 64, 48), 4.0
SOURCE = ((18, 23), (28, 33), (15, 20))  # voxels i, j, k, the end not included; in the phantom's liver
SHELL = tuple((low - 1, high + 1) for low, high in SOURCE)
JOULES_PER_KEV = 1.602176634e-16
# PENELOPE's threshold of knock-on electrons and bremsstrahlung photons: the cut-off, as is usual with it. With the
# 100 keV from which Grevy follows knock-on electrons (WCC) PenRed is faster: see Docs/Benchmarks.md.
WCC_KEV, WCR_KEV = CUT_OFF_KEV, CUT_OFF_KEV
# Grevy's medium: (number in PENELOPE's list, g/mL). Bone and lung are near in composition, far from the source.
AIR = {0: (104, 0.00120479)}
PHANTOM_MEDIA = AIR | {1: (191, 0.26), 2: (263, 1.04), 3: (263, 1.06), 4: (120, 1.40), 5: (120, 1.92)}
WATER_MEDIA = AIR | {1: (191, 0.26), 7: (278, 1.0)}


def cells(box):
    return tuple(slice(low, high) for low, high in box)


def read_reference(name):
    with gzip.open(os.path.join(REFERENCE, f"phantom_{name}.f32.gz")) as file:
        return np.frombuffer(file.read(), "<f4").reshape(SHAPE, order="F")


def make_phantom():
    """Medium, density, media, and the activity and labels of a whole patient."""
    labels = np.zeros(SHAPE)
    labels[cells(SHELL)], labels[cells(SOURCE)] = 2, 1
    source = np.where(labels == 1, 1e6, 0)
    if os.path.isdir(REFERENCE):
        print("phantom: ../shared/reference/egsnrc, Y-90 spectrum of PenRed from there")
        maps = {name: read_reference(name) for name in ("medium", "density", "activity", "labels")}
        patient = {"tia": maps["activity"] * 1e12, "labels": maps["labels"]}
        return PHANTOM_MEDIA, maps["medium"], maps["density"], source, labels, patient
    print("phantom: water with a block of lung (../shared/reference is absent)")
    medium = np.full(SHAPE, 7)
    medium[:, :, 30:] = 1
    density = np.where(medium == 1, 0.26, 1.0)
    return WATER_MEDIA, medium, density, source, labels, {"tia": source, "labels": labels}


def source_section(name, particle):
    size = [(high - low) * SPACING_MM / 10 for low, high in SOURCE]
    centre = [(high + low) / 2 * SPACING_MM / 10 for low, high in SOURCE]
    values = {"nhist": 1e9, "kpar": f'"{particle}"', "direction/type": '"SOLID_ANGLE"', "direction/u": 0.0,
              "direction/v": 0.0, "direction/w": 1.0, "direction/theta0": 0.0, "direction/theta1": 180.0,
              "direction/phi0": 0.0, "direction/dphi": 360.0, "energy/type": '"FILE_SPECTRUM"',
              "energy/filename": f'"{name}.spectrum"', "spatial/type": '"BOX"'}
    for axis, extent, middle in zip("xyz", size, centre):
        values |= {f"spatial/size/d{axis}": extent, f"spatial/position/{axis}": middle}
    return "".join(f"sources/generic/{name}/{key} {value}\n" for key, value in values.items())


def write_penred_job(folder, media, medium, sources):
    """Configuration, geometry and job for transport_penred.py; lengths in cm, energies in eV."""
    numbers = {index: number for number, index in enumerate(media, 1)}
    text = "".join(source_section(name, particle) for name, particle in sources.items())
    text += 'tallies/dose/type "SPATIAL_DOSE_DISTRIB"\ntallies/dose/print-xyz false\n'
    for axis, count in zip("xyz", SHAPE):
        text += (f"tallies/dose/{axis}min 0.0\ntallies/dose/{axis}max {count * SPACING_MM / 10}\n"
                 f"tallies/dose/n{axis} {count}\n")
    text += ('geometry/type "VOXEL"\ngeometry/filename "voxels.dat"\ngeometry/ascii true\n'
             f"geometry/enclosure-margin 1.0\ngeometry/enclosure-material {numbers[0]}\n")
    for number in numbers.values():
        values = {"number": number, "C1": 0.1, "C2": 0.1, "filename": f'"material{number}.mat"'}
        values |= {f"eabs/{particle}": CUT_OFF_KEV * 1e3 for particle in ("electron", "positron", "gamma")}
        values |= {"WCC": WCC_KEV * 1e3, "WCR": WCR_KEV * 1e3}
        text += "".join(f"materials/m{number}/{key} {value}\n" for key, value in values.items())
    text += "simulation/threads 1\nsimulation/seed1 1\nsimulation/seed2 8\n"
    with open(os.path.join(folder, "config.in"), "w") as file:
        file.write(text)
    with open(os.path.join(folder, "voxels.dat"), "w") as file:
        file.write("{} {} {}\n{size} {size} {size}\n".format(*SHAPE, size=SPACING_MM / 10))
        file.writelines(f"{numbers[int(index)]} 1.0\n" for index in medium.ravel(order="F"))
    with open(os.path.join(folder, "job.json"), "w") as file:
        json.dump({"media": list(media.values()), "boxes": [sum(SOURCE, ()), sum(SHELL, ())]}, file)


def start_penred(folder):
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "transport_penred.py")
    process = subprocess.Popen([os.environ["PEERS_PYTHON"], program, folder], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env=os.environ | {"MPLCONFIGDIR": folder})
    print(f"PenRed's preparation: {read_answer(process)['preparationS']:.1f} s of processor time, not counted")
    return process


def read_answer(process):
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"PenRed ended without an answer, status {process.wait()}")
    return json.loads(line)


def run_penred(process, nuclide, decays, emitted, local_kev, source_mass_g):
    """Seconds, and the mean doses per decay in source and shell in Gy."""
    order = [[f"{nuclide}-{particle}", round(decays * histogram.sum())]
             for particle, histogram in emitted.items() if histogram.sum() * decays >= 1]
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    answer = read_answer(process)
    source, both = answer["sumsEVPerG"]
    counts = [np.prod([high - low for low, high in box]) for box in (SOURCE, SHELL)]
    means = np.array([source / counts[0], (both - source) / (counts[1] - counts[0])]) / decays
    means *= JOULES_PER_KEV  # eV/g to Gy has the same factor as keV to J
    means[0] += local_kev * JOULES_PER_KEV * 1e3 / source_mass_g
    return answer["userS"], means


def run_grevy(folder, nuclide, prefix, *options):
    """Processor seconds of the whole program, wall seconds, and its report."""
    names = {name: os.path.join(folder, f"{prefix}{name}.nii.gz") for name in ("tia", "labels")}
    command = [os.environ["GREVY"], "dose", "--engine", "montecarlo", "--nuclide", nuclide, "--json",
               "--tia", names["tia"], "--labels", names["labels"],
               "--density", os.path.join(folder, "density.nii.gz"),
               "--medium", os.path.join(folder, "medium.nii.gz"), "--out", os.path.join(folder, "dose.nii.gz")]
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.perf_counter()
    answer = subprocess.run(command + [str(option) for option in options], check=True, capture_output=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    wall = time.perf_counter() - wall
    return used, wall, json.loads(answer.stdout)


def grevy_means(report):
    labels = {label["label"]: label for label in report["labels"]}
    return np.array([labels[n]["meanGy"] for n in (1, 2)]) / report["decays"], labels[1]["massKg"] * 1e3


def mean_and_sigma(values):
    values = np.array(values)
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


def compare(folder, process, nuclide, emitted, local_kev):
    """Rounds in turns; prints speed and doses. Returns whether the promises hold."""
    ours, theirs = DECAYS[nuclide]
    seconds = {"start": [], "grevy": [], "penred": []}
    doses = {"grevy": [], "penred": []}
    for number in range(1, ROUNDS + 1):
        one = ("--threads", 1, "--seed", number, "--histories")
        seconds["start"].append(run_grevy(folder, nuclide, "source_", *one, 40)[0])
        used, _, report = run_grevy(folder, nuclide, "source_", *one, ours)
        seconds["grevy"].append(used)
        means, source_mass_g = grevy_means(report)
        doses["grevy"].append(means)
        used, means = run_penred(process, nuclide, theirs, emitted, local_kev, source_mass_g)
        seconds["penred"].append(used)
        doses["penred"].append(means)
    start = min(seconds["start"])
    speeds = {"grevy": ours / (np.array(seconds["grevy"]) - start), "penred": theirs / np.array(seconds["penred"])}
    best = {name: values.max() for name, values in speeds.items()}
    median = {name: np.median(values) for name, values in speeds.items()}
    ratio = best["grevy"] / best["penred"]
    verdict = "stretch met" if ratio >= STRETCH else "met" if ratio >= PROMISED else "missed"
    print(f"\n{nuclide:8} decays/s and core  Grevy {best['grevy']:9.0f}  PenRed {best['penred']:7.0f}"
          f"  ratio {ratio:5.0f}  promised {PROMISED:.0f}, stretch {STRETCH:.0f}: {verdict}")
    print(f"    medians of {ROUNDS} rounds: {median['grevy']:.0f} and {median['penred']:.0f}, ratio "
          f"{median['grevy'] / median['penred']:.0f}; Grevy's start, not counted: {start:.2f} s")
    return doses_agree(doses) and ratio >= PROMISED


def doses_agree(doses):
    agree = True
    (mine, mine_sigma), (other, other_sigma) = (mean_and_sigma(doses[name]) for name in ("grevy", "penred"))
    for index, region in enumerate(("source", "shell")):
        difference = mine[index] / other[index] - 1
        sigma = np.hypot(mine_sigma[index], other_sigma[index]) / other[index]
        good = abs(difference) <= 0.01 + 2 * sigma
        agree = agree and good
        print(f"    mean dose in {region}: {mine[index]:.5e} and {other[index]:.5e} Gy per decay, difference "
              f"{100 * difference:+.2f} %, sigma {100 * sigma:.2f} %, allowed {1 + 200 * sigma:.2f} %: "
              f"{'agrees' if good else 'DISAGREES'}")
    return agree


def time_threads(folder):
    walls = {threads: min(run_grevy(folder, "Y-90", "source_", "--histories", THREADED_DECAYS,
                                    "--threads", threads)[2]["seconds"] for _ in range(2)) for threads in (1, 2)}
    print(f"\nGrevy, Y-90, {THREADED_DECAYS} decays: {walls[1]:.2f} s with one thread, {walls[2]:.2f} s with two, "
          f"{walls[1] / walls[2]:.2f} times as fast")
    _, wall, report = run_grevy(folder, "Y-90", "patient_", "--uncertainty", 0.01)
    print(f"Grevy, Y-90, default target (1 sigma of every label with activity below 1 %), {report['threads']} threads: "
          f"{wall:.1f} s with the program's start, {report['histories']} decays")


def has_penred():
    search = "import importlib.util as u, sys; sys.exit(u.find_spec('pyPenred') is None)"
    return subprocess.run([os.environ["PEERS_PYTHON"], "-c", search]).returncode == 0


def main():
    if not has_penred():
        print("skipped: pyPenred is absent; it is built for x86-64 only")
        return 0
    print("load averages before:", *os.getloadavg(), f"on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        media, medium, density, source, labels, patient = make_phantom()
        images = {"medium": medium, "density": density, "source_tia": source, "source_labels": labels,
                  "patient_tia": patient["tia"], "patient_labels": patient["labels"]}
        for name, values in images.items():
            affine = np.diag([SPACING_MM] * 3 + [1.0])
            nibabel.save(nibabel.Nifti1Image(np.asarray(values, np.float32), affine), f"{folder}/{name}.nii.gz")
        emissions = {}
        for nuclide in DECAYS:
            edges, emitted, local_kev = spectra(nuclide)
            emissions[nuclide] = emitted, local_kev
            for particle, histogram in emitted.items():
                write_spectrum(f"{folder}/{nuclide}-{particle}.spectrum", edges, histogram)
        sources = {f"{nuclide}-{particle}": particle for nuclide, (emitted, _) in emissions.items()
                   for particle, histogram in emitted.items() if histogram.sum() > 1e-6}
        write_penred_job(folder, media, medium, sources)
        process = start_penred(folder)
        good = [compare(folder, process, nuclide, *emissions[nuclide]) for nuclide in DECAYS]
        process.stdin.close()
        process.wait()
        time_threads(folder)
    print("load averages after:", *os.getloadavg())
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
