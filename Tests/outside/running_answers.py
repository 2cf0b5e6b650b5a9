"""Answers of the server that still run: a download that is read slowly, a stream of events."""
import re
import socket
import threading
import time
from urllib.parse import urlsplit

PIECE = 8 << 10
SEGMENT = 536
PAUSE_SECONDS = 0.1
HEAD_SECONDS = 30


class Answer:
    """A request whose answer a thread reads until it ends."""

    def __init__(self, base, path, cookie):
        address = urlsplit(base)
        self.socket = socket.socket()
        # The machine between keeps little of what is not read yet: small windows of small segments.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        self.socket.connect((address.hostname, address.port))
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: __Host-grevy={cookie}\r\n"
            "Accept: */*\r\nConnection: close\r\n\r\n".encode())
        self.text, self.ended, self.pause = b"", None, 0
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            while piece := self.socket.recv(PIECE):
                self.text += piece
                time.sleep(self.pause)
        except OSError:
            pass
        self.ended = time.monotonic()

    def waits_for(self, text, seconds=HEAD_SECONDS):
        """Whether a text comes in time."""
        ends = time.monotonic() + seconds
        while text.encode() not in self.text and self.ended is None and time.monotonic() < ends:
            time.sleep(0.02)
        return text.encode() in self.text

    def ends_within(self, seconds):
        self.thread.join(seconds)
        return self.ended is not None


class EventStream(Answer):
    """A stream of events, read as it comes."""


class SlowDownload(Answer):
    """A download of which little is taken until it is drained."""

    def __enter__(self):
        self.pause = PAUSE_SECONDS
        return self

    def __exit__(self, *_):
        self.socket.close()

    @property
    def head(self):
        return self.text.split(b"\r\n\r\n")[0].decode("latin-1")

    def begins(self):
        return self.waits_for("\r\n\r\n") and " 200 " in self.head.split("\r\n")[0]

    @property
    def length(self):
        return int(re.search(r"(?i)content-length: (\d+)", self.head)[1])

    @property
    def received(self):
        return len(self.text) - len(self.head) - 4

    def drain(self):
        """Takes the rest as fast as it comes."""
        self.pause = 0
        self.thread.join(HEAD_SECONDS)
