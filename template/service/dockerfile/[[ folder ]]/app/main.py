"""Serves the files in pages/, until a program of your own takes its place."""

from __future__ import annotations

import signal
import sys
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

PORT = 8000
PAGES = Path(__file__).with_name("pages")


def stop(*_: object) -> NoReturn:
    """End at once: the first process of a container ignores SIGTERM unless it says otherwise."""
    raise SystemExit


def well() -> bool:
    """Whether the server that runs answers."""
    connection = HTTPConnection("127.0.0.1", PORT, timeout=3)
    connection.request("GET", "/")
    return connection.getresponse().status == HTTPStatus.OK


def main() -> None:
    """Serve until told to stop; with ``--check``, ask the server that runs."""
    if sys.argv[1:] == ["--check"]:
        sys.exit(not well())
    signal.signal(signal.SIGTERM, stop)
    handler = partial(SimpleHTTPRequestHandler, directory=str(PAGES))
    ThreadingHTTPServer(("", PORT), handler).serve_forever()


if __name__ == "__main__":
    main()
