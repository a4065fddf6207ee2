"""``backup``: volumes of a stack, be it that it runs or not."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from container_manager.compose.model import Stack
from container_manager.config.quiesce import declared
from container_manager.errors import (
    InterruptedByUser,
    PreconditionError,
    Problem,
    RuntimeFailure,
    raise_all,
)
from container_manager.lifecycle.data.quiescing import Stillness, grouped, held_still, stillness
from container_manager.lifecycle.data.saving import save
from container_manager.lifecycle.data.volumes import own_volumes, services_of, users_of
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import own_containers
from container_manager.podman.state import ContainerState, VolumeState


def backup(
    project: Project,
    *,
    only: Collection[str] | None = None,
    stack: Stack | None = None,
) -> Path:
    """Save all volumes, or those of some services, while the stack runs or is stopped.

    While it runs, a service's ``quiesce`` commands make its files fit to be copied; containers of
    services without are paused for as long as Podman copies their volumes.

    Args:
        project: whose volumes.
        only: canonical names of our services; None: all volumes.
        stack: what the compose files say of who uses which volume; None: only containers tell.

    Returns:
        The folder of the backup.

    Raises:
        PreconditionError: the stack is somebody else's, somebody else writes to a volume, a
            container cannot be paused, or the disk is too full.
        RuntimeFailure: a volume could not be saved, or a ``quiesce`` command failed.
        InterruptedByUser: Ctrl-C was pressed; nothing was kept.
    """
    identity = project.identity(create=False)
    containers = own_containers(project, identity)
    volumes = own_volumes(project, identity, containers)
    users = users_of(project, volumes)
    services = services_of([one.name for one in volumes], users, stack)
    volumes = chosen(project, volumes, services, only)
    _refuse_strangers(project, volumes, users, containers)
    rules = {
        name: rule
        for name, service in project.services.items()
        if (rule := declared(service.settings)) is not None
    }

    groups = grouped({one.name: users[one.name] for one in volumes}, rules)
    how = {  # decided before anything is held still
        tuple(names): stillness(_together(names, users), containers, rules) for names in groups
    }
    try:
        return save(
            project,
            volumes,
            made_by="backup",
            automatic=False,
            groups=groups,
            still=lambda names: _undisturbed(project, names, how[tuple(names)]),
            services=services,
        )
    except KeyboardInterrupt:
        raise InterruptedByUser("Interrupted: nothing was kept, and all runs as before.") from None


def chosen(
    project: Project,
    volumes: Sequence[VolumeState],
    services: Mapping[str, Collection[str]],
    only: Collection[str] | None,
) -> list[VolumeState]:
    """The volumes that a command is about.

    Raises:
        PreconditionError: there is none, or none of one of the services.
    """
    if only is None:
        if not volumes:
            raise PreconditionError(
                f"The project '{project.name}' has no volumes to save.",
                remedy="They are made by the first 'up'.",
            )
        return list(volumes)
    without = [name for name in only if not any(name in some for some in services.values())]
    raise_all(
        PreconditionError,
        [
            Problem(
                message=f"{name} has no volume to save.",
                remedy="It declares none, or 'up' has not made it yet. Without names of services, "
                "all volumes are saved.",
            )
            for name in without
        ],
    )
    return [one for one in volumes if set(only) & set(services[one.name])]


@contextlib.contextmanager
def _undisturbed(project: Project, names: Sequence[str], how: Stillness) -> Iterator[None]:
    """A block in which all are held still, and after which nobody was found to have come."""
    with held_still(project, how):
        before = _awake(project, names)
        yield
        came = _awake(project, names) - before
    if came:
        raise RuntimeFailure(
            "A container was started while a volume that it uses was being saved: "
            f"{', '.join(names)}. Nothing was kept.",
            remedy="Try again, and start nothing meanwhile.",
        )


def _awake(project: Project, names: Sequence[str]) -> set[tuple[str, float | None]]:
    """Who uses volumes and is not paused, and since when: a later start shows."""
    ids = {one for name in names for one in project.engine.container_ids(f"volume={name}")}
    return {
        (one.id, one.started_at)
        for one in project.engine.inspect(sorted(ids))
        if one.status != "paused" and one.started_at is not None
    }


def _together(
    names: Sequence[str], users: Mapping[str, Collection[ContainerState]]
) -> list[ContainerState]:
    found = {one.id: one for name in names for one in users.get(name, ())}
    return [found[one] for one in sorted(found)]


def _refuse_strangers(
    project: Project,
    volumes: Sequence[VolumeState],
    users: Mapping[str, Collection[ContainerState]],
    containers: Collection[ContainerState],
) -> None:
    own = {one.id for one in containers}
    problems = []
    for volume in volumes:
        for one in users[volume.name]:
            if one.running and one.status != "paused" and one.id not in own:
                problems.append(
                    Problem(
                        message=f"{one.name}, which does not belong to the project "
                        f"'{project.name}', runs and uses the volume {volume.name}.",
                        remedy=f"Stop it: 'podman stop {one.name}'.",
                    )
                )
    raise_all(PreconditionError, problems)
