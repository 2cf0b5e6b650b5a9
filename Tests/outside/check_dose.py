"""Makes files for `grevy dose --ct` with nibabel, and checks the dose by numpy.

Usage: check_dose.py make FOLDER; then `grevy dose --engine local` for tia-N.nii.gz in ct.nii.gz
into dose-N.nii.gz; then check_dose.py check FOLDER KEV, with the electron energy per decay. Prints
one JSON object; exits 1 when a check fails. None of Grevy's code takes part.
"""
import sys
from pathlib import Path

import nibabel
import numpy as np

from objects import Checks

SHAPE, CT_SHAPE = (12, 10, 8), (36, 32, 24)
# Voxel centres in RAS millimetres: 4 x 4 x 2 mm, and a CT of 2 x 2 x 1 mm round them.
AFFINE = np.array([[-4.0, 0, 0, 20], [0, -4, 0, 30], [0, 0, 2, -50], [0, 0, 0, 1]])
CT_AFFINE = np.array([[-2.0, 0, 0, 30], [0, -2, 0, 40], [0, 0, 1, -56], [0, 0, 0, 1]])
# Density points of Docs/Engine-data.md.
HU = [-1000, -98, -97, 14, 23, 60, 120, 1600, 3000]
DENSITY = [0.00121, 0.93, 0.930486, 1.03, 1.031, 1.06, 1.088, 1.9642, 2.8]


def inputs():
    rng = np.random.default_rng(1)
    activity = np.zeros(SHAPE, np.float32)
    activity[3:9, 3:7, 2:6] = rng.uniform(1, 2, (6, 4, 4)) * 1e6
    return activity, rng.integers(-900, 300, CT_SHAPE).astype(np.int16)


def turned(axis):
    """The affine of the same voxels with one axis running the other way: left-handed."""
    affine = AFFINE.copy()
    if axis is not None:
        affine[:3, 3] += AFFINE[:3, axis] * (SHAPE[axis] - 1)
        affine[:3, axis] *= -1
    return affine


def overlap(coarse, fine, axis):
    """Shares of CT voxels in each voxel along an axis, from the edges of both."""
    step, ct_step = AFFINE[axis, axis], CT_AFFINE[axis, axis]
    shares = np.zeros((coarse, fine))
    for n in range(coarse):
        ends = sorted(AFFINE[axis, 3] + step * (n + np.array([-0.5, 0.5])))
        for m in range(fine):
            other = sorted(CT_AFFINE[axis, 3] + ct_step * (m + np.array([-0.5, 0.5])))
            shares[n, m] = max(0, min(ends[1], other[1]) - max(ends[0], other[0]))
    return shares / shares.sum(1, keepdims=True)


def flipped(values, axis):
    return values if axis is None else np.flip(values, axis)


checks = Checks()
folder = Path(sys.argv[2])
activity, numbers = inputs()
turns = {"0": None, "1": 0, "2": 1, "3": 2}
if sys.argv[1] == "make":
    nibabel.save(nibabel.Nifti1Image(numbers, CT_AFFINE), folder / "ct.nii.gz")
    for name, axis in turns.items():
        image = nibabel.Nifti1Image(flipped(activity, axis), turned(axis))
        nibabel.save(image, folder / f"tia-{name}.nii.gz")
else:
    x, y, z = (overlap(SHAPE[n], CT_SHAPE[n], n) for n in range(3))
    density = np.einsum("ia,jb,kc,abc->ijk", x, y, z, np.interp(numbers, HU, DENSITY))
    kilograms = density * 4 * 4 * 2 * 1e-6
    expected = activity * float(sys.argv[3]) * 1.602176634e-16 / kilograms
    inside = activity > 0
    for name, axis in turns.items():
        image = nibabel.load(folder / f"dose-{name}.nii.gz")
        # Single precision of header and map.
        checks.near(f"affine {name}", image.affine, turned(axis), 1e-4)
        checks.near(f"qform {name}", image.header.get_qform(), turned(axis), 1e-4)
        dose = flipped(image.get_fdata(), axis)
        checks.near(f"dose {name}", dose[inside] / expected[inside], 1, 1e-5)
        checks.that(f"no dose elsewhere {name}", (dose[~inside] == 0).all())
sys.exit(checks.end())
