"""Requests that mean harm, many readers at once, and a server that is killed while it writes."""
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pydicom
import requests
from pynetdicom import AE

from api_client import administrator, make_token
from grevy_server import PROGRAM, ROOT, GrevyServer
from hostile_client import Uploader, jobs, people, same_person, wait_for_jobs
from orthanc_server import free_port

CLAIM = 4 << 30
READERS, PAGES_EACH = 200, 10
# A head is waited for 30 s; more is the machine's.
HEAD_SECONDS = 45
ANSWER_SECONDS = 15
MEMORY_MB = 200
# The node looks for new peers every two seconds.
PEER_SECONDS = 20
SAVERS, SAVES, SAVING_SECONDS = 8, 150, 60


def server_process(server):
    """`grevy serve` becomes `grevy-server` under the same number."""
    return server.process.pid


def status_of(server, name):
    text = Path(f"/proc/{server_process(server)}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith(name)).split()[1]) // 1024


def peak_megabytes(server):
    return status_of(server, "VmHWM")


def connect(server):
    parts = urlsplit(server.base)
    return socket.create_connection((parts.hostname, parts.port), timeout=HEAD_SECONDS)


def first_line(connection, seconds):
    connection.settimeout(seconds)
    try:
        return connection.recv(4096).split(b"\r\n")[0].decode("latin-1")
    except (socket.timeout, ConnectionError) as error:
        return type(error).__name__


def check_bodies(server, session, report):
    """Bodies that claim 4 GB and bring 10 bytes are refused at once, or end with their connection."""
    host = urlsplit(server.base).netloc
    before, worst = status_of(server, "VmRSS"), 0.0
    csrf = session.form_token("/bring-in")
    common = {"Host": host, "Cookie": f"__Host-grevy={session.cookie}", "Origin": server.base, "X-CSRF-Token": csrf}
    for method, path, kind in [
            ("POST", "/sign-in", "application/x-www-form-urlencoded"), ("POST", "/cases/1/comments", "application/x-www-form-urlencoded"),
            ("POST", "/cases/1/vois/drawn?name=x&role=other&base=&ct=x", "application/octet-stream"),
            ("POST", "/api/v1/cases/1/plans", "application/yaml"),
            ("POST", "/new-case", "application/x-www-form-urlencoded")]:
        head = {**common, "Content-Type": kind, "Content-Length": str(CLAIM)}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", "0123456789"]
        with connect(server) as connection:
            start = time.monotonic()
            connection.sendall("\r\n".join(lines).encode())
            answer = first_line(connection, ANSWER_SECONDS)
            worst = max(worst, time.monotonic() - start)
            report.check(" 4" in answer and " 408" not in answer, f"{method} {path}: a body of 4 GB gets '{answer}'")
    grown = status_of(server, "VmRSS") - before
    report.figures["bodies of 4 GB: memory grown, MB; longest answer, s"] = [grown, round(worst, 2)]
    report.check(grown < MEMORY_MB, f"bodies that claim 4 GB took {grown} MB")


def check_slow(server, report):
    """A head that comes byte by byte is not waited for, and 50 of them keep nobody from reading."""
    slow = [connect(server) for _ in range(50)]
    start, times = time.monotonic(), []
    for connection in slow:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
    is_open = [True] * len(slow)
    while any(is_open) and time.monotonic() - start < HEAD_SECONDS:
        for number, connection in enumerate(slow):
            if not is_open[number]:
                continue
            try:
                connection.sendall(b"x")
                connection.settimeout(0.001)
                is_open[number] = connection.recv(64) != b""
            except socket.timeout:
                pass
            except OSError:
                is_open[number] = False
        began = time.monotonic()
        report.check(requests.get(server.base + "/healthz", timeout=10).ok, "slow requests keep others out")
        times.append(time.monotonic() - began)
        time.sleep(1)
    took = time.monotonic() - start
    report.check(not any(is_open), f"{sum(is_open)} slow requests are open after {took:.0f} s")
    report.figures["slow requests closed after, s; others' longest answer meanwhile, s"] = [round(took, 1), round(max(times), 2)]
    for connection in slow:
        connection.close()


def stored_status(port, file):
    """The status of a C-STORE of one file."""
    image = pydicom.dcmread(file)
    entity = AE(ae_title="CT")
    entity.add_requested_context(image.SOPClassUID, image.file_meta.TransferSyntaxUID)
    ends = time.monotonic() + PEER_SECONDS
    while True:
        association = entity.associate("127.0.0.1", port, ae_title="GREVY")
        if association.is_established or time.monotonic() > ends:
            break
        time.sleep(0.2)
    if not association.is_established:
        return -1
    status = association.send_c_store(image).get("Status", -1)
    association.release()
    return status


def stow(server, token, file):
    body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + file.read_bytes() + b"\r\n--x--\r\n"
    return requests.post(f"{server.base}/dicomweb/studies", data=body, timeout=60, headers={
        "Authorization": f"Bearer {token}", "Content-Type": 'multipart/related; type="application/dicom"; boundary=x'}).status_code


def fill(disk):
    """Takes the room that is left, but for 4 MiB: less than the eighth part that is kept free of a small disk."""
    with open(disk / "others", "wb") as out:
        while shutil.disk_usage(disk).free > 4 << 20:
            out.write(bytes(1 << 20))
            out.flush()


def check_full_disk(folder, report):
    """On a small disk that is full C-STORE answers 0xA700, STOW 507, and pages are read."""
    disk, files = folder / "small-disk", phantom(folder, 23)
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode != 0:
        report.figures["full disk"] = "not tried: a small disk cannot be mounted here"
        return
    port, data = free_port(), disk / "data"
    try:
        with GrevyServer(data, folder / "full.log", "--dicom-port", str(port)) as server:
            admin = administrator(server)
            token = make_token(admin, "archive", "stow", "qido", "wado")
            table = folder / "peer.csv"
            table.write_text("key,value\ntitle,CT\naddress,127.0.0.1\n")
            added = subprocess.run([PROGRAM, "settings", "add", "dicom-peer", "ct", table, "--date", "2026-11-22", "--reason", "check",
                                    "--data", data], cwd=ROOT, capture_output=True, text=True, check=False)
            report.check(added.returncode == 0, f"a peer: {added.stderr[-200:]}")
            before = stored_status(port, files[0]), stow(server, token, files[1])
            report.check(before[0] == 0 and before[1] in (200, 202), f"with room C-STORE {before[0]}, STOW {before[1]}")
            fill(disk)
            full = stored_status(port, files[2]), stow(server, token, files[3])
            report.check(full == (0xA700, 507), f"on a full disk C-STORE {full[0]:#06x}, STOW {full[1]}")
            pages = [admin.get(path).status_code for path in ("/administration/accounts", "/account", "/healthz")]
            report.check(pages == [200, 200, 200], f"on a full disk pages are {pages}")
            (disk / "others").unlink()
            after = stored_status(port, files[2]), stow(server, token, files[3])
            report.check(after[0] == 0 and after[1] in (200, 202), f"with room again C-STORE {after[0]}, STOW {after[1]}")
            report.figures["C-STORE and STOW on a full disk"] = [f"{full[0]:#06x}", full[1]]
        is_intact(data, report, "after a full disk")
    finally:
        subprocess.run(["umount", "--lazy", disk], check=False)


def check_no_audit(data, session, reader, report):
    """Where the trail takes no entry, nothing is shown to who had not read it, and nothing is kept."""
    base = sqlite3.connect(data / "grevy.sqlite", timeout=30, isolation_level=None)
    csrf = session.form_token("/cases/1")
    base.execute("CREATE TRIGGER noAudit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END")
    try:
        page = reader.get("/cases/1")
        kept = session.post("/cases/1/comments", csrf=csrf, text="written without a trail")
    finally:
        base.execute("DROP TRIGGER noAudit")
        base.close()
    report.check(page.status_code >= 500 and "Mallory" not in page.text, f"without a trail a case is shown: {page.status_code}")
    report.check(kept.status_code >= 500, f"without a trail a comment gets {kept.status_code}")
    after = reader.get("/cases/1")
    report.check(after.status_code == 200 and "written without a trail" not in after.text, f"with a trail again: {after.status_code}")


def phantom(folder, seed):
    made = folder / f"phantom-{seed}"
    subprocess.run([PROGRAM, "phantom", made, "--half-size", "--seed", str(seed)], cwd=ROOT, capture_output=True, check=True)
    return sorted((made / "dicom").rglob("*.dcm"))


def upload(session, files):
    uploader = Uploader(session)
    for number, file in enumerate(files):
        uploader.send(f"{number}.dcm", file.read_bytes())
    return uploader


def check_readers(server, session, reader, folder, report):
    """200 readers at once while images are imported: everybody gets the page, the import ends well."""
    uploader = upload(session, phantom(folder, 21))
    uploader.import_all()
    barrier, times, wrong = threading.Barrier(READERS), [], []

    def read(_):
        own = requests.Session()
        barrier.wait()
        for _ in range(PAGES_EACH):
            start = time.monotonic()
            try:
                answer = own.get(server.base + "/", headers=reader.headers(), timeout=120)
                if answer.status_code != 200 or "Worklist" not in answer.text:
                    wrong.append(answer.status_code)
            except requests.RequestException as error:
                wrong.append(type(error).__name__)
            times.append(time.monotonic() - start)

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(read, range(READERS)))
    report.check(wrong == [], f"of {READERS * PAGES_EACH} pages {len(wrong)} were refused: {wrong[:5]}")
    found = wait_for_jobs(session, report)
    report.check(all(job["state"] == "done" for job in found), f"jobs: {[(j['state'], j['sentence']) for j in found][:4]}")
    report.figures[f"{READERS} readers while importing, median, p95, ms"] = [
        round(1000 * float(np.percentile(times, p))) for p in (50, 95)]


