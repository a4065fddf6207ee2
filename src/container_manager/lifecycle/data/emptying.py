"""Volumes that are to go: nobody else needs them, they are saved, and they are removed last."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from container_manager.errors import (
    InterruptedByUser,
    ManagerError,
    PreconditionError,
    Problem,
    RuntimeFailure,
    raise_all,
)
from container_manager.identity import Identity
from container_manager.lifecycle.data.notes import (
    REMOVING,
    RESTORING,
    drop_note,
    unfinished_restore,
    write_note,
)
from container_manager.lifecycle.data.saving import check_space, save
from container_manager.lifecycle.data.volumes import services_of, users_of
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import own_networks
from container_manager.lifecycle.stopping import stop
from container_manager.podman.state import ContainerState, VolumeState


def stop_and_save(
    project: Project,
    containers: Collection[ContainerState],
    volumes: Sequence[VolumeState],
    *,
    save_first: bool,
    verb: str,
) -> tuple[Path | None, list[ContainerState]]:
    """Stop containers and save volumes that are to go.

    :func:`refuse_to_empty` comes before it. Where there are no volumes, nothing is stopped: who
    removes the containers ends them with the same call.

    Args:
        project: whose.
        containers: those of the project.
        volumes: those that are to go.
        save_first: whether they are saved.
        verb: the command that this is part of.

    Returns:
        The folder of the backup, if one was made, and the containers as they are now.

    Raises:
        RuntimeFailure: a volume could not be saved; the containers are stopped.
    """
    if not volumes:
        return None, list(containers)
    stop(project, containers)
    folder = None
    if save_first:
        services = services_of([one.name for one in volumes], users_of(project, volumes), None)
        try:
            folder = save(project, volumes, made_by=verb, automatic=True, services=services)
        except ManagerError as error:
            raise _stopped(error, containers) from error
        project.progress.step(f"Saved the volumes in {folder}")
    begun = {one.name: one.created_at for one in volumes}
    write_note(project, REMOVING, {"volumes": begun})
    return folder, project.engine.inspect([one.id for one in containers])


def _stopped(error: ManagerError, containers: Collection[ContainerState]) -> RuntimeFailure:
    """What is said where saving fails when containers are stopped already."""
    was = [one.name for one in containers if one.running]
    said = [
        Problem(
            message=f"Nothing was removed. These are stopped: {', '.join(was)}.",
            remedy="'up' starts them again. Where the volumes may be lost, --no-backup goes on "
            "without saving.",
        )
    ]
    return RuntimeFailure([*error.problems, *(said if was else ())])


def refuse_to_empty(
    project: Project,
    containers: Collection[ContainerState],
    volumes: Sequence[VolumeState],
    *,
    save_first: bool,
) -> None:
    """Make sure, while all still runs, that volumes can be saved and removed.

    Raises:
        PreconditionError: others than ``containers`` use some, be it that they are stopped;
            backups cannot be kept, or there is no room for one.
    """
    _refuse_shared(project, containers, volumes)
    if save_first and volumes:
        check_space(project, volumes)


def _refuse_shared(
    project: Project, containers: Collection[ContainerState], volumes: Iterable[VolumeState]
) -> None:
    own = {one.name for one in containers}
    problems = []
    for volume in volumes:
        others = [one.name for one in project.engine.volume_users(volume.name)]
        others = [name for name in others if name not in own]
        if others:
            problems.append(
                Problem(
                    message=f"The volume {volume.name}, which is to be removed, is used by: "
                    f"{', '.join(others)}. Nothing was touched.",
                    remedy=f"Remove what uses it: 'podman rm {others[0]}'.",
                )
            )
    raise_all(PreconditionError, problems)


def remove_volumes(project: Project, volumes: Sequence[VolumeState]) -> list[str]:
    """Remove volumes; the names of those that are gone.

    Raises:
        RuntimeFailure: some could not be removed.
    """
    problems = []
    gone = []
    for one in volumes:
        if project.engine.volume(one.name) is None:
            gone.append(one.name)
            continue
        finished = project.engine.remove_volume(one.name)
        if finished.ok:
            gone.append(one.name)
        else:
            problems.append(
                Problem(
                    message=f"The volume {one.name} could not be removed: {finished.last_lines}",
                    remedy="Another container uses it: remove that one.",
                )
            )
    raise_all(RuntimeFailure, problems)
    drop_note(project, REMOVING)
    if all(project.engine.volume(name) is None for name in unfinished_restore(project)[1]):
        drop_note(project, RESTORING)
    return gone


@contextlib.contextmanager
def told_half_way(
    project: Project,
    identity: Identity,
    containers: Collection[ContainerState],
    volumes: Sequence[VolumeState],
    *,
    verb: str,
) -> Iterator[None]:
    """Within the block things are removed; where that fails, what is gone and what is left is told.

    Raises:
        InterruptedByUser: Ctrl-C was pressed.
    """
    networks = own_networks(project, identity)
    before = [*(one.name for one in containers), *networks, *(one.name for one in volumes)]
    try:
        yield
    except RuntimeFailure as error:
        raise RuntimeFailure([*error.problems, *_left(project, before, verb)]) from error
    except KeyboardInterrupt:
        raise InterruptedByUser(
            [Problem(message="Interrupted."), *_left(project, before, verb)]
        ) from None


def _left(project: Project, before: Sequence[str], verb: str) -> list[Problem]:
    """What has become of what was there; nothing is said where all of it still is."""
    engine = project.engine
    try:
        there = {one.name for one in engine.everything()}
        there |= {one.name for one in engine.volumes()}
        there |= {name for name in before if name not in there and engine.has_network(name)}
    except RuntimeFailure:
        return []
    gone = [name for name in before if name not in there]
    left = [name for name in before if name in there]
    if not gone:
        return [Problem(message="Nothing was removed.")] if before else []
    return [
        Problem(
            message=f"Gone: {', '.join(gone)}. Still there: {', '.join(left) or 'nothing'}.",
            remedy=f"'{verb}' again goes on from here.",
        )
    ]
