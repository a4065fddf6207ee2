"""Volumes that another tool filled for this stack, under the names that it gave them there.

The original framework called podman-compose without a project's name, so that its volumes are named
after the folder of the first file, ``services``, or after a ``name`` at the top of a compose file.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.compose.model import Stack
from container_manager.config.environment import Environment
from container_manager.errors import Location, Problem
from container_manager.identity import COMPOSE_PROJECT, COMPOSE_PROJECTS, COPIED, PROJECT
from container_manager.podman.state import ListedContainer, VolumeState

ORIGINAL = "services"
"""The compose project of whatever the original framework ran."""

_FOLDER = "com.docker.compose.project.working_dir"


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """A volume under a former name.

    Attributes:
        volume: its name.
        project: the compose project that it is of.
        actual: the name that the stack gives to a volume of this kind.
        made: whether there is one of that name.
        whose: whose it seems to be, if there is a trace of somebody else; for people.
        where: the place that declares it.
    """

    volume: str
    project: str
    actual: str
    made: bool
    whose: str | None
    where: Location


def former_projects(stack: Stack, environment: Environment) -> tuple[str, ...]:
    """The names under which a stack may have run without us.

    Source: podman-compose takes the variable, then the ``name`` of a file, then the folder.
    """
    named = (environment.get("COMPOSE_PROJECT_NAME"), *stack.named, ORIGINAL)
    return tuple(dict.fromkeys(one for one in named if one and one != stack.project))


def former_volumes(
    stack: Stack,
    used: Collection[str],
    projects: Collection[str],
    volumes: Iterable[VolumeState],
    containers: Iterable[ListedContainer],
    *,
    root: Path,
) -> list[Former]:
    """The volumes under former names that correspond to volumes of a stack.

    Args:
        stack: what the compose files say.
        used: the volumes that count, as the compose files call them.
        projects: compose projects whose volumes may be meant.
        volumes: all volumes of this Podman.
        containers: all containers.
        root: the project's folder.
    """
    there = {one.name: one for one in volumes}
    copied = {one.labels[COPIED]: one.name for one in there.values() if COPIED in one.labels}
    elsewhere = _started_elsewhere(projects, containers, root)
    found = []
    for name, declared in stack.volumes.items():
        if name not in used or declared.external or not _takes_its_own(declared.definition):
            continue
        for project in projects:
            volume = there.get(f"{project}_{name}")
            if volume is None or not _is_of(project, volume.labels):
                continue
            heir = copied.get(volume.name, declared.actual)
            found.append(
                Former(
                    volume=volume.name,
                    project=project,
                    actual=declared.actual,
                    made=declared.actual in there,
                    whose=elsewhere.get(project)
                    if heir == declared.actual
                    else f"which was copied to {heir}",
                    where=declared.where,
                )
            )
    return found


def former_problems(found: Iterable[Former]) -> list[Problem]:
    """What keeps a stack from starting: it would begin empty beside its own data."""
    return [
        Problem(
            message=f"The volume {one.actual} would begin empty: what ran as '{one.project}' has "
            f"left its data in {one.volume}.",
            where=one.where,
            remedy=f"'adopt --copy' copies it, and {one.volume} stays as it is. 'adopt --ignore' "
            "begins with an empty one.",
        )
        for one in found
    ]


def former_warnings(found: Iterable[Former]) -> list[Problem]:
    """What is left to others, and told in case that it is not theirs."""
    return [
        Problem(
            message=f"The volume {one.actual} begins empty: {one.volume} was taken for that of "
            f"another, {one.whose}.",
            where=one.where,
            remedy=f"If it is this project's, run 'clean' and 'adopt --copy --project "
            f"{one.project}'.",
        )
        for one in found
    ]


def _takes_its_own(definition: Mapping[str, object]) -> bool:
    """Whether each project has a volume of its own: no fixed name, no fixed place of the data."""
    options = definition.get("driver_opts")
    placed = isinstance(options, Mapping) and "device" in options
    return not definition.get("name") and not placed


def _is_of(project: str, labels: Mapping[str, str]) -> bool:
    """Whether a compose tool made a volume for that project, as far as anything tells."""
    if labels.get(PROJECT, project) != project:
        return False
    said = {labels[one] for one in COMPOSE_PROJECTS if one in labels}
    return said <= {project}


def _started_elsewhere(
    projects: Collection[str], containers: Iterable[ListedContainer], root: Path
) -> dict[str, str]:
    """Projects whose containers all come from folders that are there, and not ours; for people."""
    folders: dict[str, set[str]] = {}
    for one in containers:
        project = one.labels.get(COMPOSE_PROJECT, "")
        if project in projects:
            folders.setdefault(project, set()).add(one.labels.get(_FOLDER, ""))
    ours = os.path.realpath(root)
    return {
        project: f"started from {', '.join(sorted(found))}"
        for project, found in folders.items()
        if not any(_may_be_ours(folder, ours) for folder in found)
    }


def _may_be_ours(folder: str, root: str) -> bool:
    """Whether a recorded folder is below ours, unknown, or gone."""
    inside = os.path.commonpath((root, folder)) == root if folder.startswith("/") else True
    return inside or not os.path.lexists(folder)
