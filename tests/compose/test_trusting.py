"""Certificates to trust: what containers are told about them, and that real programs follow it."""

from __future__ import annotations

import http.server
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import yaml

from container_manager.compose.adapting import for_compose_v2
from container_manager.compose.digest import Files, service_parts
from container_manager.compose.labelling import with_labels
from container_manager.compose.one_off import OneOff, compose_text
from container_manager.compose.overlay import Overlay, relabelling
from container_manager.compose.trusting import (
    IN_BUILDS,
    IN_CONTAINERS,
    Trust,
    files,
    variables,
    with_trust,
)

if TYPE_CHECKING:
    from tests.conftest import Project

    from container_manager.compose.model import Stack

TRUST = Trust(folder=Path("/lab/trust"), digest="d")
MOUNT = f"/lab/trust:{IN_CONTAINERS}:ro,z"
WEB = "services:\n  web:\n    image: localhost/web\n"


def read(project: Project, template: str = WEB, trust: Trust | None = TRUST) -> Stack:
    project.deploy(template=template)
    return with_trust(project.prepare().stack, trust)


def said(stack: Stack) -> dict[str, Any]:
    service: dict[str, Any] = Overlay(constant={}).document(stack)["services"]["web"]
    return service


def parts(stack: Stack) -> dict[str, str]:
    one = stack.services["web"]
    return service_parts(
        one, image_id="i", files=Files(build_dir=Path("/b"), digests={}), secrets={}, key=b"k"
    )


def test_containers_mount_them_and_variables_lead_there(project: Project) -> None:
    service = said(read(project))
    assert service["volumes"] == [MOUNT]
    assert service["environment"] == variables(IN_CONTAINERS)
    assert all(value.startswith(f"{IN_CONTAINERS}/") for value in service["environment"].values())


def test_without_certificates_nothing_is_said(project: Project) -> None:
    service = said(read(project, trust=None))
    assert "volumes" not in service
    assert "environment" not in service


def test_a_template_that_names_a_variable_has_it_as_it_says(project: Project) -> None:
    environment = said(read(project, f"{WEB}    environment: [SSL_CERT_FILE=/own]\n"))[
        "environment"
    ]
    assert "SSL_CERT_FILE" not in environment
    assert "PIP_CERT" in environment


def test_docker_compose_and_containers_for_one_command_get_them_beside_their_own(
    project: Project,
) -> None:
    stack = read(project, f"{WEB}    volumes: [/data, './a:/a']\n")
    adapted = for_compose_v2(Overlay(constant={}).document(stack), stack, ["web"])
    volumes = adapted["services"]["web"]["volumes"]
    assert volumes[0] == MOUNT
    assert [one["target"] for one in volumes[1:]] == ["/data"]
    text = compose_text("lab", stack.services["web"], OneOff(name="web-run-1"), {}, {})
    for own in ("/data", "./a:/a", IN_CONTAINERS):
        assert own in text


def test_they_stay_beside_mounts_that_are_given_labels(project: Project) -> None:
    stack = with_labels(read(project, f"{WEB}    volumes: ['./a:/a']\n"), [project.root])
    assert said(stack)["volumes"] == ["./a:/a:z", MOUNT]
    _, again = relabelling(stack)
    assert yaml.safe_load(again)["services"]["web"]["volumes"] == ["./a:/a:z", MOUNT]


def test_other_certificates_make_containers_out_of_date(project: Project) -> None:
    before = parts(read(project))
    moved = parts(read(project, trust=Trust(folder=Path("/elsewhere"), digest="d")))
    assert moved == before
    renewed = parts(read(project, trust=Trust(folder=Path("/lab/trust"), digest="e")))
    assert {one for one in before if before[one] != renewed[one]} == {"ca_certificates"}
    assert "ca_certificates" not in parts(read(project, trust=None))


# --- real programs --------------------------------------------------------------------------------


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def address(authority: trustme.CA) -> Iterator[str]:
    """Of a server whose certificate only the authority vouches for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_port}/simple/"
    server.shutdown()
    server.server_close()
    thread.join()


PYTHON = "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=20)"
REQUESTS = "import sys, requests; requests.get(sys.argv[1], timeout=20)"
PROGRAMS = {
    "python": [sys.executable, "-c", PYTHON, "ADDRESS"],
    "requests": [sys.executable, "-c", REQUESTS, "ADDRESS"],
    "curl": ["curl", "--fail", "--silent", "--show-error", "ADDRESS"],
    "apt": ["/usr/lib/apt/apt-helper", "download-file", "ADDRESS", "FOLDER/file"],
}


@pytest.mark.parametrize(
    "program", [name for name, argv in PROGRAMS.items() if shutil.which(argv[0])]
)
@pytest.mark.parametrize("place", [IN_CONTAINERS, IN_BUILDS])
def test_programs_follow_the_variables(
    tmp_path: Path, authority: trustme.CA, address: str, program: str, place: str
) -> None:
    for name, text in files(authority.cert_pem.bytes().decode()).items():
        (tmp_path / name).write_text(text.replace(place, str(tmp_path)))
    told = {n: v.replace(place, str(tmp_path)) for n, v in variables(place).items()}
    argv = [
        word.replace("ADDRESS", address).replace("FOLDER", str(tmp_path))
        for word in PROGRAMS[program]
    ]
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for environ, trusted in (({**plain, **told}, True), (plain, False)):
        finished = subprocess.run(
            argv, check=False, env=environ, capture_output=True, text=True, timeout=60
        )
        assert (finished.returncode == 0) == trusted, finished.stderr
        assert trusted or "certificate" in (finished.stderr + finished.stdout).lower()
