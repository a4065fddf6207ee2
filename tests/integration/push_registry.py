"""A registry that images can be pushed to, with a password: the writing half of its protocol."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class PushRegistry:
    """Keeps what is pushed in memory.

    Args:
        user: who may push; empty: everybody.
        password: theirs.
    """

    def __init__(self, user: str = "", password: str = "") -> None:
        self.manifests: dict[str, bytes] = {}
        self.blobs: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.authorization = f"Basic {pair}" if user else ""
        registry = self

        class Handler(_Handler):
            store = registry

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"

    @contextlib.contextmanager
    def serving(self) -> Iterator[PushRegistry]:
        """A block in which it answers."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: PushRegistry

    def do_GET(self) -> None:
        if not self._known():
            return
        kind, _, name = self.path.rpartition("/")
        there = self.store.manifests if kind.endswith("/manifests") else self.store.blobs
        found = b"{}" if self.path == "/v2/" else there.get(name)
        self._answer(404 if found is None else 200, found or b"")

    do_HEAD = do_GET  # noqa: N815 - the name that the server looks for

    def do_POST(self) -> None:
        if self._known():
            number = uuid.uuid4().hex
            self.store.uploads[number] = b""
            self._answer(202, location=f"{self.path.rstrip('/')}/{number}")

    def do_PATCH(self) -> None:
        content = self._body()
        if self._known():
            self.store.uploads[self.path.rpartition("/")[2]] += content
            self._answer(202, location=self.path)

    def do_PUT(self) -> None:
        content = self._body()
        if not self._known():
            return
        path = urlsplit(self.path)
        folder, _, name = path.path.rpartition("/")
        if folder.endswith("/manifests"):
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            self.store.manifests |= {name: content, digest: content}
        else:
            (digest,) = parse_qs(path.query)["digest"]
            self.store.blobs[digest] = self.store.uploads.pop(name) + content
        self._answer(201, location=self.path, digest=digest)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _known(self) -> bool:
        wanted = self.store.authorization
        if not wanted or self.headers.get("Authorization") == wanted:
            return True
        self._answer(401)
        return False

    def _answer(
        self, code: int, content: bytes = b"", *, location: str = "", digest: str = ""
    ) -> None:
        self.send_response(code)
        for name, value in (("Location", location), ("Docker-Content-Digest", digest)):
            if value:
                self.send_header(name, value)
        if code == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="tests"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
