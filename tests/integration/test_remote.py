"""A Podman behind a socket: a service of its own store, on this machine or one that sees it not."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import SH_IMAGE, Podman, import_of_sh_image
from tests.integration.sites import Site

from container_manager.podman.socket import PODMAN, who_answers

pytestmark = pytest.mark.podman

FILES = {
    "config.yml": """
project_name: NAME
deployed_services: [web]
framework: {services: {web: {path: services/web}}}
""",
    "services/docker-compose.yml.j2": "networks: {lone: {}}\n",
    "services/web/Dockerfile": "FROM IMAGE\nCOPY words /words\n",
    "services/web/words": "from this machine\n",
    "services/web/docker-compose.yml.j2": """
services:
  web:
    build: {context: ./web}
    volumes: ["data:/data", "./web/words:/mounted:ro"]
    networks: [lone]
    stop_grace_period: 1s
volumes: {data: {}}
""",
}
MOUNT = ', "./web/words:/mounted:ro"'


@pytest.fixture
def serve(
    podman: Podman, project_name: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Path | None], None]]:
    """Starts a service with an empty store, from which a folder may be hidden, and calls it."""
    folder = Path(tempfile.mkdtemp(prefix="cmt-"))  # the path of a socket is short
    address = f"unix://{folder}/podman.sock"
    places = [f"--root={folder}/root", f"--runroot={folder}/run"]
    places.append(f"--network-config-dir={folder}/networks")
    started: list[subprocess.Popen[bytes]] = []

    def start(hidden: Path | None) -> None:
        hide = f"mount -t tmpfs none '{hidden}' && " if hidden else ""
        argv = [podman.host.executable, *places, "system", "service", "--time=0", address]
        script = f'{hide}exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, "sh", *argv]
        started.append(subprocess.Popen(command, env=podman.env))
        deadline = time.monotonic() + 60
        while who_answers(address) != PODMAN:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        monkeypatch.setenv("CONTAINER_HOST", address)
        podman(*import_of_sh_image(folder / "image.tar"))

    yield start
    with contextlib.suppress(Exception):
        podman("rm", "--force", "--all", "--time=0", check=False)
    monkeypatch.delenv("CONTAINER_HOST", raising=False)
    for one in started:
        one.terminate()
        one.wait(timeout=30)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def site(tmp_path: Path, project_name: str, podman: Podman) -> Site:
    return Site(tmp_path, project_name, podman, FILES, image=SH_IMAGE)


def test_a_socket_of_this_machine_sees_its_folders(
    site: Site, serve: Callable[[Path | None], None]
) -> None:
    serve(None)
    site.run("up", "--detached")
    assert "Podman is called through a socket at unix://" in site.said
    assert "cannot be mounted" not in site.said
    assert site.states() == {"web": "running"}
    assert site.inside("web", "cat /words /mounted") == "from this machine\n" * 2
    site.run("up", "--detached")
    assert "through a socket" not in site.said  # it is said once
    site.run("down")
    assert site.states() == {}


def test_elsewhere_all_but_mounts_work(site: Site, serve: Callable[[Path | None], None]) -> None:
    serve(site.root)
    site.run("up", "--detached", code=2)
    assert f"mounts {site.root}/build/services/web/words, which the Podman at unix" in site.said
    assert (site.states(), site.volumes()) == ({}, set())

    site.edit("services/web/docker-compose.yml.j2", MOUNT, "")
    site.run("up", "--detached")
    assert site.states() == {"web": "running"}
    assert site.inside("web", "cat /words") == "from this machine\n"

    # What volumes hold cannot be had through the socket of an old Podman: nothing is touched.
    for verb in ("backup", "clean"):
        site.run(verb, *(["--yes"] if verb == "clean" else []), code=2)
        assert "through a socket: nothing was touched" in site.said
        assert site.states() == {"web": "running"}
    site.run("clean", "--yes", "--no-backup")
    assert (site.states(), site.volumes()) == ({}, set())


def test_a_default_connection_counts_like_the_variable(
    site: Site,
    serve: Callable[[Path | None], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve(site.root)
    address = os.environ["CONTAINER_HOST"]
    settings = tmp_path / "containers.conf"
    settings.write_text(
        '[engine]\nremote = true\nactive_service = "far"\n'
        f'[engine.service_destinations.far]\nuri = "{address}"\n'
    )
    with monkeypatch.context() as patch:
        patch.delenv("CONTAINER_HOST")
        patch.setenv("CONTAINERS_CONF", str(settings))
        site.run("up", "--detached", code=2)
    assert f"which the Podman at {address} does not see" in site.said


def test_a_socket_without_anybody_is_a_precondition(site: Site) -> None:
    site.run("up", "--detached", code=2, environ={"CONTAINER_HOST": "unix:///nowhere.sock"})
    assert "Podman does not answer" in site.said
