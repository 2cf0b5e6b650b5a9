# SPDX-License-Identifier: Apache-2.0
"""Web and mail servers for tests of what Grevy sends to other computers; the standard library alone.

Usage: transfer_server.py CERTIFICATE KEY

Listens on free ports of 127.0.0.1, prints their numbers as one line of JSON ("http", "https", "smtp",
"smtps") and ends when its standard input does. /mails answers with the mails that were taken.
"""
import base64
import hashlib
import http.server
import json
import socketserver
import ssl
import sys
import threading
import urllib.parse

stopping = threading.Event()
mails = []
connections = 0


class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        global connections
        super().setup()
        connections += 1

    def log_message(self, *_):
        pass

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        kind, _, rest = urllib.parse.urlsplit(self.path).path[1:].partition("/")
        if kind == "echo":
            self.answer(json.dumps({
                "method": self.command, "path": self.path,
                "headers": [[n.lower(), v] for n, v in self.headers.items()],
                "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(),
                "connections": connections}).encode(), X_Two="a", x_two="b")
        elif kind == "bytes":
            self.answer(bytes(n % 251 for n in range(int(rest))))
        elif kind == "status":
            self.answer(b"reason", status=int(rest))
        elif kind == "short":
            self.send_response(200)
            self.send_header("Content-Length", str(int(rest) + 100))
            self.end_headers()
            self.wfile.write(b"x" * int(rest))
            self.close_connection = True
        elif kind == "silent":
            stopping.wait(60)
        elif kind == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                while not stopping.is_set():
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
            self.close_connection = True
        elif kind == "headers":
            self.answer(b"", **{f"X-{n}": "y" * 1000 for n in range(int(rest))})
        elif kind == "redirect":
            left = int(rest)
            to = f"/redirect/{left - 1}" if left > 1 else "/echo"
            self.answer(b"moved", status=302, Location=to)
        elif kind == "away":
            self.answer(b"", status=302, Location=urllib.parse.unquote(rest))
        elif kind == "mails":
            self.answer(json.dumps(mails).encode())
        else:
            self.answer(b"nothing here", status=404)

    do_GET = do_POST = do_PUT = do_HEAD = handle_any


class MailBox(socketserver.StreamRequestHandler):
    """SMTP as far as RFC 5321 asks of the smallest server, with STARTTLS and AUTH PLAIN."""

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def greet(self):
        self.say("250-mail.example")
        if not self.secure:
            self.say("250-STARTTLS")
        self.say("250 AUTH PLAIN")

    def handle(self):
        self.secure = isinstance(self.request, ssl.SSLSocket)
        mail = {"to": []}
        self.say("220 mail.example")
        while line := self.rfile.readline():
            words = line.decode().strip()
            verb = words[:4].upper()
            if verb == "EHLO":
                self.greet()
            elif verb == "STAR":
                self.say("220 go on")
                self.request = tls.wrap_socket(self.request, server_side=True)
                self.rfile = self.request.makefile("rb")
                self.wfile = self.request.makefile("wb", buffering=0)
                self.secure = True
            elif verb == "AUTH":
                given = words.split()
                if len(given) < 3:
                    self.say("334 ")
                    given.append(self.rfile.readline().decode().strip())
                login = base64.b64decode(given[2]).split(b"\0")[1:]
                good = login == [b"grevy", b"secret word"]
                mail["login"] = good
                self.say("235 welcome" if good else "535 no")
            elif verb == "MAIL":
                mail.update({"from": words, "tls": self.secure})
                self.say("250 ok")
            elif verb == "RCPT":
                if "nobody@" in words:
                    self.say("550 no such person")
                elif "later@" in words:
                    self.say("451 not now")
                else:
                    mail["to"].append(words)
                    self.say("250 ok")
            elif verb == "DATA":
                self.say("354 go on")
                text = b""
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    text += line
                mails.append(dict(mail, text=text.decode()))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("500 what")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass


class SecureServer(Server):
    def finish_request(self, request, address):
        super().finish_request(tls.wrap_socket(request, server_side=True), address)


if __name__ == "__main__":
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[1], sys.argv[2])
    servers = {
        "http": Server(("127.0.0.1", 0), Web), "https": SecureServer(("127.0.0.1", 0), Web),
        "smtp": Server(("127.0.0.1", 0), MailBox),
        "smtps": SecureServer(("127.0.0.1", 0), MailBox)}
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({name: server.server_address[1] for name, server in servers.items()}), flush=True)
    sys.stdin.read()
    stopping.set()
