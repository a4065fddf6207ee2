"""Counts, and remembers in a volume how far; everything it needs is in the standard library."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

PORT = int(os.environ.get("PORT", "8080"))
STORE = Path(os.environ.get("STORE", "/data/count"))

_lock = threading.Lock()


def count(step: int) -> int:
    """The number, ``step`` higher than before; on disk before anybody hears of it."""
    with _lock:
        number = (int(STORE.read_text(encoding="ascii")) if STORE.exists() else 0) + step
        if step:
            draft = STORE.with_suffix(".new")
            draft.write_text(str(number), encoding="ascii")
            draft.replace(STORE)
        return number


class Handler(BaseHTTPRequestHandler):
    """``GET /count`` tells the number, ``POST /count`` raises it, ``GET /health`` is well."""

    def do_GET(self) -> None:
        """Tell."""
        self._answer({"/count": 0, "/health": 0}.get(self.path))

    def do_POST(self) -> None:
        """Count one."""
        self._answer({"/count": 1}.get(self.path))

    def _answer(self, step: int | None) -> None:
        answer = {"error": "not found"} if step is None else {"count": count(step)}
        body = json.dumps(answer).encode()
        self.send_response(HTTPStatus.NOT_FOUND if step is None else HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def stop(*_: object) -> NoReturn:
    """End at once: the first process of a container ignores SIGTERM unless it says otherwise."""
    raise SystemExit


def main() -> None:
    """Serve until told to stop; with ``--check``, ask the server that runs."""
    if sys.argv[1:] == ["--check"]:
        urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=3).close()
        return
    signal.signal(signal.SIGTERM, stop)
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main()
