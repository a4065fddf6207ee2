"""A small web server; everything it needs is in the standard library."""

from __future__ import annotations

import json
import os
import signal
import sys
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NoReturn

PORT = 8000


def page(path: str) -> dict[str, str] | None:
    """What a path answers, or None for a path that there is not."""
    if path == "/":
        return {"greeting": os.environ.get("GREETING", "")}
    if path == "/health":
        return {"status": "ok"}
    return None


class Handler(BaseHTTPRequestHandler):
    """Answers with JSON."""

    def do_GET(self) -> None:
        """Answer with the page, if there is one."""
        found = page(self.path.partition("?")[0])
        body = json.dumps(found or {"error": "not found"}).encode()
        self.send_response(HTTPStatus.NOT_FOUND if found is None else HTTPStatus.OK)
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
        connection = HTTPConnection("127.0.0.1", PORT, timeout=3)  # past any proxy
        connection.request("GET", "/health")
        sys.exit(connection.getresponse().status != HTTPStatus.OK)
    signal.signal(signal.SIGTERM, stop)
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main()
