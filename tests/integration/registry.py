"""A registry that serves images of the local store, for tests of what is pulled."""

from __future__ import annotations

import contextlib
import json
import shutil
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.integration.conftest import Podman

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Registry:
    """The reading half of the distribution protocol, with one image under any name and tag.

    Args:
        folder: where the image is kept, as an OCI layout.
        podman: copies it there.
    """

    def __init__(self, folder: Path, podman: Podman) -> None:
        self._layout, self._podman = folder / "layout", podman
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, _, name = self.path.rpartition("/")
                found = None if self.path == "/v2/" else registry.content(kind, name)
                self.send_response(200 if found is not None or self.path == "/v2/" else 404)
                self.send_header("Content-Type", _MANIFEST)
                self.send_header("Content-Length", str(len(found or b"")))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(found or b"")

            do_HEAD = do_GET  # noqa: N815 - the name that the server looks for

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        conf = folder / "registries.conf"
        conf.write_text(f'[[registry]]\nlocation = "{self.host}"\ninsecure = true\n')
        self.environ = {"CONTAINERS_REGISTRIES_CONF": str(conf)}

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak HTTPS from now on; call this before it serves."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def offer(self, image: str) -> None:
        """Serve an image of the local store from now on."""
        shutil.rmtree(self._layout, ignore_errors=True)
        self._podman("push", "--quiet", image, f"oci:{self._layout}")

    def content(self, kind: str, name: str) -> bytes | None:
        """A manifest by any tag, or what a digest names."""
        if kind.endswith("/manifests") and not name.startswith("sha256:"):
            name = json.loads((self._layout / "index.json").read_bytes())["manifests"][0]["digest"]
        path = self._layout / "blobs" / name.replace(":", "/")
        return path.read_bytes() if path.is_file() else None

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """A block in which it answers."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
