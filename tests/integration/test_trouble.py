"""Trouble that people run into, through the command line, on real containers."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.program import run_here

pytestmark = pytest.mark.podman

CONFIG = """
project_name: {name}
port: {port}
deployed_services: [web]
framework: {{services: {{web: {{path: services/web}}}}}}
"""

TEMPLATE = """
services:
  web:
    image: {image}
    volumes: ["./web/html:/html:ro"]
    ports: ["127.0.0.1:{{{{ port }}}}:80"]
    stop_grace_period: 1s
"""


class Site:
    """A project of one container."""

    def __init__(self, root: Path, name: str, port: int, image: str) -> None:
        self.root, self.name = root, name
        (root / "services/web/html").mkdir(parents=True)
        (root / "services/docker-compose.yml.j2").write_text("networks: {default: {}}\n")
        (root / "services/web/docker-compose.yml.j2").write_text(TEMPLATE.format(image=image))
        (root / "services/web/html/page").write_text("hello\n")
        (root / "config.yml").write_text(CONFIG.format(name=name, port=port))

    def run(self, *argv: str, code: int = 0, path: str | None = None) -> str:
        """Run the program; returns all that it said."""
        ended = run_here(argv, self.root, {"PATH": os.environ["PATH"] if path is None else path})
        said = ended.out + ended.said
        assert ended.code == code, said
        assert "Traceback" not in said
        return said

    def ids(self, podman: Podman) -> list[str]:
        label = f"label=com.docker.compose.project={self.name}"
        return podman.lines("ps", "--quiet", "--filter", label)


@pytest.fixture
def site(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    sh_image: str,
    podman: Podman,
) -> Site:
    root = tmp_path / "site"
    root.mkdir()
    podman.introduce(root)
    return Site(root, project_name, free_port(), sh_image)


def test_a_deleted_build_directory_is_made_again_and_mounted_again(
    site: Site, podman: Podman
) -> None:
    site.run("up", "-d")
    shutil.rmtree(site.root / "build")
    site.run("up", "-d")
    assert podman("exec", f"{site.name}_web_1", "cat", "/html/page").stdout == "hello\n"
    site.run("down")


def test_a_stack_can_be_stopped_although_its_configuration_is_broken(
    site: Site, podman: Podman
) -> None:
    site.run("up", "-d")
    (site.root / "config.yml").write_text("project_name: [\n", encoding="utf-8")
    shutil.rmtree(site.root / "build")
    said = site.run("down")
    assert "This is not valid YAML" in said
    assert f"Going on with what was started before: {site.name}." in said
    assert site.ids(podman) == []


def test_a_taken_port_stops_up_before_any_container(
    site: Site, podman: Podman, free_port: Callable[[], int]
) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        (site.root / "config.yml").write_text(CONFIG.format(name=site.name, port=port))
        said = site.run("up", "-d", code=2)
    assert str(port) in said
    assert "services/web/docker-compose.yml.j2:6:" in said
    assert site.ids(podman) == []
    assert (site.root / "build/services/docker-compose.yml").exists()


def test_without_podman_nothing_starts_and_the_remedy_is_told(site: Site, tmp_path: Path) -> None:
    said = site.run("up", "-d", code=2, path=str(tmp_path))
    assert "Podman is not installed, or not on PATH." in said
    assert "apt-get install podman" in said


def test_another_checkout_of_the_same_name_is_refused_with_its_path(
    site: Site, podman: Podman, tmp_path: Path, free_port: Callable[[], int], sh_image: str
) -> None:
    site.run("up", "-d")
    running = site.ids(podman)
    other_root = tmp_path / "other"
    other_root.mkdir()
    other = Site(other_root, site.name, free_port(), sh_image)
    for verb in (("up", "-d"), ("down",), ("clean",), ("rebuild", "-d")):
        assert str(site.root / "config.yml") in other.run(*verb, code=2)
    assert site.ids(podman) == running
    site.run("down")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("    mem_limit: lots\n", "'lots' is no size"),
        ("    pids_limit: many\n", "'many' is no number of processes"),
        ("    networks: [null]\n", "None cannot be the name of a network"),
        ('    environment: {A: "a\\0b"}\n', "holds a NUL character"),
    ],
)
def test_nonsense_leaves_what_runs_alone(site: Site, podman: Podman, lines: str, said: str) -> None:
    site.run("up", "-d")
    running = site.ids(podman)
    template = site.root / "services/web/docker-compose.yml.j2"
    template.write_text(template.read_text() + lines)
    told = site.run("up", "-d", code=2)
    assert said in told
    assert "services/web/docker-compose.yml.j2:8: " in told
    assert site.ids(podman) == running
    site.run("down")


def test_a_crash_loop_keeps_its_port_for_what_mends_it(site: Site, podman: Podman) -> None:
    template = site.root / "services/web/docker-compose.yml.j2"
    good = template.read_text()
    loop = "    restart: always\n    command: [sh, -c, 'sleep 0.3; exit 3']\n"
    template.write_text(good + loop)
    told = site.run("up", "-d", code=1)
    assert "it ends and is restarted again and again (" in told
    assert "exit code 0" not in told
    template.write_text(good)
    site.run("up", "-d")
    assert len(site.ids(podman)) == 1
    site.run("down")