def is_intact(data, report, when):
    done = subprocess.run([PROGRAM, "audit", "verify", "--data", data], cwd=ROOT, capture_output=True, text=True, check=False)
    report.check(done.returncode == 0, f"{when}, the data folder: {done.stdout[-300:]} {done.stderr[-300:]}")


def kill(server):
    os.kill(server_process(server), signal.SIGKILL)
    server.process.wait()


def save_until_killed(server, session, report):
    """Eight people comment as fast as they can while the server is killed. Returns what was acknowledged."""
    answer = session.post("/new-case", csrf=session.form_token("/new-case"), family="Saved", sex="O",
                          birthDate="1960-01-01", patientID="S-1")
    report.check(answer.status_code == 303, f"a case to save in: {answer.status_code}")
    csrf, acknowledged = session.form_token("/cases/1"), []

    def save(person):
        for number in range(10_000):
            text = f"saved-{person}-{number}-end"
            try:
                answer = session.post("/cases/1/comments", csrf=csrf, text=text)
            except requests.RequestException:
                return
            if answer.status_code == 303:
                acknowledged.append(text)

    threads = [threading.Thread(target=save, args=(n,)) for n in range(SAVERS)]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + SAVING_SECONDS
    while len(acknowledged) < SAVES and time.monotonic() < ends:
        time.sleep(0.01)
    kill(server)
    for thread in threads:
        thread.join()
    return acknowledged


