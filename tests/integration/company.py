"""A company's network on this machine: a private authority, a forward proxy, a server behind it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import io
import ssl
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from tests.integration.conftest import Podman
from tests.integration.forwarding import DOMAIN, Names

PASSWORD = "pr0xy-pa55word"
FILES = f"files{DOMAIN}"
ROOT = Path(__file__).parents[2]


class Authority:
    """A certificate authority that nobody trusts without being told.

    Args:
        folder: where its certificate is written.
    """

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA(organization_name="Company of the tests")
        self.file = folder / "company.pem"
        self.file.write_bytes(self._ca.cert_pem.bytes())

    @property
    def a_line(self) -> bytes:
        """A piece of its certificate that stands nowhere else."""
        return self._ca.cert_pem.bytes().splitlines()[5]

    def context(self, *names: str) -> ssl.SSLContext:
        """For a server with some names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        return context


class Proxy:
    """A forward proxy that asks for a password, and what it was asked.

    Args:
        folder: for its log.
        address: of this machine, as containers reach it.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self._log, self._port = folder / "proxy.log", folder / "proxy.port"
        self._address = address
        self._argv = [
            *(sys.executable, "-m", "proxy", "--hostname", address, "--port", "0"),
            *("--port-file", str(self._port), "--log-file", str(self._log)),
            *("--num-workers", "1", "--num-acceptors", "1", "--basic-auth", f"lab:{PASSWORD}"),
            *("--plugins", f"{Names.__module__}.{Names.__qualname__}"),
        ]

    @property
    def url(self) -> str:
        """With the password."""
        return f"http://lab:{PASSWORD}@{self._address}:{self._port.read_text().strip()}"

    def asked_for(self, host: str) -> int:
        """How many connections it made to a host."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return sum(f"CONNECT {host}:" in line for line in lines)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """A block in which it forwards."""
        with subprocess.Popen(
            self._argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                end = time.monotonic() + 30
                while not (self._port.is_file() and self._port.read_text().strip()):
                    if process.poll() is not None or time.monotonic() > end:
                        pytest.fail("The forward proxy of the tests does not start.")
                    time.sleep(0.05)
                yield
            finally:
                process.terminate()


def wheel(name: str) -> bytes:
    """A package that holds one module."""
    records: list[str] = []
    content = io.BytesIO()
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in {
            f"{name}.py": "GREETING = 'from the company'\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }.items():
            archive.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            records.append(f"{path},sha256={digest.rstrip(b'=').decode()},{len(text)}\n")
        archive.writestr(f"{info}/RECORD", "".join([*records, f"{info}/RECORD,,\n"]))
    return content.getvalue()


@contextlib.contextmanager
def served(content: dict[str, bytes], context: ssl.SSLContext) -> Iterator[int]:
    """A block in which some paths are served over HTTPS; gives the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = content.get(self.path)
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "x/y")
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def address_for_containers(podman: Podman, image: str, name: str) -> Iterator[str]:
    """The address under which containers and image builds reach this machine, and nobody else.

    It is that of Podman's own bridge, which is there while a container uses it.
    """
    gateway = podman(
        *("network", "inspect", "podman", "--format={{(index .Subnets 0).Gateway}}")
    ).stdout.strip()
    podman("run", "--detach", "--name", f"{name}-bridge", image)
    yield gateway
