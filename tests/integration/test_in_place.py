"""What containers mount stays mounted: folders are never replaced, single files are noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.test_trouble import Site

pytestmark = pytest.mark.podman

TEMPLATE = """
services:
  web:
    image: {image}
    volumes: ["./web/html:/html:ro", "./web/app.conf:/etc/app.conf:ro"]
    stop_grace_period: 1s
  other:
    image: {image}
    volumes: ["./web/html:/html:ro"]
    stop_grace_period: 1s
"""


class Mounted(Site):
    """A project whose containers mount a folder, and one of them a single file, of the build."""

    def __init__(self, root: Path, name: str, port: int, image: str) -> None:
        super().__init__(root, name, port, image)
        (root / "services/web/docker-compose.yml.j2").write_text(TEMPLATE.format(image=image))
        self.write("app.conf", "first")

    def write(self, file: str, content: str) -> None:
        (self.root / "services/web" / file).write_text(f"{content}\n")

    def seen(self, podman: Podman, file: str, service: str = "web") -> str:
        return podman("exec", f"{self.name}_{service}_1", "cat", file).stdout.strip()

    def id_of(self, podman: Podman, service: str) -> str:
        return podman.lines("inspect", "--format", "{{.Id}}", f"{self.name}_{service}_1")[0]


@pytest.fixture
def site(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    sh_image: str,
    podman: Podman,
) -> Mounted:
    root = tmp_path / "site"
    root.mkdir()
    podman.introduce(root)
    return Mounted(root, project_name, free_port(), sh_image)


def test_a_build_reaches_a_mounted_folder_and_up_what_is_mounted_singly(
    site: Mounted, podman: Podman
) -> None:
    site.run("up", "-d")
    web = site.id_of(podman, "web")
    site.write("html/page", "second")
    site.write("app.conf", "second")
    site.run("build")
    assert site.seen(podman, "/html/page") == "second"
    assert site.seen(podman, "/etc/app.conf") == "first"  # the mount holds on to the old file
    site.run("up", "-d")
    assert site.seen(podman, "/etc/app.conf") == "second"
    assert site.id_of(podman, "web") != web
    site.run("down")


def test_only_the_container_that_mounts_a_changed_file_is_made_anew(
    site: Mounted, podman: Podman
) -> None:
    site.run("up", "-d")
    web, other = site.id_of(podman, "web"), site.id_of(podman, "other")
    site.write("app.conf", "second")
    site.run("up", "-d")
    assert site.id_of(podman, "web") != web
    assert site.id_of(podman, "other") == other
    site.run("down")


def test_a_file_that_was_replaced_and_is_as_before_is_mounted_again(
    site: Mounted, podman: Podman
) -> None:
    """Its content is what the container's label says, but the container mounts the old file."""
    site.run("up", "-d")
    web = site.id_of(podman, "web")
    for content in ("second", "first"):
        site.write("app.conf", content)
        site.run("build")
    site.run("up", "-d")
    assert site.id_of(podman, "web") != web
    (site.root / "build/services/web/app.conf").write_text("written in place\n")
    assert site.seen(podman, "/etc/app.conf") == "written in place"
    site.run("down")


def test_a_rollback_reaches_a_mounted_folder(site: Mounted, podman: Podman) -> None:
    site.run("up", "-d")
    site.write("html/page", "second")
    site.run("build")
    assert site.seen(podman, "/html/page") == "second"
    builds = json.loads(site.run("builds", "--json"))
    assert [one["differs"] for one in builds] == [["services/web/html/page"]]
    site.run("rollback")
    assert site.seen(podman, "/html/page") == "hello"
    site.run("up", "-d", "--as-built")
    assert site.seen(podman, "/html/page") == "hello"
    assert "replace  services/web/html/page" in site.run("plan", "--check", code=3)
    site.run("down")