def import_until_killed(server, session, files, report):
    """Kills the server while a job imports."""
    upload(session, files).import_all()
    ends = time.monotonic() + SAVING_SECONDS
    while not any(job["state"] == "running" for job in jobs(session)) and time.monotonic() < ends:
        time.sleep(0.02)
    report.check(any(job["state"] == "running" for job in jobs(session)), "the import does not run when the server is killed")
    kill(server)


def check_killed(folder, report):
    """kill -9 while people save and while a job imports: what was acknowledged is there, once."""
    data, files = folder / "killed-data", phantom(folder, 22)
    with GrevyServer(data, folder / "killed.log") as server:
        _, session, _ = people(server)
        acknowledged = save_until_killed(server, session, report)
    is_intact(data, report, "killed while saving")
    with GrevyServer(data, folder / "killed-import.log", is_new=False) as server:
        session = same_person(session, server.base)
        page = session.get("/cases/1").text
        lost = [text for text in acknowledged if text not in page]
        report.check(len(acknowledged) >= SAVERS, f"only {len(acknowledged)} saves before the kill")
        report.check(lost == [], f"{len(lost)} of {len(acknowledged)} acknowledged saves are gone")
        import_until_killed(server, session, files, report)
    with GrevyServer(data, folder / "killed-again.log", is_new=False) as server:
        session = same_person(session, server.base)
        found = wait_for_jobs(session, report)
        report.check([job["state"] for job in found] == ["done"], f"the killed import: {[j['state'] for j in found]}")
    is_intact(data, report, "killed while importing")
    listed = json.loads(subprocess.run([PROGRAM, "list", "--data", data, "--json"], cwd=ROOT, check=True, capture_output=True).stdout)
    kept = sum(s["instances"] for p in listed["patients"] for study in p["studies"] for s in study["series"])
    report.check(kept == len(files), f"of {len(files)} files {kept} are there after the killed import")
    report.figures["saves acknowledged before the kill, lost; files of the killed import, there"] = [
        len(acknowledged), len(lost), len(files), kept]
