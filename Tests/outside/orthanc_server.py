"""Debian's Orthanc on free ports, ended by its process when the block ends."""
import json
import os
import socket
import subprocess
import time
from pathlib import Path

import requests

PROGRAM = Path("/usr/sbin/Orthanc")
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
START_SECONDS = 60


def is_installed():
    return PROGRAM.exists() and PLUGIN.exists()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port):
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


class Orthanc:
    """Orthanc with its usual settings but for those that are given. `base` is its own interface."""

    def __init__(self, folder, **settings):
        self.folder, port = Path(folder), free_port()
        self.base = f"http://127.0.0.1:{port}"
        storage = str(self.folder / "storage")
        self.configuration = {"StorageDirectory": storage, "IndexDirectory": storage, "HttpPort": port, **settings}

    def ask(self, path):
        """What its own interface says, as JSON."""
        return requests.get(self.base + path, timeout=30).json()

    # Answers when it has started.
    ready = "/system"

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "orthanc.json"
        file.write_text(json.dumps(self.configuration))
        with (self.folder / "orthanc.log").open("w") as out:
            self.process = subprocess.Popen([PROGRAM, file], stdout=out, stderr=subprocess.STDOUT)
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends and self.process.poll() is None:
            try:
                if requests.get(self.base + self.ready, timeout=5).status_code == 200:
                    return self
            except requests.ConnectionError:
                pass
            time.sleep(0.1)
        self.__exit__()
        raise SystemExit(f"Orthanc did not start:\n{(self.folder / 'orthanc.log').read_text()[-2000:]}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class OrthancWeb(Orthanc):
    """Orthanc with its DICOMweb plug-in, which begins at `web` and calls the servers that are named."""
    ready = "/dicom-web/studies"

    def __init__(self, folder, servers=None):
        super().__init__(
            folder, Name="peer", RemoteAccessAllowed=False, AuthenticationEnabled=False, DicomServerEnabled=False,
            Plugins=[os.path.realpath(PLUGIN)],
            DicomWeb={"Enable": True, "Root": "/dicom-web/", "Servers": servers or {}})
        self.web = f"{self.base}/dicom-web"
