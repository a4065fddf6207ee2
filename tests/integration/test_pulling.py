"""``pull`` from a registry: what is newer, and which containers that concerns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.registry import Registry
from tests.integration.stacks import HandMade

from container_manager.errors import RuntimeFailure
from container_manager.lifecycle import up
from container_manager.lifecycle.composing import compose
from container_manager.lifecycle.daily.handling import images
from container_manager.lifecycle.daily.pulling import pull

pytestmark = pytest.mark.podman


@pytest.fixture
def newer(podman: Podman, sh_image: str, project_name: str) -> Iterator[str]:
    """An image like the one of the tests, with another label."""
    name = f"localhost/{project_name}-newer:latest"
    made = podman("create", sh_image).stdout.strip()
    podman("commit", "--quiet", "--change=LABEL version=2", made, name)
    podman("rm", made)
    yield name
    podman("rmi", "--force", name, check=False)


def test_what_is_newer_is_told_and_used_by_the_next_up(
    tmp_path: Path, project_name: str, sh_image: str, newer: str, podman: Podman
) -> None:
    registry = Registry(tmp_path, podman)
    image = f"{registry.host}/lab/{project_name}:stable"
    stack = HandMade(tmp_path / "project", project_name, registry.environ)
    text = (
        f"services:\n  web: {{image: '{image}', stop_grace_period: 1s}}\n"
        f"  here: {{image: '{sh_image}', stop_grace_period: 1s}}\n"
        "  made: {build: ./web, stop_grace_period: 1s}\n"
    )
    dockerfile = stack.base / "web" / "Dockerfile"
    dockerfile.parent.mkdir(parents=True)
    dockerfile.write_text(f"FROM {sh_image}\n")
    try:
        with registry.serving():
            registry.offer(sh_image)
            project, build = stack.project(), stack.build(text)
            up(project, build)
            composition, _ = compose(project, build, None)

            same = pull(project, composition.stack)
            assert (same.new, same.same, same.outdated) == ((), (image,), ())
            assert (same.local, same.built) == ((sh_image,), ("made",))

            registry.offer(newer)
            pulled = pull(project, composition.stack)
            assert (pulled.new, pulled.same) == ((image,), ())
            assert pulled.outdated == (f"{project_name}_web_1",)
            assert [one.service for one in images(project) if one.newer] == ["web"]

            # No container was touched; the next 'up' touches this one alone.
            assert up(project, build).created == ("web",)
            assert pull(project, composition.stack).outdated == ()
        with pytest.raises(RuntimeFailure, match=f"The image {image} of the service 'web' cannot"):
            pull(project, composition.stack)
    finally:
        podman.remove_all(project_name)
        podman("rmi", "--force", image, check=False)
