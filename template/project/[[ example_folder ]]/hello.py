"""Greets whoever asks; everything it needs is in the standard library."""

from __future__ import annotations

import os
import signal
import sys
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NoReturn

PORT = 8000
GREETING = os.environ.get("GREETING", "Hello")


class Handler(BaseHTTPRequestHandler):
    """``GET /`` greets."""

    def do_GET(self) -> None:
        """Answer, in plain text."""
        found = self.path == "/"
        body = f"{GREETING if found else 'There is nothing here.'}\n".encode()
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def stop(*_: object) -> NoReturn:
    """End at once: the first process of a container ignores SIGTERM unless it says otherwise."""
    raise SystemExit


def main() -> None:
    """Serve until told to stop; with ``--check``, ask the server that runs."""
    if sys.argv[1:] == ["--check"]:
        urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=3).close()
        return
    signal.signal(signal.SIGTERM, stop)
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main()
