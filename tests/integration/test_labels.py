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


def mounts(podman: Podman, stack: HandMade) -> dict[str, str]:
    """Target -> the label that Podman was asked for, of the paths that are mounted."""
    (found,) = json.loads(podman("inspect", f"{stack.name}_web_1").stdout)
    assert len(found["Mounts"]) == 6
    return {
        one["Destination"]: next((o for o in one["Options"] + [one["Mode"]] if o in ("z", "Z")), "")
        for one in found["Mounts"]
        if one["Type"] == "bind"
    }


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

    # The kernel only logs: nothing is added.
    (tmp_path / "enforce").write_text("0\n")
    assert up(stack.project(), built(stack, sh_image)).created == ("web",)
    assert mounts(podman, stack) == {"/short": "", "/long": "", "/own": "Z", "/elsewhere": ""}
    assert up(stack.project(), built(stack, sh_image)).created == ()

    # It refuses: the project's own files get the label, and the container is another one.
    (tmp_path / "enforce").write_text("1\n")
    assert up(stack.project(), built(stack, sh_image)).created == ("web",)
    assert mounts(podman, stack) == {"/short": "z", "/long": "z", "/own": "Z", "/elsewhere": ""}
    assert up(stack.project(), built(stack, sh_image)).created == ()
