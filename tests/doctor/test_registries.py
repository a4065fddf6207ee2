"""Asking registries: a real server with a certificate of its own, and what can be in between."""

from __future__ import annotations

import http.server
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from container_manager.doctor.registries import (
    ask,
    ask_all,
    judge_registry,
    proxies_for,
    registries,
)
from container_manager.doctor.subject import Subject
from container_manager.run import ProcessRunner

if TYPE_CHECKING:
    from tests.conftest import Project


class _Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert self.path == "/v2/"
        self.send_response(401)
        self.end_headers()

    def do_CONNECT(self) -> None:
        self.send_error(407)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1, with its key in the file beside."""
    file = tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", tmp_path / "key.pem", "-out", file],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return file


@pytest.fixture
def plain() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def registry(plain: http.server.ThreadingHTTPServer, certificate: Path) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    plain.socket = context.wrap_socket(plain.socket, server_side=True)
    return f"127.0.0.1:{plain.server_address[1]}"


def test_a_registry_that_wants_a_login_answers(registry: str, certificate: Path) -> None:
    answer = ask(registry, {}, str(certificate))
    assert (answer.status, answer.reason, answer.through) == (401, "", "")
    assert answer.date is not None
    assert [one.code for one in judge_registry(answer, ["x"])] == ["registry"]
    assert ask(registry, {"SSL_CERT_FILE": str(certificate)}).status == 401


def test_a_certificate_that_nobody_trusts(registry: str) -> None:
    answer = ask(registry, {})
    assert answer.status is None
    assert "CERTIFICATE_VERIFY_FAILED" in answer.reason


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        name = f"127.0.0.1:{free.getsockname()[1]}"
        (answer,) = ask_all([name], {}, "")
    assert answer.registry == name
    assert "refused" in answer.reason


def test_a_proxy_that_wants_a_login(plain: http.server.ThreadingHTTPServer) -> None:
    """The proxy is told by its host alone: its address may hold a password."""
    proxy = f"http://me:secret@127.0.0.1:{plain.server_address[1]}"
    answer = ask("registry.example", {"HTTPS_PROXY": proxy})
    assert (answer.status, answer.through) == (None, "127.0.0.1")
    assert "407" in answer.reason
    assert "secret" not in str(answer)


def test_the_projects_own_proxy_and_certificates(
    plain: http.server.ThreadingHTTPServer, registry: str, certificate: Path, project: Project
) -> None:
    image = f"{registry}/lab/web:1"
    project.deploy(
        template=f"services:\n  web:\n    image: '{image}'\n",
        more={"ca_certificates": str(certificate)},
    )
    (found,) = registries(subject(project))
    assert (found.code, found.facts["status"]) == ("registry", 401)
    project.write(".env", "https_proxy=http://me:s3cret-pw@127.0.0.1:1\n")
    (found,) = registries(subject(project))
    assert found.code == "registry-silent"
    assert "through the proxy 127.0.0.1" in found.message
    assert "s3cret-pw" not in str(found)


def subject(project: Project) -> Subject:
    config = project.config()
    return Subject(
        runner=ProcessRunner(),
        environ={},
        folder=project.root,
        config=config,
        prepared=project.prepare(config),
    )


def test_certificates_that_are_not_there() -> None:
    assert "No such file" in ask("registry.example", {}, "/no/such/file").reason


@pytest.mark.parametrize(
    ("spared", "goes_through"),
    [
        ("", True),
        ("quay.io", False),
        (".io", False),
        ("*.io", False),
        ("localhost, quay.io", False),
        ("*", False),
        ("ay.io", True),
        ("quay.io.example", True),
    ],
)
def test_what_no_proxy_spares(spared: str, goes_through: bool) -> None:
    environ = {"https_proxy": "http://p:3128", "no_proxy": spared}
    assert bool(proxies_for("quay.io", environ)) is goes_through
    assert bool(proxies_for("quay.io:5000", environ)) is goes_through
