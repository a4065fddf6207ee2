"""What becomes of data under former names: found beside a stack, decided about, remembered.

A decision is about one volume of a former name. Copying it is one, leaving it alone is another, and
a volume of our own is one, too: once there was such, the stack may begin empty after a ``clean``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from container_manager.compose.model import Stack
from container_manager.errors import FormerVolumes, Problem, raise_all
from container_manager.identity import COMPOSE_PROJECT, COPIED, PROJECT
from container_manager.lifecycle.data.notes import COPYING, FORMER, listed, read_note, write_note
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ListedContainer, VolumeState
from container_manager.preflight.former import (
    Former,
    former_problems,
    former_projects,
    former_volumes,
    former_warnings,
)

_ALL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Volumes under former names that correspond to volumes of a stack.

    Attributes:
        undecided: those that keep it from starting.
        doubtful: those that seem to be somebody else's.
        settled: those about which a volume of our own decides.
        decided: those about which was decided before.
        halved: those whose copy was cut short.
    """

    undecided: tuple[Former, ...] = ()
    doubtful: tuple[Former, ...] = ()
    settled: tuple[Former, ...] = ()
    decided: tuple[Former, ...] = ()
    halved: tuple[Former, ...] = ()

    @property
    def to_copy(self) -> tuple[Former, ...]:
        """Those that would be copied if nobody said which."""
        return (*self.halved, *self.undecided)

    def refusals(self) -> list[Problem]:
        """What keeps the stack from starting."""
        cut_short = [
            Problem(
                message=f"Copying {one.volume} to {one.actual} was cut short: {one.actual} is not "
                "whole.",
                where=one.where,
                remedy=f"'adopt --copy' begins it anew; {one.volume} is as it was.",
            )
            for one in self.halved
        ]
        return [*cut_short, *former_problems(self.undecided)]

    def doubts(self) -> list[Problem]:
        """What is told, and stops nothing."""
        return former_warnings(self.doubtful)


def beside(
    project: Project,
    stack: Stack,
    names: Iterable[str],
    volumes: Collection[VolumeState],
    containers: Iterable[ListedContainer],
    *,
    origin: str | None = None,
) -> Beside:
    """Look for volumes under former names; Podman is not asked.

    Args:
        project: whose stack.
        stack: what the compose files say.
        names: the compose services that count.
        volumes: all volumes of this Podman.
        containers: all containers.
        origin: the compose project whose volumes are meant; None: those that are known.
    """
    used = {volume for name in names for volume in stack.services[name].volumes}
    origins = (origin,) if origin else former_projects(stack, project.environment)
    found = former_volumes(stack, used, origins, volumes, containers, root=project.root)
    halves = _halves(project, volumes)
    decided = _decided(project)
    kinds: dict[str, list[Former]] = {}
    for one in found:
        if halves.get(one.actual) == one.volume:
            kind = "halved"
        elif one.actual in halves or (one.made and {one.volume, _ALL} & decided):
            kind = "decided"
        elif one.made:
            kind = "settled"
        elif origin:
            kind = "undecided"
        elif {one.volume, _ALL} & decided:
            kind = "decided"
        else:
            kind = "doubtful" if one.whose else "undecided"
        kinds.setdefault(kind, []).append(one)
    return Beside(**{kind: tuple(some) for kind, some in kinds.items()})


def look_beside(
    project: Project, stack: Stack, names: Iterable[str], *, origin: str | None = None
) -> Beside:
    """The same, after a look at what Podman has."""
    engine = project.engine
    return beside(project, stack, names, engine.volumes(), engine.everything(), origin=origin)


def refuse_beside(project: Project, stack: Stack, names: Iterable[str]) -> None:
    """Raise where a stack would begin empty beside its own data.

    Raises:
        FormerVolumes: so it is.
    """
    raise_all(FormerVolumes, look_beside(project, stack, names).refusals())


def unclaimed(project: Project, stack: Stack, volumes: Iterable[VolumeState]) -> list[str]:
    """Volumes that the stack uses under a fixed name since before it was ours.

    Nobody saves them as this project's until that is said.
    """
    fixed = {
        one.actual
        for one in stack.volumes.values()
        if one.definition.get("name") and not one.external
    }
    origins = former_projects(stack, project.environment)
    return [
        one.name
        for one in volumes
        if one.name in fixed
        and PROJECT not in one.labels
        and one.labels.get(COMPOSE_PROJECT) in origins
    ]


def decide(project: Project, volumes: Iterable[str]) -> None:
    """Remember that some volumes of former names stop no start any more."""
    known = _decided(project)
    if new := set(volumes) - known:
        write_note(project, FORMER, {"decided": sorted(known | new)})


def begin_anew(project: Project) -> None:
    """Remember that nothing of a former name is this project's."""
    decide(project, [_ALL])


def _decided(project: Project) -> set[str]:
    return {str(one) for one in listed(read_note(project.state_dir, FORMER), "decided")}


def _halves(project: Project, volumes: Iterable[VolumeState]) -> dict[str, str]:
    """Volumes of ours that are not whole: name -> what was being copied into them."""
    note = unfinished_copies(project)
    return {
        one.name: note[one.name]
        for one in volumes
        if one.name in note and one.labels.get(COPIED) == note[one.name]
    }


def unfinished_copies(project: Project) -> dict[str, str]:
    """What a note says of copies that were begun: target -> source; some may be gone since."""
    note = read_note(project.state_dir, COPYING)
    copies = note.get("copies")
    if note.get("project") != project.name or not isinstance(copies, dict):
        return {}
    return {str(target): str(source) for target, source in copies.items()}
