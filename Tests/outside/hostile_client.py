"""People of a hospital under attack, and what they send, without a browser."""
import hashlib
import re
import time
from urllib.parse import quote

import requests

from api_client import PASSWORD, Session, administrator
from grevy_server import Authenticator

PIECE = 4 << 20
JOB_SECONDS = 300


def people(server):
    """Sets the server up. Returns the sessions of a physicist and of a coordinator."""
    admin = administrator(server)
    path = "/administration/accounts"
    sessions = []
    for login, name, role in [("phil", "Phil Physicist", "physicist"), ("cora", "Cora Coordinator", "coordinator")]:
        page = admin.post(path, csrf=admin.form_token(path), name=name, login=login, role=role).text
        session = Session(server.base)
        session.post(re.search(r"/link/[\w-]+", page)[0], password=PASSWORD)
        session.post("/sign-in", login=login, password=PASSWORD)
        if role == "physicist":
            factor = "/account/second-factor"
            secret = re.search(r'value="([A-Z2-7]{16,})"', session.get(factor).text)[1]
            session.post(factor, secret=secret, code=Authenticator(secret).code(), csrf=session.form_token(factor))
        sessions.append(session)
    return sessions


def same_person(session, base):
    """The session on a server that was started again."""
    again = Session(base)
    again.cookie = session.cookie
    return again


class Uploader:
    """Sends files as the page "Bring in" does, in pieces, and goes on where it was."""

    def __init__(self, session):
        self.session = session
        self.csrf = session.form_token("/bring-in")
        answer = requests.post(f"{session.base}/uploads", headers=self.headers(), timeout=30)
        self.path = answer.json()["path"]

    def headers(self):
        return {**self.session.headers(), "X-CSRF-Token": self.csrf, "Origin": self.session.base}

    def send(self, name, content):
        for start in range(0, len(content), PIECE):
            piece = content[start:start + PIECE]
            answer = requests.put(
                f"{self.session.base}{self.path}/file", data=piece, timeout=120,
                headers={**self.headers(), "Content-Type": "application/octet-stream", "Grevy-File": quote(name, safe=""),
                         "Grevy-Size": str(len(content)), "Grevy-Offset": str(start),
                         "Grevy-SHA256": hashlib.sha256(piece).hexdigest()})
            if answer.status_code != 200:
                raise AssertionError(f"a piece: {answer.status_code} {answer.text[:200]}")

    def import_all(self):
        answer = self.session.post(f"{self.path}/import", csrf=self.csrf)
        if answer.status_code != 303:
            raise AssertionError(f"an import: {answer.status_code}")


def jobs(session):
    return session.get("/api/v1/jobs").json()["jobs"]


def wait_for_jobs(session, report, seconds=JOB_SECONDS):
    """Until none waits or runs. Returns them."""
    ends = time.monotonic() + seconds
    while True:
        found = jobs(session)
        if all(job["state"] not in ("queued", "running") for job in found):
            return found
        if time.monotonic() > ends:
            report.check(False, f"jobs do not end: {[job['state'] for job in found]}")
            return found
        time.sleep(0.2)
