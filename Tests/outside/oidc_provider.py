# SPDX-License-Identifier: Apache-2.0
"""A small OpenID Connect provider for tests; Python's standard library and the program openssl.

Usage: oidc_provider.py FOLDER CLIENT_ID CLIENT_SECRET CLOCK

Makes its keys in FOLDER, listens on a free port of 127.0.0.1, prints its issuer and ends when its
standard input does. Whoever comes to /authorize is signed in at once as the person that
/person/NAME has named. /next/FLAW makes the next token wrong in one way (see `token`), /clock/SECONDS
sets its time, /seen answers with the last authorization request.
"""
import base64
import hashlib
import hmac
import http.server
import json
import re
import secrets
import subprocess
import sys
import threading
import urllib.parse


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*words, given=b""):
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True).stdout


class Key:
    """A key pair that openssl keeps; its public half as RFC 7517 writes it."""

    def __init__(self, folder, name, kind):
        self.name, self.kind = name, kind
        self.path = f"{folder}/{name}-{kind}.pem"
        how = (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if kind == "RS256" else
               ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        openssl("genpkey", *how, "-out", self.path)

    def public(self):
        der = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        base = {"kid": self.name, "use": "sig", "alg": self.kind}
        if self.kind == "ES256":
            return dict(base, kty="EC", crv="P-256", x=b64(der[-64:-32]), y=b64(der[-32:]))
        text = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode()
        return dict(base, kty="RSA", e="AQAB", n=b64(bytes.fromhex(text.strip().split("=")[1])))

    def sign(self, data):
        made = openssl("dgst", "-sha256", "-sign", self.path, given=data)
        if self.kind == "RS256":
            return made
        text = openssl("asn1parse", "-inform", "DER", given=made).decode()
        return b"".join(bytes.fromhex(n.zfill(64)) for n in re.findall(r"INTEGER\s*:(\w+)", text))


class Provider:
    def __init__(self, folder, client, secret, clock):
        self.folder, self.client, self.secret, self.clock = folder, client, secret, clock
        self.person, self.flaw, self.codes, self.seen = "anna", "", {}, {}
        self.keys = [Key(folder, "one", "RS256"), Key(folder, "two", "ES256")]

    def authorize(self, asked):
        self.seen = asked
        code = secrets.token_urlsafe()
        fresh = asked.get("max_age") == "0"
        self.codes[code] = dict(asked, time=self.clock if fresh else self.clock - 3600,
                                person=self.person)
        return asked["redirect_uri"] + "?" + urllib.parse.urlencode(
            {"code": code, "state": asked["state"], "iss": self.issuer})

    def exchange(self, form, login):
        asked = self.codes.pop(form.get("code"), None)
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        good = (asked and login == f"{self.client}:{self.secret}"
                and form.get("grant_type") == "authorization_code"
                and form.get("redirect_uri") == asked["redirect_uri"]
                and asked["code_challenge_method"] == "S256" and challenge == asked["code_challenge"])
        return json.dumps({"id_token": self.token(asked)}) if good else None

    def token(self, asked):
        flaw, self.flaw = self.flaw, ""
        key = self.keys[1 if flaw == "es256" else 0]
        claims = {"iss": self.issuer, "sub": asked["person"], "aud": self.client,
                  "exp": self.clock + 300, "iat": self.clock, "nonce": asked["nonce"],
                  "auth_time": asked["time"]}
        claims.update({
            "wrong-nonce": {"nonce": "another"}, "wrong-aud": {"aud": "another"},
            "two-aud": {"aud": [self.client, "another"]},
            "wrong-azp": {"aud": [self.client, "another"], "azp": "another"},
            "right-azp": {"aud": [self.client, "another"], "azp": self.client},
            "other-issuer": {"iss": "http://127.0.0.1:1"}, "expired": {"exp": self.clock - 61},
            "old-iat": {"iat": self.clock - 3600}, "future-iat": {"iat": self.clock + 3600},
            "old-auth": {"auth_time": self.clock - 61},
            "future-auth": {"auth_time": self.clock + 3600}, "skewed-auth": {
                "auth_time": self.clock - 59}}.get(flaw, {}))
        if flaw == "no-auth":
            del claims["auth_time"]
        header = {"typ": "JWT", "alg": key.kind, "kid": key.name}
        if flaw == "new-key":
            key = Key(self.folder, secrets.token_hex(4), "RS256")
            self.keys.insert(0, key)
            header["kid"] = key.name
        if flaw == "unknown-key":
            header["kid"] = "nobody's"
        if flaw == "crit":
            header["crit"] = ["b64"]
        if flaw in ("none", "hs256"):
            header["alg"] = {"none": "none", "hs256": "HS256"}[flaw]
        text = ".".join(b64(json.dumps(part).encode()) for part in (header, claims)).encode()
        if flaw == "none":
            signature = b""
        elif flaw == "hs256":
            signature = hmac.new(open(key.path, "rb").read(), text, "sha256").digest()
        elif flaw == "other-key":
            signature = Key(self.folder, "other", key.kind).sign(text)
        else:
            signature = key.sign(text)
        if flaw == "changed":
            claims["sub"] = "bert"
            text = text.split(b".")[0] + b"." + b64(json.dumps(claims).encode()).encode()
        return text.decode() + "." + b64(signature)


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, text, status=200, **headers):
        body = (text or "").encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        word, _, rest = parts.path[1:].partition("/")
        at = provider.issuer
        if parts.path == "/.well-known/openid-configuration":
            self.answer(json.dumps({
                "issuer": at, "authorization_endpoint": at + "/authorize",
                "token_endpoint": at + "/token", "jwks_uri": at + "/keys"}))
        elif word == "keys":
            self.answer(json.dumps({"keys": [key.public() for key in provider.keys] + [
                {"kty": "oct", "k": "AAAA"}, {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]}))
        elif word == "authorize":
            asked = dict(urllib.parse.parse_qsl(parts.query))
            self.answer("", 302, Location=provider.authorize(asked))
        elif word == "seen":
            self.answer(json.dumps(provider.seen))
        else:
            if word == "person":
                provider.person = rest
            elif word == "next":
                provider.flaw = rest
            elif word == "clock":
                provider.clock = int(rest)
            self.answer("done")

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(
            self.rfile.read(int(self.headers["Content-Length"])).decode()))
        kind, _, login = self.headers.get("Authorization", "").partition(" ")
        login = urllib.parse.unquote(base64.b64decode(login).decode()) if kind == "Basic" else ""
        tokens = provider.exchange(form, login)
        self.answer(tokens or '{"error":"invalid_grant"}', 200 if tokens else 400)


if __name__ == "__main__":
    provider = Provider(*sys.argv[1:4], int(sys.argv[4]))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(provider.issuer, flush=True)
    sys.stdin.read()
