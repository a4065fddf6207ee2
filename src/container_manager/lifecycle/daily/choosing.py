"""Which containers are meant: found by their labels, so that no configuration is needed.

A name is that of a service of ours in any of its forms (all its containers are meant), or that of
one compose service. In names ``-`` and ``_`` are one letter, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from container_manager import identity as labels
from container_manager.errors import PreconditionError, Problem, did_you_mean, raise_all
from container_manager.identity import foreign_problems
from container_manager.lifecycle.daily.labelled import known_labels
from container_manager.lifecycle.planning import is_one_off
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState


def own(project: Project) -> list[ContainerState]:
    """All containers of the stack, after making sure that they are ours.

    Raises:
        PreconditionError: some are somebody else's.
    """
    containers = project.containers()
    raise_all(PreconditionError, foreign_problems(project.identity(create=False), containers, ()))
    return sorted(containers, key=lambda one: (one.service, one.name))


def chosen(
    project: Project, names: Sequence[str], containers: Sequence[ContainerState] | None = None
) -> list[ContainerState]:
    """The containers of some services; of all without names, but for those of ``run``.

    Args:
        project: whose.
        names: services of ours, or compose services.
        containers: all containers of the stack, where they are known already.

    Raises:
        PreconditionError: a name leads to no container, or there is none at all.
    """
    there = own(project) if containers is None else containers
    if not names:
        found = [one for one in there if not is_one_off(one)]
        if not found:
            raise PreconditionError(
                f"The stack '{project.name}' has no containers.", remedy="'up' makes them."
            )
        return found
    problems: list[Problem] = []
    ids: set[str] = set()
    for name in names:
        meant = named(there, name)
        ids |= {one.id for one in meant}
        if not meant:
            problems.append(_no_such(project, there, name))
    raise_all(PreconditionError, problems)
    return [one for one in there if one.id in ids]


def meant(project: Project, names: Sequence[str]) -> list[ContainerState]:
    """As :func:`chosen`, but those of them that are there at the moment, be it none."""
    there = own(project)
    if not names:
        return [one for one in there if not is_one_off(one)]
    ids = {one.id for name in names for one in named(there, name)}
    return [one for one in there if one.id in ids]


def one_of(project: Project, name: str) -> ContainerState:
    """The one container that is meant where there can be only one.

    Raises:
        PreconditionError: there is none, or there are several.
    """
    there = own(project)
    if not name:
        services = sorted(_names(there))
        raise PreconditionError(
            "Which service is meant was not said.",
            remedy=f"Services with containers: {', '.join(services) or 'none; up makes them'}.",
        )
    meant = named(there, name)
    exact = [one for one in meant if _same(one.service, name)]
    if len(exact) == 1 or len(meant) == 1:
        return (exact if len(exact) == 1 else meant)[0]
    if not meant:
        raise PreconditionError(_no_such(project, there, name))
    running = [one for one in meant if one.running]
    listed = ", ".join(one.service or one.name for one in running or meant)
    raise PreconditionError(
        f"'{name}' has several containers: {listed}.", remedy="Name the compose service."
    )


def named(containers: Iterable[ContainerState], name: str) -> list[ContainerState]:
    """The containers that a name means: of a service of ours, else of a compose service."""
    every = list(containers)
    there = [one for one in every if not is_one_off(one)]
    owners = {owner for one in there if (owner := _owner(one))}
    for same in (
        {owner for owner in owners if _same(owner, name)},
        {owner for owner in owners if _same(owner.rpartition(".")[2], name)},
    ):
        if len(same) == 1:
            return [one for one in there if _owner(one) in same]
    return [one for one in every if name and (_same(one.service, name) or one.name == name)]


def _owner(container: ContainerState) -> str:
    return container.labels.get(labels.SERVICE, "")


def _same(one: str, other: str) -> bool:
    return one.replace("-", "_") == other.replace("-", "_")


def _names(containers: Iterable[ContainerState]) -> set[str]:
    return {one.service for one in containers if one.service and not is_one_off(one)}


def _no_such(project: Project, there: Sequence[ContainerState], name: str) -> Problem:
    """A service that has none at the moment is told from one that nobody knows."""
    known = known_labels(project)
    owners = {one.get(labels.SERVICE, "") for one in known.values()} | set(map(_owner, there))
    every = {*_names(there), *known, *owners, *(one.rpartition(".")[2] for one in owners)} - {""}
    if any(_same(name, one) for one in every):
        return Problem(
            message=f"The service '{name}' has no container.",
            remedy=f"'up --service {name}' makes it.",
        )
    near = did_you_mean(name, every)
    listed = ", ".join(sorted(_names(there))) or "none"
    return Problem(
        message=f"No service '{name}' has a container here.",
        remedy=near or f"Services with containers: {listed}. 'up' makes those of the others.",
    )
