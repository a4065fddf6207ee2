"""Mounts with labels for SELinux, as both providers hand them to Podman."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.providers import TWO_PROVIDERS, provider_settings
from tests.integration.stacks import HandMade

from container_manager.lifecycle import up
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.starting import prepare
from container_manager.model import Build
from container_manager.podman import selinux
from container_manager.podman.engine import Engine

pytestmark = pytest.mark.podman


class OnSelinux(HandMade):
    """A project on a host whose Podman gives labels."""

    def project(self, *, adopt: bool = False) -> Project:
        made = super().project(adopt=adopt)
        host = replace(made.engine.host, selinux=True)
        return replace(made, engine=Engine(made.engine.runner, host, self.environ))


def built(stack: HandMade, image: str) -> Build:
    for folder in ("short", "long", "own"):
        (stack.root / "data" / folder).mkdir(parents=True, exist_ok=True)
    return stack.build(
        f"""
services:
  web:
    image: {image}
    stop_grace_period: 1s
    volumes:
    - ../../data/short:/short:ro
    - {{type: bind, source: ../../data/long, target: /long}}
    - ../../data/own:/own:Z
    - named:/named
    - /anonymous
    - /usr/share:/elsewhere:ro
volumes: {{named: {{}}}}
"""
    )


def labels(podman: Podman, stack: OnSelinux, image: str) -> dict[str, str]:
    """Target -> the label that Podman is asked for, of the paths that a new container mounts."""
    composition, names = prepare(stack.project(), built(stack, image))
    composition.write_overlay()
    made = composition.create_containers(names)
    assert made.ok, made.last_lines
    # One that has run no longer tells.
    (found,) = json.loads(podman("inspect", f"{stack.name}_web_1").stdout)
    podman("rm", f"{stack.name}_web_1")
    assert len(found["Mounts"]) == 6
    binds = [one for one in found["Mounts"] if one["Type"] == "bind"]
    assert {one["Destination"] for one in binds if not one["RW"]} == {"/elsewhere", "/short"}
    return {one["Destination"]: one["Mode"] for one in binds}


@pytest.mark.parametrize("provider", TWO_PROVIDERS)
def test_both_providers_get_the_labels(
    tmp_path: Path,
    project_name: str,
    sh_image: str,
    podman: Podman,
    provider: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stack = OnSelinux(tmp_path / "project", project_name)
    stack.use(provider_settings(provider, tmp_path, podman.host.version))
    monkeypatch.setattr(selinux, "ENFORCE", tmp_path / "enforce")
    said = {"/short": "", "/long": "", "/own": "Z", "/elsewhere": ""}

    (tmp_path / "enforce").write_text("0\n")  # the kernel only logs: nothing is added
    assert labels(podman, stack, sh_image) == said
    (tmp_path / "enforce").write_text("1\n")  # the project's own files get the label
    assert labels(podman, stack, sh_image) == {**said, "/short": "z", "/long": "z"}


def test_a_container_with_labels_is_another_one_and_stays(
    tmp_path: Path, project_name: str, sh_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = OnSelinux(tmp_path / "project", project_name)
    monkeypatch.setattr(selinux, "ENFORCE", tmp_path / "enforce")
    assert up(stack.project(), built(stack, sh_image)).created == ("web",)
    (tmp_path / "enforce").write_text("1\n")
    assert up(stack.project(), built(stack, sh_image)).created == ("web",)
    assert up(stack.project(), built(stack, sh_image)).created == ()
