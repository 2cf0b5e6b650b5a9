"""Runs PenRed for transport.py, which writes config.in, geometry and spectra into the folder given.

Makes PENELOPE's material files there, starts one interactive simulation of one thread, then answers
every line of standard input (sources and histories) with the processor time of just these histories
and the sums of the dose over each box of voxels. Materials and tables are made before the first
answer and counted apart. Runs in the environment of requirements-peers.txt.
"""

import json
import os
import re
import resource
import sys

from pyPenred import simulation

WAIT_S = 600


def user_seconds():
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def make_materials(media):
    """One file per density: the dose tally takes the mass from the material, not from density factors."""
    listed = {}
    for number, (identifier, density) in enumerate(media, 1):
        if identifier not in listed:
            simulation.materials.createListed(identifier, "listed.mat")
            with open("listed.mat") as file:
                listed[identifier] = file.read()
        text, count = re.subn(r"(Mass density = )\S+", rf"\g<1>{density:.8E}", listed[identifier], count=1)
        if count != 1:
            raise SystemExit("no mass density in a material file of PENELOPE")
        with open(f"material{number}.mat", "w") as file:
            file.write(text)


def run(simulator, instruction, *arguments):
    number = getattr(simulator, instruction)(*arguments)
    if not simulator.instructionWait(number, WAIT_S):
        raise SystemExit(f"PenRed did not finish {instruction} {arguments} in {WAIT_S} s")


def main():
    os.chdir(sys.argv[1])
    with open("job.json") as file:
        job = json.load(file)
    make_materials(job["media"])
    simulation.setConfigurationLog("configuration.log")
    simulation.setSimulationLog("simulation.log")
    simulator = simulation.create()
    simulator.configFromFile("config.in")
    simulator.simulate(True, True)
    histories = 0
    before = [0.0] * len(job["boxes"])
    print(json.dumps({"preparationS": user_seconds()}), flush=True)
    for line in sys.stdin:
        start = user_seconds()
        for source, count in json.loads(line):
            run(simulator, "instructionSimulate", source, count)
            histories += count
        used = user_seconds() - start
        run(simulator, "instructionUpdateResults", "dose")
        values = simulator.getResults(["dose"])["dose"][0].data()[0]
        # Per history so far, indices z, y, x.
        after = [float(values[k0:k1, j0:j1, i0:i1].sum()) * histories for i0, i1, j0, j1, k0, k1 in job["boxes"]]
        sums = [a - b for a, b in zip(after, before)]
        before = after
        print(json.dumps({"userS": used, "sumsEVPerG": sums}), flush=True)
    # pyPenred 1.15.2 crashes when Python takes its modules down.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
