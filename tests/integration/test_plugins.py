"""The example of a provider of another distribution makes real containers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.sites import Site
from tests.packages.conftest import Site as Packages
from tests.test_plugins import documented

pytestmark = pytest.mark.podman

FILES = {
    "config.yml": """
project_name: NAME
compose_provider: lab-compose
framework:
  services:
    web: {path: services/web, stamped: true}
deployed_services: [web]
""",
    "RELEASE": "7\n",
    "services/docker-compose.yml.j2": "networks: {default: {}}\n",
    "services/web/docker-compose.yml.j2": """
services:
  web:
    image: IMAGE
    stop_grace_period: 1s
    volumes: ["./web/etc/release:/release:ro"]
""",
}


def test_a_plugin_makes_the_containers_and_another_their_files(
    tmp_path: Path, project_name: str, sh_image: str, podman: Podman
) -> None:
    packages = Packages(tmp_path / "packages")
    files, entries = documented()
    lines = [line for group, entry in entries.items() for line in (f"[{group}]", entry)]
    packages.install("lab-plugins", files, metadata={"entry_points.txt": "\n".join(lines)})
    log = tmp_path / "log"
    environ = {"PYTHONPATH": str(packages.folder), "LAB_LOG": str(log)}
    site = Site(tmp_path, project_name, podman, FILES, image=sh_image)

    site.run("up", "-d", environ=environ)
    assert "the laboratory's podman-compose" in site.said
    assert site.inside("web", "cat /release") == "framework.web 7\n"
    assert f"-p {project_name}" in log.read_text()
    site.run("down", environ=environ)
    assert site.states() == {}

    site.run("up", "-d", code=2)  # without the plugin
    assert "'compose_provider' must be one of podman-compose, podman, docker, not" in site.said
