"""Verbs on what a stack has left under another name, before it was ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from container_manager import lifecycle
from container_manager.build import pipeline
from container_manager.compose.model import Stack
from container_manager.config.loader import load
from container_manager.discovery import select
from container_manager.errors import PreconditionError
from container_manager.lifecycle.data.former import Beside
from container_manager.lifecycle.data.volumes import disk_size
from container_manager.lifecycle.project import Project, open_project
from container_manager.places import ConfigPath
from container_manager.preflight.former import Former
from container_manager.started import changing


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerRow:
    """A volume under a former name, for people and programs.

    Attributes:
        volume: its name.
        actual: the name that the stack gives to a volume of this kind.
        project: the compose project that it is of.
        size: the bytes of disk that it takes; 0 where that is not known.
        state: ``undecided`` (no start without a decision), ``cut short`` (so is one whose copy is
            not whole), ``doubtful`` (it seems to be somebody else's), ``decided`` (copied, or
            ignored, before) or ``replaced`` (there is one of ours).
        whose: of a doubtful one, what tells so.
    """

    volume: str
    actual: str
    project: str
    size: int
    state: str
    whose: str | None = None


Settle = Callable[[Sequence[FormerRow]], bool]
"""Is told what a start would leave behind; whether that is to be copied."""


def former_volumes(
    config: ConfigPath = None, *, service: Iterable[str] = (), project: str | None = None
) -> list[FormerRow]:
    """The volumes that another tool filled for this stack, under the names that it gave them.

    Args:
        config: the configuration.
        service: names of services; their volumes.
        project: the compose project that they are of; None: all under which it may have run.
    """
    opened, stack, names = _opened(config, service)
    return _rows(opened, _look(opened, stack, names, project))


def adopt(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    project: str | None = None,
    confirm: Callable[[Sequence[FormerRow]], None] | None = None,
) -> tuple[str, ...]:
    """Copy such volumes into volumes of ours that are not there yet; the names of these.

    Args:
        config: the configuration.
        service: names of services; their volumes.
        project: the compose project that they are of.
        confirm: told what will be copied; raises where that must not be.
    """
    opened, stack, names = _opened(config, service)
    with changing(opened):
        found = _look(opened, stack, names, project)
        if confirm is not None and found.to_copy:
            confirm(_rows(opened, Beside(halved=found.halved, undecided=found.undecided)))
        return lifecycle.adopt(opened, found.to_copy)


def ignore_former(
    config: ConfigPath = None, *, service: Iterable[str] = (), project: str | None = None
) -> tuple[str, ...]:
    """Begin with empty volumes beside such; the names of those that stop no start any more.

    Args:
        config: the configuration.
        service: names of services; their volumes.
        project: the compose project that they are of.
    """
    opened, stack, names = _opened(config, service)
    with changing(opened):
        found = _look(opened, stack, names, project)
        ignored = tuple(one.volume for one in (*found.undecided, *found.doubtful))
        lifecycle.decide(opened, ignored)
    return ignored


def settled_at_start(project: Project, stack: Stack, settle: Settle) -> bool:
    """Whether what kept a stack from starting was copied, and may be started now.

    Args:
        project: whose stack.
        stack: what the compose files say. All of its volumes count: what some services wait for
            has some, too.
        settle: asks.
    """
    found = lifecycle.look_beside(project, stack, stack.services)
    if not settle(_rows(project, Beside(halved=found.halved, undecided=found.undecided))):
        return False
    with changing(project):
        lifecycle.adopt(project, found.to_copy)
    return True


def _opened(config: ConfigPath, service: Iterable[str]) -> tuple[Project, Stack, list[str]]:
    loaded = load(config)
    prepared = pipeline.prepare(loaded)
    chosen = tuple(service)
    stack = prepared.stack
    names = list(stack.services)
    if chosen:
        only = [one.name for one in select(prepared.services, loaded, chosen)]
        names = sorted(stack.owned_by(only))
    return open_project(loaded, prepared.services), stack, names


def _look(project: Project, stack: Stack, names: Iterable[str], origin: str | None) -> Beside:
    found = lifecycle.look_beside(project, stack, names, origin=origin)
    if origin and found == Beside():
        raise PreconditionError(
            f"No volume of the compose project '{origin}' has the name of one of this stack's.",
            remedy=f"They would be called {origin}_NAME; 'podman volume ls' lists what is there.",
        )
    return found


def _rows(project: Project, found: Beside) -> list[FormerRow]:
    volumes = {one.name: one for one in project.engine.volumes()}

    def rows(state: str, some: Iterable[Former]) -> list[FormerRow]:
        return [
            FormerRow(
                volume=one.volume,
                actual=one.actual,
                project=one.project,
                size=disk_size(project, volumes[one.volume]) if one.volume in volumes else 0,
                state=state,
                whose=one.whose if state == "doubtful" else None,
            )
            for one in some
        ]

    return [
        *rows("cut short", found.halved),
        *rows("undecided", found.undecided),
        *rows("doubtful", found.doubtful),
        *rows("decided", found.decided),
        *rows("replaced", found.settled),
    ]
