"""What a provider cannot do is told in its words, before any container is touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.conftest import Project as Lab
from tests.lifecycle.containers import container
from tests.podman.test_host import UNKNOWN

from container_manager.compose.model import Stack
from container_manager.compose.one_off import OneOff
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.lifecycle.compose import Composition
from container_manager.lifecycle.daily.running_once import make, pick
from container_manager.lifecycle.images import ensure_images
from container_manager.lifecycle.project import Project
from container_manager.podman.state import PublishedPort
from container_manager.run import Finished

TEMPLATE = """
services:
  api: {image: localhost/api, build: ./framework/web}
  job: {image: localhost/job, build: ./framework/web}
"""


@pytest.fixture
def stack(project: Lab) -> Stack:
    """One service of ours, which has two compose services."""
    project.deploy("web", TEMPLATE)
    return project.prepare().stack


def failed(*_: Any, **__: Any) -> Finished:
    """What a provider leaves that fails."""
    return Finished(argv=(), returncode=1, stdout="", stderr=UNKNOWN)


def parts(root: Path, **more: Any) -> Any:
    """As much of a project as is asked for here."""
    engine = SimpleNamespace(images_named=dict.fromkeys, image=lambda _: None)
    return SimpleNamespace(
        state_dir=root / ".container-manager",
        engine=engine,
        trust=None,
        redact=lambda text: text,
        progress=SimpleNamespace(step=lambda _: None),
        **more,
    )


def test_images_that_cannot_be_built_are_named(stack: Stack, project: Lab) -> None:
    composition = SimpleNamespace(
        project=parts(project.root),
        stack=stack,
        contexts={},
        write_overlay=lambda: None,
        build_images=failed,
    )
    with pytest.raises(RuntimeFailure, match="The images of api, job could not be built") as told:
        ensure_images(cast(Composition, composition), ["api", "job"])
    assert UNKNOWN in str(told.value)
    assert "'build --images' tries again" in str(told.value)


def test_compose_files_that_a_provider_does_not_take(stack: Stack, project: Lab) -> None:
    provider = SimpleNamespace(name="Docker Compose", check=lambda base: ["docker", *base])
    composition = SimpleNamespace(
        project=parts(project.root, provider=provider),
        stack=stack,
        write_overlay=lambda: None,
        _lacking=lambda _: (),
        _base=lambda *_: [],
        _run=failed,
    )
    with pytest.raises(PreconditionError, match="does not take these compose files") as told:
        Composition.check(cast(Composition, composition))
    assert UNKNOWN in str(told.value)


def test_one_command_needs_one_compose_service(stack: Stack) -> None:
    assert pick(stack, "job", ["framework.web"]) == "job"
    told = "'framework.web' has several compose services: api, job"
    with pytest.raises(PreconditionError, match=told):
        pick(stack, "framework.web", ["framework.web"])


def test_ports_are_published_once(stack: Stack, project: Lab) -> None:
    port = PublishedPort(host_ip="127.0.0.1", host_port=8080, container_port=80, protocol="tcp")
    running = replace(container("api"), ports=(port,))
    lab = cast(Project, parts(project.root, containers=lambda: [running]))
    with pytest.raises(PreconditionError, match="lab_api_1 runs, and has the ports already"):
        make(lab, cast(Any, None), stack, "api", OneOff(name="x", publish=True))
