"""Measures the worklist with 200 readers, alone and while images are brought in.

Usage: bench_worklist.py FOLDER DATA. DATA is a data folder that the demo made (give a copy: an
administrator and a coordinator are added, and a phantom's images). Needs `ab` (Debian's apache2-utils).
Prints one JSON object; reports, and fails only when a reader is refused.
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from api_client import administrator, coordinator
from browser_page import Report
from grevy_server import PROGRAM, ROOT, GrevyServer

READERS, REQUESTS = 200, 4000


def read(server, session):
    """Lets all readers read the worklist. Returns milliseconds and pages a second."""
    # ab speaks HTTP/1.0 and waits for the end of the connection, which has to be asked for.
    done = subprocess.run(
        ["ab", "-q", "-c", str(READERS), "-n", str(REQUESTS), "-s", "120", "-H", "Accept: text/html",
         "-H", "Connection: close", "-C", f"__Host-grevy={session.cookie}", f"{server.base}/"],
        capture_output=True, text=True, check=True).stdout
    at = {int(p): int(ms) for p, ms in re.findall(r"^ +(\d+)% +(\d+)", done, re.MULTILINE)}
    refused = sum(int(n) for n in re.findall(r"(?:Failed requests|Non-2xx responses): +(\d+)", done))
    rate = float(re.search(r"Requests per second: +([\d.]+)", done)[1])
    return {"median, ms": at[50], "p95, ms": at[95], "most, ms": at[100], "pages a second": round(rate)}, refused


def main():
    folder, data = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    report = Report()
    with GrevyServer(data, folder / "worklist.log") as server:
        session = coordinator(administrator(server))
        report.check("Worklist" in session.get("/").text, "the reader does not see the worklist")
        for state in ["alone", "while importing"]:
            # A writer of its own beside the server, on the same database and disk.
            importing = None
            if state != "alone":
                subprocess.run([PROGRAM, "phantom", folder / "phantom", "--seed", "7"], cwd=ROOT, check=True,
                               capture_output=True)
                importing = subprocess.Popen([PROGRAM, "import", folder / "phantom", "--data", data], cwd=ROOT,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            figures, refused = read(server, session)
            if importing:
                figures["the import ran to the end of reading"] = importing.poll() is None
                report.check(importing.wait() == 0, "the import failed")
            report.figures[f"{READERS} readers, {state}"] = figures
            report.check(refused == 0, f"{state}: {refused} readers were refused")
    report.figures["load of the machine"] = [round(load, 1) for load in os.getloadavg()]
    print(json.dumps({"failures": report.failures, "figures": report.figures}, indent=1))
    sys.exit(1 if report.failures else 0)


main()
