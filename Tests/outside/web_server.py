"""A small server for browser tests: folders, with the headers that Grevy's own server sends."""
import functools
import http.server
import threading
from pathlib import Path

CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
       "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
       "frame-ancestors 'none'")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves `/data/` from one folder and the rest from another."""

    protocol_version = "HTTP/1.1"
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript", ".gz": "application/octet-stream",
    }

    def __init__(self, *arguments, data, **named):
        self.data = data
        super().__init__(*arguments, **named)

    def translate_path(self, path):
        if path.startswith("/data/"):
            return str(Path(self.data) / Path(path.split("?")[0]).name)
        return super().translate_path(path)

    def end_headers(self):
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_):
        pass


def serve(web, data):
    """Starts the server on a free port of this machine. Returns its address and how to stop it."""
    handler = functools.partial(Handler, directory=str(web), data=str(data))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", server.shutdown
