"""A program that calls the server: sets it up as a browser would, then asks with a token."""
import html
import re

import requests

from grevy_server import Authenticator

PASSWORD = "zinc-otter-harbour"


class Session:
    """A browser's requests without a browser: cookie, origin and form token by hand."""

    def __init__(self, base):
        self.base, self.cookie = base, ""

    def get(self, path):
        return requests.get(self.base + path, headers=self.headers(), timeout=30)

    def post(self, path, **fields):
        answer = requests.post(self.base + path, data=fields, allow_redirects=False, timeout=60,
                               headers={**self.headers(), "Origin": self.base})
        # Kept by hand: a jar keeps Secure cookies from a plain address.
        cookie = re.search(r"__Host-grevy=([^;]+)", answer.headers.get("Set-Cookie", ""))
        if cookie:
            self.cookie = cookie[1]
        return answer

    def headers(self):
        return {"Cookie": f"__Host-grevy={self.cookie}", "Accept": "text/html"}

    def form_token(self, path):
        return re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)[1]


def administrator(server):
    """Uses the set-up link and enrols the second factor. Returns the administrator's session."""
    session = Session(server.base)
    link = server.set_up.removeprefix(server.base)
    session.post(link, organisation="NET centre", name="Ada Admin", login="ada", password=PASSWORD)
    enrol(session)
    return session


def enrol(session):
    """Enrols the second factor."""
    page = session.get("/account/second-factor").text
    secret = re.search(r'name="secret"[^>]*value="([A-Z2-7]+)"|value="([A-Z2-7]+)"[^>]*name="secret"', page)
    secret = secret[1] or secret[2]
    session.authenticator = Authenticator(secret)
    answer = session.post("/account/second-factor", secret=secret, code=session.authenticator.code(),
                          csrf=session.form_token("/account/second-factor"))
    codes = re.search(r'class="codes".*?</ul>', answer.text, re.DOTALL)[0]
    session.recovery_codes = re.findall(r"<code>([^<]+)</code>", codes)


def coordinator(session):
    """Has an administrator invite somebody without a second factor, and signs in. Returns the session."""
    return member(session, "Cora Coordinator", "cora", "coordinator")


def radiologist(session):
    """The same of somebody who may send images away, with a second factor."""
    reader = member(session, "Rada Radiologist", "rada", "radiologist")
    enrol(reader)
    return reader


def member(session, name, login, role):
    path = "/administration/accounts"
    page = session.post(path, csrf=session.form_token(path), name=name, login=login, role=role).text
    link = re.search(r"/link/[\w-]+", page)[0]
    reader = Session(session.base)
    reader.post(link, password=PASSWORD)
    reader.post("/sign-in", login=login, password=PASSWORD)
    return reader


def make_token(session, name, *scopes):
    """Makes a token on the administrator's page. Returns it."""
    path = "/administration/tokens"
    fields = {f"scope-{scope}": "yes" for scope in scopes}
    answer = session.post(path, csrf=session.form_token(path), name=name, days="30", **fields)
    return html.unescape(re.search(r"grevy_[\w-]{43}", answer.text)[0])
