"""A stack whose Podman is a list of containers that do nothing but stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from container_manager.config.environment import Environment
from container_manager.errors import Problem
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState
from container_manager.run import Finished


def said(text: str = "", code: int = 0) -> Finished:
    """What Podman answers: an error where there is a code."""
    out, err = ("", text) if code else (text, "")
    return Finished(argv=("podman",), returncode=code, stdout=out, stderr=err)


@dataclass
class Box:
    """Podman with some containers.

    Attributes:
        states: the containers; no order changes them.
        answers: the first word of an order -> what it says; all else is done, without a word.
        calls: all orders.
    """

    states: list[ContainerState]
    answers: Mapping[str, Finished] = field(default_factory=dict)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    remote: bool = False

    @property
    def host(self) -> SimpleNamespace:
        return SimpleNamespace(executable="/nowhere/podman", remote=self.remote)

    def call(self, *argv: str, **_: object) -> Finished:
        self.calls.append(argv)
        return self.answers.get(argv[0], said())

    order = call

    def inspect(self, ids: Iterable[str]) -> list[ContainerState]:
        wanted = set(ids)
        return [one for one in self.states if one.id in wanted]

    def stop(self, ids: Iterable[str], _grace: float, **_: object) -> Finished:
        return self.call("stop", *ids)

    def unpause(self, ids: Iterable[str]) -> Finished:
        return self.call("unpause", *ids)


@dataclass
class Lab:
    """A project of a test.

    Attributes:
        project: as much of one as a command on containers needs.
        box: its Podman.
        warned: what it warned of.
    """

    project: Project
    box: Box
    warned: list[Problem]


def lab(
    folder: Path,
    *states: ContainerState,
    environment: Environment | None = None,
    **answers: Finished,
) -> Lab:
    """A stack ``lab`` that has these containers and no others."""
    box, warned = Box(list(states), answers), list[Problem]()
    parts = SimpleNamespace(
        name="lab",
        root=folder,
        config_path=folder / "config.yml",
        state_dir=folder / ".container-manager",
        engine=box,
        environment=environment or Environment(process={}),
        services={},
        provider=SimpleNamespace(name="podman-compose"),
        containers=lambda: list(states),
        identity=lambda *, create: SimpleNamespace(adopt=True),
        progress=SimpleNamespace(step=lambda _: None, warn=warned.append, detail=lambda _: None),
        redact=lambda text: text.replace("hunter-4711", "***"),
    )
    return Lab(cast(Project, parts), box, warned)
