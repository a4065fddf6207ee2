"""``restore``: brings volumes back. A manifest is only a file: whose a volume is, Podman says."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from container_manager.credentials.records import Records
from container_manager.errors import PreconditionError, Problem, RuntimeFailure, raise_all
from container_manager.identity import Identity
from container_manager.lifecycle.backups import (
    SavedVolume,
    chosen_backup,
    count_files,
    read_manifest,
    verify,
)
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import own_containers
from container_manager.podman.state import VolumeState


def restore(project: Project, name: str | None = None, *, force: bool = False) -> Outcome:
    """Bring the volumes of a backup back.

    Args:
        project: whose volumes.
        name: the folder below ``backups/``; None takes the newest.
        force: replace volumes that hold data.

    Raises:
        PreconditionError: containers are there, the backup is of another project, or a volume is
            somebody else's, in use or holds data.
        RuntimeFailure: the backup is damaged; no volume was touched.
    """
    folder = chosen_backup(project, name)
    identity = project.identity(create=True)
    if own_containers(project, identity):
        raise PreconditionError(
            "Volumes cannot be restored while containers are there.",
            remedy="Run 'down' first; it keeps the volumes.",
        )
    owner = read_manifest(folder).project
    if owner != project.name:
        raise PreconditionError(
            f"The backup {folder} is of another project: '{owner}', not '{project.name}'.",
            remedy=f"Restore it in the project '{owner}'.",
        )
    volumes = _without_anonymous(project, identity, verify(folder).volumes)
    raise_all(PreconditionError, _obstacles(project, identity, volumes, force=force))
    for one in volumes:
        project.progress.step(f"Restoring the volume {one.name}")
        _bring_back(project, identity, one)
    return Outcome(backup=str(folder))


def _without_anonymous(
    project: Project, identity: Identity, volumes: Iterable[SavedVolume]
) -> list[SavedVolume]:
    """Leave out what Podman made for a container that is gone, and what is still there.

    Nothing says whose such a volume is, and no new container would use it.
    """
    kept = []
    for one in volumes:
        there = project.engine.volume(one.name)
        if there is not None and there.anonymous and not _ours(identity, there):
            project.progress.warn(
                Problem(
                    message=f"The volume {one.name} has no owner and is still there: it was left "
                    "as it is.",
                    remedy=f"Its content is in {one.file}.",
                )
            )
        else:
            kept.append(one)
    return kept


def _ours(identity: Identity, volume: VolumeState) -> bool:
    return identity.owns(volume.labels) or volume.name in identity.adopted


def _obstacles(
    project: Project, identity: Identity, volumes: Iterable[SavedVolume], *, force: bool
) -> list[Problem]:
    """Why volumes must not be replaced; only the data in our own can be given up with force."""
    problems = []
    for one in volumes:
        there = project.engine.volume(one.name)
        if there is None:
            continue
        users = project.engine.volume_users(one.name)
        if not _ours(identity, there):
            message = f"The volume {one.name} does not belong to the project '{project.name}'."
            remedy = "Rename or remove it; if it is yours, take it over with 'up --adopt'."
        elif users:
            names = ", ".join(user.name for user in users)
            message = f"The volume {one.name} is used by: {names}."
            remedy = f"Remove what uses it: 'podman rm {users[0].name}'."
        elif not force and not _is_empty(project, there):
            message = f"The volume {one.name} holds data."
            remedy = "Save it with 'backup', then say --force to replace it."
        else:
            continue
        problems.append(Problem(message=message, remedy=remedy))
    return problems


def _bring_back(project: Project, identity: Identity, saved: SavedVolume) -> None:
    engine = project.engine
    if engine.volume(saved.name) is not None:
        finished = engine.remove_volume(saved.name)
        if not finished.ok:
            raise RuntimeFailure(
                f"The volume {saved.name} is in use: {finished.last_lines}",
                remedy="Remove the container that uses it.",
            )
    engine.create_volume(
        saved.name,
        labels={**saved.labels, **identity.constant_labels},
        driver=saved.driver,
        options=saved.options,
    )
    engine.import_volume(saved.name, saved.file)
    made = engine.volume(saved.name)
    if made is not None:
        # The next start compares: what .env holds may have changed since the backup.
        Records(project.state_dir).note(made.name, saved.credentials, made.created_at)


def _is_empty(project: Project, volume: VolumeState) -> bool:
    with tempfile.TemporaryDirectory(dir=project.state_dir) as folder:
        file = Path(folder) / "volume.tar"
        project.engine.export_volume(volume.name, file)
        return count_files(file) == 0
