"""Images on their way to a cluster: to a real registry, with and without a password, or a file."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.push_registry import PushRegistry
from tests.integration.stacks import HandMade

from container_manager.errors import RuntimeFailure
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.pushing import archive, by_content, push

pytestmark = pytest.mark.podman

Opened = Callable[[PushRegistry], Project]


@pytest.fixture
def opened(tmp_path: Path, project_name: str) -> Opened:
    """A project whose Podman reaches a registry, and keeps passwords in the test's folder."""

    def open_(registry: PushRegistry) -> Project:
        conf = tmp_path / "registries.conf"
        conf.write_text(f'[[registry]]\nlocation = "{registry.host}"\ninsecure = true\n')
        (tmp_path / "auth.json").write_text("{}")  # Podman runs nothing where it is missing
        environ = {
            "CONTAINERS_REGISTRIES_CONF": str(conf),
            "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
        }
        return HandMade(tmp_path / "project", project_name, environ).project()

    return open_


@pytest.fixture
def image_id(podman: Podman, sh_image: str) -> str:
    return podman("image", "inspect", "--format={{.Id}}", sh_image).stdout.strip()


def test_an_image_is_pinned_by_the_digest_that_the_registry_has_it_under(
    opened: Opened, image_id: str
) -> None:
    with PushRegistry().serving() as registry:
        name = f"{registry.host}/lab/web:latest"
        pins = push(opened(registry), {name: image_id})
    digest = hashlib.sha256(registry.manifests["latest"]).hexdigest()
    assert pins == {name: f"{registry.host}/lab/web@sha256:{digest}"}


def test_where_a_password_is_needed_it_is_said_how_to_log_in_and_then_it_works(
    opened: Opened, image_id: str
) -> None:
    with PushRegistry("somebody", "hunter-4711").serving() as registry:
        project, name = opened(registry), f"{registry.host}/lab/web:latest"
        with pytest.raises(RuntimeFailure, match=f"podman login {registry.host}") as caught:
            push(project, {name: image_id})
        assert "could not be pushed" in str(caught.value)
        login = ("login", "--username=somebody", "--password-stdin", registry.host)
        project.engine.order(*login, stdin=b"hunter-4711")
        assert set(push(project, {name: image_id})) == {name}


def test_a_registry_that_is_not_there_is_told_with_every_image(
    opened: Opened, image_id: str
) -> None:
    registry = PushRegistry()
    names = [f"{registry.host}/lab/{name}:latest" for name in ("web", "db")]
    project = opened(registry)
    with registry.serving():
        pass  # so that its port is closed now
    with pytest.raises(RuntimeFailure) as caught:
        push(project, dict.fromkeys(names, image_id))
    assert len(caught.value.problems) == 2


def test_an_archive_names_each_image_by_its_content(
    opened: Opened, image_id: str, tmp_path: Path, podman: Podman
) -> None:
    file, name = tmp_path / "images.tar", "registry.invalid/lab/web:latest"
    with PushRegistry().serving() as registry:
        pins = archive(opened(registry), {name: image_id}, file)
    assert pins == {name: by_content(name, image_id)}
    with tarfile.open(file) as opened_file:
        listing = opened_file.extractfile("manifest.json")
        assert listing is not None
        (entry,) = json.load(listing)
    assert pins[name] in entry["RepoTags"]
    assert not podman("image", "exists", pins[name], check=False).ok
    assert [path.name for path in tmp_path.glob("*.part")] == []
