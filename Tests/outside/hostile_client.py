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
# What a change of role or status may take to end sessions.
ENDED_SECONDS = 5


def invited(admin, login, name, role):
    """Invites somebody, who takes a password and signs in. Returns the session."""
    path = "/administration/accounts"
    page = admin.post(path, csrf=admin.form_token(path), name=name, login=login, role=role).text
    session = Session(admin.base)
    session.post(re.search(r"/link/[\w-]+", page)[0], password=PASSWORD)
    session.post("/sign-in", login=login, password=PASSWORD)
    return session


def people(server):
    """Sets the server up. Returns the sessions of an administrator, a physicist and a coordinator."""
    admin = administrator(server)
    sessions = [admin]
    for login, name, role in [("phil", "Phil Physicist", "physicist"), ("cora", "Cora Coordinator", "coordinator")]:
        session = invited(admin, login, name, role)
        if role == "physicist":
            factor = "/account/second-factor"
            secret = re.search(r'value="([A-Z2-7]{16,})"', session.get(factor).text)[1]
            session.post(factor, secret=secret, code=Authenticator(secret).code(), csrf=session.form_token(factor))
        sessions.append(session)
    return sessions


def change(admin, name, **fields):
    """Changes somebody's row on the page of accounts."""
    path = "/administration/accounts"
    page = admin.get(path).text
    number = re.search(r'action="/administration/accounts/(\d+)"', page[page.index(name):])[1]
    return admin.post(f"{path}/{number}", csrf=admin.form_token(path), **fields)


def check_ended_sessions(server, admin, report):
    """A change of role or status ends sessions and the streams they listen to; a copy is given no more."""
    took = {}
    for login, name, fields in [("rolf", "Rolf Role", {"role": "surgeon"}),
                                ("stan", "Stan Status", {"role": "coordinator", "disabled": "yes"})]:
        session = invited(admin, login, name, "coordinator")
        address = "/cases/1/volumes/" + re.search(r"left=(se-\w+)", session.get("/cases/1").text)[1]
        first = session.get(address)
        headers = {**session.headers(), "Accept": "*/*", "If-None-Match": first.headers.get("ETag", "")}
        again = requests.get(server.base + address, headers=headers, timeout=60)
        report.check(again.status_code == 304, f"a copy that is kept: {first.status_code}, {again.status_code}")
        stream = requests.get(server.base + "/jobs/events", headers=session.headers(), stream=True, timeout=60)
        next(stream.iter_content(1), None)
        answer = change(admin, name, **fields)
        report.check(answer.status_code in (200, 303), f"changing {login}: {answer.status_code}")
        start = time.monotonic()
        try:
            for _ in stream.iter_content(1024):
                pass
        except requests.RequestException:
            pass
        took[login] = round(time.monotonic() - start, 1)
        report.check(took[login] <= ENDED_SECONDS, f"{login}'s stream ends after {took[login]} s")
        status = requests.get(server.base + address, headers=headers, timeout=60, allow_redirects=False).status_code
        report.check(status == 401, f"after the change of {login} a conditional request gets {status}")
    report.figures["streams ended after a change of role, of status, s"] = list(took.values())


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
