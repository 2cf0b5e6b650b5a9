"""A DICOMweb server that misbehaves in one of many ways, on a free port of this machine.

The first part of an address says how. What was asked is kept, so that a check sees what was asked again.
"""
import collections
import http.server
import json
import threading

BOUNDARY = "stub-part"
WAIT_SECONDS = 120


def named(study, series, instance):
    return {"0020000D": {"vr": "UI", "Value": [study]}, "0020000E": {"vr": "UI", "Value": [series]},
            "00080018": {"vr": "UI", "Value": [instance]}}


def multipart(files, end=True):
    body = b"".join(
        b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n" % (BOUNDARY.encode(), f) for f in files)
    return body + (b"--%s--\r\n" % BOUNDARY.encode() if end else b"")


class Stub:
    """`files` are the encoded instances of `study`'s only series, by UID, in order."""

    def __init__(self, strangers):
        self.study, self.files, self.strangers = "", {}, strangers
        self.asked = collections.Counter()
        self.is_mended = False
        self.is_waiting, self.goes_on = threading.Event(), threading.Event()
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                stub.asked[self.path] += 1
                _, how, rest = self.path.split("/", 2)
                getattr(stub, f"do_{how}", stub.usual)(self, rest.split("?")[0], self.path)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    # Answers

    def say(self, line, body, status=200, kind="application/dicom+json", claimed=None, **headers):
        line.send_response(status)
        line.send_header("Content-Type", kind)
        line.send_header("Content-Length", str(claimed or len(body)))
        for name, value in headers.items():
            line.send_header(name, value)
        line.end_headers()
        try:
            line.wfile.write(body)
        except ConnectionError:
            # Who asks has had enough.
            line.close_connection = True
        if claimed:
            line.close_connection = True

    def list(self, line, items):
        self.say(line, json.dumps(items).encode())

    def parts(self, line, files, end=True, claimed=None):
        self.say(line, multipart(files, end), claimed=claimed,
                 kind=f'multipart/related; type="application/dicom"; boundary={BOUNDARY}')

    def usual(self, line, rest, path):
        """As it should be."""
        if rest.endswith("/instances"):
            self.list(line, [] if "offset=0" not in path else
                      [named(self.study, f"{self.study}.1", uid) for uid in self.files])
        elif "/instances/" in rest:
            self.parts(line, [self.files[rest.rsplit("/", 1)[1]]])
        else:
            self.parts(line, list(self.files.values()))

    # Ways to misbehave

    def do_breaks(self, line, rest, path):
        """The series ends amid an instance, as do the later ones of its instances until it is mended."""
        late = list(self.files)[len(self.files) // 2:]
        if self.is_mended or rest.endswith("/instances"):
            return self.usual(line, rest, path)
        uid = rest.rsplit("/", 1)[1]
        if "/instances/" in rest and uid not in late:
            return self.usual(line, rest, path)
        return self.parts(line, [next(iter(self.files.values()))], end=False, claimed=1 << 20)

    def do_slow(self, line, rest, path):
        """Gives no series as a whole, and after half of its instances waits until it is told to go on."""
        if rest.endswith("/instances"):
            return self.usual(line, rest, path)
        if "/instances/" not in rest:
            return self.parts(line, [next(iter(self.files.values()))], end=False, claimed=1 << 20)
        if rest.endswith(list(self.files)[len(self.files) // 2]):
            self.is_waiting.set()
            self.goes_on.wait(WAIT_SECONDS)
        return self.usual(line, rest, path)

    def do_hole(self, line, rest, path):
        """Lists an instance that it has not, and gives no series as a whole."""
        gone = list(self.files)[2]
        if rest.endswith("/instances"):
            return self.usual(line, rest, path)
        if "/instances/" not in rest:
            return self.parts(line, [self.files[gone]], end=False, claimed=1 << 20)
        return self.say(line, b"", status=404) if rest.endswith(gone) else self.usual(line, rest, path)

    def do_later(self, line, rest, path):
        if self.asked[path] <= 2:
            return self.say(line, b"", status=503)
        return self.usual(line, rest, path)

    def do_more(self, line, rest, path):
        """More instances than it lists."""
        if rest.endswith("/instances"):
            return self.usual(line, rest, path)
        return self.parts(line, [*self.files.values(), *self.strangers.values()])

    def do_others(self, line, rest, path):
        """Instances of another study than was asked for."""
        if rest.endswith("/instances"):
            return self.usual(line, rest, path)
        return self.parts(line, list(self.strangers.values())[:len(self.files)])

    def do_endless(self, line, rest, path):
        start = int(path.split("offset=")[1])
        self.list(line, [named(self.study, f"{self.study}.1", f"1.2.3.{start + n}") for n in range(1000)])

    def do_sameagain(self, line, rest, path):
        """Never heard of 'offset'."""
        if rest.endswith("/instances"):
            path += "offset=0"
        return self.usual(line, rest, path)

    def do_noend(self, line, rest, path):
        if rest.endswith("/instances"):
            return self.usual(line, rest, path)
        return self.parts(line, list(self.files.values()), end=False)

    def do_nonsense(self, line, *_):
        self.say(line, b'{"a": ')

    def do_deep(self, line, *_):
        self.say(line, b"[" * 1_000_000)

    def do_types(self, line, *_):
        """Values of every kind where texts belong."""
        self.list(line, [{"0020000D": {"vr": "UI", "Value": [value]}} for value in
                         [1, None, True, {"Alphabetic": 3}, [], "../../etc", "1.2\r\n", "1" * 65]])

    def do_long(self, line, *_):
        self.say(line, b"[" + b" " * (40 << 20) + b"]")

    def do_elsewhere(self, line, *_):
        self.say(line, b"", status=302, Location=f"{self.base}/usual/studies")

    def do_forbidden(self, line, *_):
        self.say(line, b"", status=403)
