"""How many instances a second storescu stores in Grevy and in Orthanc, on one machine in one run.

Usage: bench_node.py FOLDER. Orthanc keeps its usual settings but for its ports and folder. Each instance is
a CT slice of 0.5 MB. Exits 1 when Grevy misses what is promised: ten times Orthanc on one association, as much
as Orthanc on five at once, and every instance in both.
"""
import subprocess
import sys
import time
from pathlib import Path

import check_node
from api_client import administrator
from check_node import Node, add_peer, grevy, series, wait_for_port
from orthanc_server import Orthanc, free_port

ROUNDS = 3
ONE, FIVE = 200, 60
PROMISED_ONE, PROMISED_FIVE = 10, 1


def rate(port, parts):
    """Stores parts at once, an association each. Returns instances a second."""
    start = time.monotonic()
    senders = [
        subprocess.Popen(["/usr/bin/storescu", "-aet", "CT", "-aec", "GREVY", "127.0.0.1", str(port), *map(str, part)])
        for part in parts]
    if any([sender.wait() for sender in senders]):
        raise SystemExit("storescu failed")
    return sum(map(len, parts)) / (time.monotonic() - start)


def main():
    folder = Path(sys.argv[1]).resolve()
    check_node.SIZE = 512
    best = {}
    series(folder / "first", 1, 0)
    data = folder / "data"
    grevy("import", folder / "first", "--data", data)
    orthanc_port = free_port()
    with Node(data, folder / "server.log", free_port(), True) as node, \
            Orthanc(folder / "orthanc", DicomPort=orthanc_port, DicomAet="GREVY") as orthanc:
        wait_for_port(orthanc_port)
        administrator(node)
        add_peer(data, folder, "ct", "title,CT", "address,127.0.0.1")
        add_peer(data, folder, "pacs", "title,PACS", "address,127.0.0.1", "may,query")
        time.sleep(2.5)
        expected, studies = 0, []
        for n in range(ROUNDS):
            one, study = series(folder / f"one-{n}", ONE, n)
            studies.append((study, ONE))
            five = []
            for k in range(5):
                part, study = series(folder / f"five-{n}-{k}", FIVE, 10 * n + k)
                five.append(part)
                studies.append((study, FIVE))
            expected += ONE + 5 * FIVE
            for name, parts in [("one association", [one]), ("five associations", five)]:
                for program, port in [("Grevy", node.dicom_port), ("Orthanc", orthanc_port)]:
                    key = (name, program)
                    best[key] = max(best.get(key, 0), rate(port, parts))
                # What was just stored is listed meanwhile, which is not the peers' to wait for.
                node.wait_for(studies[-1][0], studies[-1][1])
        listed = sum(node.wait_for(study, count) for study, count in studies)
        same = listed == expected == orthanc.ask("/statistics")["CountInstances"]
    print(f"{'storescu, 0.5 MB CT instances/s':34} {'Grevy':>8} {'Orthanc':>8} {'ratio':>7} {'promised':>9}")
    held = same
    for name, promised in [("one association", PROMISED_ONE), ("five associations", PROMISED_FIVE)]:
        ours, theirs = best[name, "Grevy"], best[name, "Orthanc"]
        held = held and ours / theirs >= promised
        print(f"{name:34} {ours:8.0f} {theirs:8.0f} {ours / theirs:7.1f} {promised:9}")
    print(f"instances in both: {'all' if same else f'{listed} of {expected} listed'}")
    sys.exit(0 if held else 1)


main()
