"""A page with notes, which are in PostgreSQL: shows them, and takes new ones."""

from __future__ import annotations

import html
import os
import signal
import sys
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

LONGEST = 10_000  # bytes of a note

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<h1>{title}</h1>
<form method="post">
  <label>Note <input name="text" required maxlength="1000"></label>
  <label>Author <input name="author" maxlength="100"></label>
  <button>Add</button>
</form>
<ul>
{notes}
</ul>
</html>
"""


class Notes(BaseHTTPRequestHandler):
    """``GET /`` shows the notes, ``POST /`` adds one, ``GET /health`` asks the database."""

    def do_GET(self) -> None:
        """Show the page, or how it goes."""
        if self.path == "/health":
            with psycopg.connect(connect_timeout=3) as database:
                database.execute("SELECT 1")
            self._answer(200, "ok\n", "text/plain")
        elif self.path == "/":
            self._answer(200, _page(), "text/html")
        else:
            self._answer(404, "There is nothing here.\n", "text/plain")

    def do_POST(self) -> None:
        """Add a note, and show the page."""
        # Other sites cannot write through the browser of somebody who has the page open.
        if self.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            self._answer(403, "That came from another site.\n", "text/plain")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST:
            self._answer(413, "A note is shorter than that.\n", "text/plain")
            return
        form = urllib.parse.parse_qs(self.rfile.read(int(length)).decode(errors="replace"))
        text = form.get("text", [""])[0].replace("\0", "").strip()
        author = form.get("author", [""])[0].replace("\0", "").strip()
        if text:
            with psycopg.connect() as database:
                database.execute(
                    "INSERT INTO notes (text, author) VALUES (%s, %s)", [text, author or "somebody"]
                )
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _page() -> str:
    with psycopg.connect() as database:
        rows = database.execute(
            "SELECT text, author FROM notes ORDER BY id DESC LIMIT 100"
        ).fetchall()
    notes = "\n".join(f"  <li>{html.escape(text)} ({html.escape(author)})" for text, author in rows)
    return PAGE.format(title=html.escape(os.environ["TITLE"]), notes=notes)


def main() -> None:
    """Serve until told to end; with ``--check``, ask a server that runs."""
    if sys.argv[1:] == ["--check"]:
        urllib.request.urlopen("http://127.0.0.1:8000/health", timeout=4).close()
        return
    # As the first process of a container, Python would not listen to it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    ThreadingHTTPServer(("", 8000), Notes).serve_forever()


if __name__ == "__main__":
    main()
