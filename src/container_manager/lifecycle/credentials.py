"""The credentials of a stack and the volumes that Podman has: compared, and noted."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum

from container_manager.compose.model import Stack
from container_manager.credentials.needed import Needed, needed
from container_manager.credentials.records import Records
from container_manager.credentials.volumes import confirm, locked_out, remember
from container_manager.errors import Problem
from container_manager.lifecycle.project import Project
from container_manager.podman.state import VolumeState


class MustOpen(Enum):
    """Which of the volumes that are there the present credentials must open."""

    ALL = "all"
    EXTERNAL = "external ones; the stack's own begin empty"
    NONE = "none; the credentials are said to be right"

    @classmethod
    def when(cls, *, accepted: bool, emptied: bool) -> MustOpen:
        """What the options of a verb mean."""
        return cls.NONE if accepted else cls.EXTERNAL if emptied else cls.ALL


def locked_volumes(
    project: Project, stack: Stack, names: Collection[str], must_open: MustOpen = MustOpen.ALL
) -> list[Problem]:
    """Volumes that the credentials of what is to run do not open.

    Args:
        project: whose.
        stack: all services.
        names: the compose services that are to run.
        must_open: which volumes are looked at.
    """
    if must_open is MustOpen.NONE:
        return []
    wanted = needed(project.services.values(), stack, names)
    there = _existing(project, wanted)
    if must_open is MustOpen.EXTERNAL:
        external = {one.actual for one in stack.volumes.values() if one.external}
        there = {name: one for name, one in there.items() if name in external}
    return locked_out(wanted, project.environment, there, Records(project.state_dir))


@contextlib.contextmanager
def remembering(
    project: Project, stack: Stack, names: Collection[str], *, accept: bool
) -> Iterator[None]:
    """A block that makes containers, and with them volumes: their credentials are noted.

    They are before it, so that they are known whatever happens within.

    Args:
        project: whose.
        stack: all services.
        names: the compose services that are to run.
        accept: whether present values replace what was noted.
    """
    wanted = needed(project.services.values(), stack, names)
    there, records = _existing(project, wanted), Records(project.state_dir)
    new = remember(wanted, project.environment, there, records, accept=accept)
    yield
    confirm(_states(project, new), records)


def _existing(project: Project, wanted: Sequence[Needed]) -> dict[str, VolumeState]:
    """The volumes of credentials that exist, by name; others' are told by the other checks."""
    identity = project.identity(create=False)
    declared = {volume.actual: volume for one in wanted for volume in one.volumes}
    return {
        one.name: one
        for one in _states(project, declared)
        if declared[one.name].external or identity.owns(one.labels) or one.name in identity.adopted
    }


def _states(project: Project, names: Iterable[str]) -> list[VolumeState]:
    found = (project.engine.volume(name) for name in names)
    return [one for one in found if one is not None]
