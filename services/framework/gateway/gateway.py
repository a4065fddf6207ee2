"""The page that shows the demonstration at work; everything it needs is in the standard library."""

from __future__ import annotations

import html
import json
import os
import signal
import sys
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NoReturn

PORT = 8080
TITLE = os.environ.get("TITLE", "Gateway")
COUNTER_URL = os.environ.get("COUNTER_URL", "http://counter:8080")

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; }}
  th {{ text-align: left; }} th, td {{ padding: .3rem 1.5rem .3rem 0; }}
  button {{ font: inherit; padding: .3rem 1rem; }}
</style>
<h1>{title}</h1>
<p>This stack runs on Podman. The gateway is published on your machine; it reaches the counter by
name, over the network that the two share.</p>
<table>
  <tr><th>Service</th><th>State</th></tr>
  <tr><td>framework.gateway</td><td>answers</td></tr>
  <tr><td>applications.demo.counter</td><td>{counter}</td></tr>
</table>
<form method="post" action="/count"><button>Count</button></form>
<p>The number is kept in a volume: it survives <code>down</code> and <code>rebuild</code>.</p>
</html>
"""


def ask_counter(method: str) -> int | None:
    """The counter's number, one higher after a POST; None while it does not answer."""
    request = urllib.request.Request(f"{COUNTER_URL}/count", method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=3) as answer:  # noqa: S310
            return int(json.load(answer)["count"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Handler(BaseHTTPRequestHandler):
    """Shows the page, hands a click on to the counter, and says that it is well."""

    def do_GET(self) -> None:
        """The page at ``/``; ``/health`` for the health check."""
        if self.path == "/health":
            self._answer(HTTPStatus.OK, "text/plain", "ok\n")
        elif self.path == "/":
            count = ask_counter("GET")
            state = "does not answer" if count is None else f"answers; it stands at {count}"
            page = PAGE.format(title=html.escape(TITLE), counter=state)
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page)
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", "There is nothing here.\n")

    def do_POST(self) -> None:
        """Count one, then show the page again."""
        if self.path != "/count":
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", "There is nothing here.\n")
            return
        ask_counter("POST")
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
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
