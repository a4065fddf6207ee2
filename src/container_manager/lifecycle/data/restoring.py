"""``restore``: brings volumes back. A manifest is only a file: whose a volume is, Podman says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from container_manager.credentials.records import Records
from container_manager.errors import PreconditionError, Problem, RuntimeFailure, raise_all
from container_manager.identity import Identity
from container_manager.lifecycle.data.backups import chosen_backup, verify
from container_manager.lifecycle.data.filling import make_filled
from container_manager.lifecycle.data.manifests import SavedVolume, read_manifest
from container_manager.lifecycle.data.notes import (
    RESTORING,
    drop_note,
    unfinished_restore,
    write_note,
)
from container_manager.lifecycle.data.restorable import (
    check_room,
    full,
    obstacles,
    of_services,
    without_anonymous,
)
from container_manager.lifecycle.data.saving import save
from container_manager.lifecycle.data.volumes import own_options, refuse_remote
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.previews import Confirm, Preview, volume_rows
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import own_containers
from container_manager.podman.state import VolumeState


@dataclass(frozen=True, slots=True, kw_only=True)
class _Restore:
    """What a restore is about: the backup, its volumes, and those that are there and hold data."""

    folder: Path
    volumes: tuple[SavedVolume, ...]
    replaced: tuple[VolumeState, ...]


def restore(
    project: Project,
    name: str | None = None,
    *,
    only: Collection[str] | None = None,
    force: bool = False,
    save_first: bool = True,
    confirm: Confirm | None = None,
) -> Outcome:
    """Bring the volumes of a backup back.

    Args:
        project: whose volumes.
        name: the folder below ``backups/``; None takes the newest.
        only: canonical names of our services: their volumes; None: all of the backup.
        force: replace volumes that hold data.
        save_first: whether those are saved before they are replaced.
        confirm: told what will be replaced; raises where that must not be.

    Raises:
        PreconditionError: containers are there, the backup is of another project, or a volume is
            somebody else's, in use or holds data.
        RuntimeFailure: the backup is damaged (no volume was touched), or what is in a volume
            afterwards is not what was saved.
    """
    identity = project.identity(create=True)
    planned = _plan(project, identity, name, only, force=force, save_first=save_first)
    if confirm is not None:
        confirm(_preview(project, planned, save_first=save_first))
    former = None
    if planned.replaced and save_first:
        former = save(
            project, planned.replaced, made_by="restore", automatic=True, spare=planned.folder
        )
        project.progress.step(f"Saved what is replaced in {former}")
    done: list[str] = []
    names = [one.name for one in planned.volumes]
    try:
        for one in planned.volumes:
            write_note(
                project, RESTORING, {"backup": planned.folder.name, "volumes": names[len(done) :]}
            )
            project.progress.step(f"Restoring the volume {one.name}")
            _bring_back(project, identity, one)
            done.append(one.name)
    except (RuntimeFailure, OSError) as error:
        raise _half_way(error, planned, done, former) from error
    drop_note(project, RESTORING)
    return Outcome(
        created=tuple(names),
        removed=tuple(one.name for one in planned.replaced),
        backup=str(planned.folder),
        saved=str(former) if former else None,
    )


def preview_restore(
    project: Project,
    name: str | None = None,
    *,
    only: Collection[str] | None = None,
    force: bool = False,
    save_first: bool = True,
) -> Preview:
    """What :func:`restore` would do; raises what it would raise before it touches anything."""
    identity = project.identity(create=False)
    planned = _plan(project, identity, name, only, force=force, save_first=save_first)
    return _preview(project, planned, save_first=save_first)


def _plan(
    project: Project,
    identity: Identity,
    name: str | None,
    only: Collection[str] | None,
    *,
    force: bool,
    save_first: bool,
) -> _Restore:
    refuse_remote(project)
    folder = chosen_backup(project, name)
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
    listed = of_services(folder, verify(folder).volumes, only)
    volumes = without_anonymous(project, identity, listed)
    begun = unfinished_restore(project)[1]
    given_up = [one for one in full(project, volumes) if one.name not in begun]
    raise_all(PreconditionError, obstacles(project, identity, volumes, given_up, force=force))
    check_room(project, volumes, given_up if save_first else ())
    return _Restore(folder=folder, volumes=tuple(volumes), replaced=tuple(given_up))


def _bring_back(project: Project, identity: Identity, saved: SavedVolume) -> None:
    """Make one volume anew from its archive, and look whether it holds what was saved."""
    engine = project.engine
    there = engine.volume(saved.name)
    if there is not None:
        finished = engine.remove_volume(saved.name)
        if not finished.ok:
            raise RuntimeFailure(
                f"The volume {saved.name} is in use: {finished.last_lines}",
                remedy="Remove the container that uses it.",
            )
    made = make_filled(
        project,
        saved.name,
        saved.file,
        labels={**saved.labels, **identity.constant_labels},
        driver=there.driver if there else saved.driver,
        options=own_options(there) if there else {},  # none of them comes from the manifest
        top=saved.top,
    )
    # The next start compares: what .env holds may have changed since the backup.
    Records(project.state_dir).note(made.name, saved.credentials, made.created_at)


def _half_way(
    error: Exception, planned: _Restore, done: Sequence[str], former: Path | None
) -> RuntimeFailure:
    """What is said where a restore fails: what is whole, what is not, and where everything is."""
    problems = (
        error.problems
        if isinstance(error, RuntimeFailure)
        else (Problem(message=f"The volumes could not be restored: {error}."),)
    )
    left = [one.name for one in planned.volumes if one.name not in done]
    kept = f" What they held before is in {former}." if former else ""
    again = f"restore {planned.folder.name}{' --force' if done else ''}"  # those hold data by now
    return RuntimeFailure(
        [
            *problems,
            Problem(
                message=f"Restored: {', '.join(done) or 'nothing'}. Not whole: {', '.join(left)}."
                + kept,
                remedy=f"'{again}' goes on; the backup is as it was.",
            ),
        ]
    )


def _preview(project: Project, planned: _Restore, *, save_first: bool) -> Preview:
    return Preview(
        verb="restore",
        project=project.name,
        config=project.config_path,
        made=tuple(one.name for one in planned.volumes),
        volumes=volume_rows(project, planned.replaced, saved=save_first),
        source=planned.folder,
        backups=project.backups_dir,
        keeps=("the backup itself",),
    )
