"""What transport.py has PenRed emit per decay: histograms of electrons and photons of a nuclide.

Intensities, endpoints and lines are those of `grevy nuclide --json`. The shape of beta branches is that of
the table in ../shared/reference/egsnrc (Y-90) where it is there, otherwise computed here, apart from Grevy.
"""

import csv
import json
import os
import subprocess

import numpy as np
from scipy.special import loggamma

CUT_OFF_KEV = 10.0  # Grevy's, and given to PenRed
BIN_KEV = 0.1
REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "shared", "reference", "egsnrc")


def beta_density(branch, charge, mass_number, energies):
    """Spectrum per keV of one branch, Fermi theory of a point nucleus without screening, normalised.

    N(W) = F₀ p W q² C, with C = 1, or q² + λ₂p² for unique first forbidden, λ₂ = F₁/F₀;
    Behrens and Jaenecke, Landolt-Boernstein I/4, 1969. W, p, q in units of the electron's rest energy.
    """
    rest, alpha = 510.99895, 1 / 137.035999
    radius = 1.2 * mass_number ** (1 / 3) / 386.159268
    w, w0 = energies / rest + 1, branch["endpointKeV"] / rest + 1
    p, q = np.sqrt(w * w - 1), np.clip(w0 - w, 0, None)

    def fermi(k, double_factorial):
        gamma, eta = np.sqrt(k * k - (alpha * charge) ** 2), alpha * charge * w / p
        logarithm = np.pi * eta + 2 * (loggamma(gamma + 1j * eta).real - loggamma(1 + 2 * gamma).real)
        factor = (k * double_factorial) ** 2 * 4**k * (k + gamma) / (2 * k)
        return factor * (2 * p * radius) ** (2 * (gamma - k)) * np.exp(logarithm)

    first = fermi(1, 1)
    shape = q * q + fermi(2, 3) / first * p * p if branch["shape"] == "firstForbiddenUnique" else 1
    density = first * p * w * q * q * shape
    density /= density.sum() * BIN_KEV
    mean = (density * energies).sum() * BIN_KEV
    if branch["intensity"] > 0.01 and abs(mean / branch["meanKeV"] - 1) > 0.005:
        raise SystemExit(f"beta spectrum of mean {mean:.2f} keV, Grevy's {branch['meanKeV']:.2f} keV")
    return density


def spectra(nuclide):
    """Electrons and photons of 0.1 keV bins per decay for PenRed, and the keV that it leaves out."""
    data = json.loads(subprocess.run([os.environ["GREVY"], "nuclide", nuclide, "--json"],
                                     check=True, capture_output=True).stdout)
    top = max([branch["endpointKeV"] for branch in data["betaBranches"]])
    edges = np.arange(1, int(top / BIN_KEV) + 3) * BIN_KEV
    middles = (edges[1:] + edges[:-1]) / 2
    table = os.path.join(REFERENCE, f"beta_spectrum_{nuclide}.csv")
    if os.path.exists(table):
        with open(table) as file:
            rows = [row for row in csv.reader(file) if not row[0].startswith(("#", "E"))]
        energies, density = np.array(rows, float).T
        electrons = np.interp(middles, energies, density, right=0) * BIN_KEV
    else:
        electrons = sum(branch["intensity"] * BIN_KEV
                        * beta_density(branch, data["atomicNumber"] + 1, data["massNumber"], middles)
                        for branch in data["betaBranches"])
    photons, local = np.zeros(len(middles)), 0.0
    for histogram, lines in ((electrons, data["electrons"]), (photons, data["photons"])):
        for line in lines:
            if line["energyKeV"] < CUT_OFF_KEV:
                local += line["energyKeV"] * line["perDecay"]
            else:
                histogram[np.searchsorted(edges, line["energyKeV"]) - 1] += line["perDecay"]
    print(f"{nuclide} per decay, keV: Grevy emits {data['electronKeVPerDecay']:.2f} as electrons and "
          f"{data['photonKeVPerDecay']:.2f} as photons;")
    print(f"    PenRed {electrons @ middles:.2f} ({electrons.sum():.4f} electrons) and {photons @ middles:.2f}"
          f" ({photons.sum():.4f} photons); {local:.2f} of lines below the cut-off are added to its source box")
    return edges, {"electron": electrons, "gamma": photons}, local


def write_spectrum(path, edges, histogram):
    with open(path, "w") as file:
        for edge, share in zip(edges, histogram):
            file.write(f"{edge * 1e3:.7E} {share:.7E}\n")
        file.write(f"{edges[-1] * 1e3:.7E} -1\n")
