"""The real server on a data folder with the demo's patient, for checks in a browser."""
import base64
import hashlib
import hmac
import re
import struct
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/grevy"
START_SECONDS = 30
STEP_SECONDS = 30


def demo_data(folder):
    """Makes the smaller demo patient. Returns its data folder."""
    made = subprocess.run(
        [PROGRAM, "demo", "--out", folder / "demo", "--half-size", "--no-pdf"],
        cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SystemExit(f"grevy demo: {made.returncode}\n{made.stdout[-2000:]}{made.stderr[-2000:]}")
    return folder / "demo" / "data"


class GrevyServer:
    """`grevy serve` on a free port, ended by its process when the block ends."""

    def __init__(self, data, log, *options, is_new=True):
        self.data, self.log, self.options = data, Path(log), options
        # Without an administrator the server prints the link that makes one.
        self.is_new = is_new
        self.base = self.set_up = None

    def __enter__(self):
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--data", self.data, "--port", "0",
                 "--signing-key", self.log.with_suffix(".key.pem"), *self.options],
                cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends and self.process.poll() is None:
            text = self.log.read_text()
            address = re.search(r"Grevy listens on (https?://\S+?)/\s", text)
            link = re.search(r"Set it up within 30 minutes: (\S+)\s", text)
            if address and (link or not self.is_new):
                self.base, self.set_up = address[1], link and link[1]
                return self
            time.sleep(0.05)
        self.__exit__()
        raise SystemExit(f"the server did not start:\n{self.log.read_text()[-2000:]}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Authenticator:
    """Codes of one second factor (RFC 6238); the server takes each only once, so none is repeated."""

    def __init__(self, secret):
        self.key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self.last = 0

    def code(self):
        # One step behind and one ahead are taken too, as for clocks that differ; the one behind is
        # left alone when it could be two behind on arrival.
        behind = time.time() % STEP_SECONDS < STEP_SECONDS / 2
        step = max(int(time.time() // STEP_SECONDS) - behind, self.last + 1)
        while step > time.time() // STEP_SECONDS + 1:
            time.sleep(0.2)
        self.last = step
        mac = hmac.new(self.key, struct.pack(">Q", step), hashlib.sha1).digest()
        start = mac[-1] & 15
        return f"{(struct.unpack('>I', mac[start:start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"
