"""``backup``: the volumes of a stopped stack, in files with checksums.

A backup is made in a folder called ``….partial`` and renamed when it is whole and verified, so that
a crash leaves nothing that looks like one.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from container_manager import identity as labels
from container_manager.credentials.records import Records
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.identity import Identity
from container_manager.lifecycle.backups import (
    MANIFEST,
    PARTIAL,
    backups_folder,
    count_files,
    sha256,
    verify,
)
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import own_containers
from container_manager.podman.state import ContainerState, VolumeState

_FORMAT = 1
_KIB = 1024


def backup(project: Project) -> Path:
    """Save all volumes of the stopped stack.

    Returns:
        The folder of the backup.

    Raises:
        PreconditionError: the stack runs, is somebody else's, or the disk is too full.
        RuntimeFailure: a volume could not be saved.
    """
    identity = project.identity(create=False)
    containers = own_containers(project, identity)
    _refuse_running(containers, "saved")
    volumes = own_volumes(project, identity, containers)
    if not volumes:
        raise PreconditionError(
            f"The project '{project.name}' has no volumes to save.",
            remedy="They are made by the first 'up'.",
        )
    return save(project, volumes)


def own_volumes(
    project: Project, identity: Identity, containers: Collection[ContainerState]
) -> list[VolumeState]:
    """The volumes that belong to the stack; never external ones.

    Those are the volumes with our labels, and of those that our containers mount the ones that were
    made for them: by the provider for this project, or by Podman because the image says so.
    """
    engine = project.engine
    found = {
        one.name: one
        for one in engine.volumes(f"{labels.PROJECT}={project.name}")
        if identity.owns(one.labels)
    }
    mounted = {name for one in containers for name in one.volumes} | identity.adopted
    for name in sorted(mounted - found.keys()):
        one = engine.volume(name)
        if one is not None and (
            one.anonymous
            or name in identity.adopted
            or one.labels.get(labels.COMPOSE_PROJECT) == project.name
        ):
            found[name] = one
    return [found[name] for name in sorted(found)]


def save(project: Project, volumes: Sequence[VolumeState]) -> Path:
    """Save volumes that nothing writes to, and verify what was saved.

    Raises:
        PreconditionError: the disk is too full, or the folder of the backups cannot be used.
        RuntimeFailure: a volume could not be saved.
    """
    top = check_space(project, volumes)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    partial = None
    try:
        partial = Path(tempfile.mkdtemp(prefix=f"{stamp}-", suffix=PARTIAL, dir=top))
        records = Records(project.state_dir)
        entries = [_save_one(project, one, partial, records) for one in volumes]
        manifest = {"format": _FORMAT, "project": project.name, "volumes": entries}
        _write(partial / MANIFEST, json.dumps(manifest, indent=1))
        verify(partial)
        return _finished(partial, top / stamp)
    except OSError as error:
        raise RuntimeFailure(
            f"The backup could not be written: {error.strerror or error}",
            remedy=f"See that there is room and permission in {top}.",
        ) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def _save_one(
    project: Project, volume: VolumeState, folder: Path, records: Records
) -> dict[str, Any]:
    project.progress.step(f"Saving the volume {volume.name}")
    file = folder / f"{volume.name}.tar"
    try:
        project.engine.export_volume(volume.name, file)
        os.chmod(file, 0o600)  # noqa: PTH101
        count_files(file)
    except (RuntimeFailure, tarfile.TarError) as error:
        raise RuntimeFailure(
            f"The volume {volume.name} could not be saved: {error}",
            remedy="Nothing was removed. To go on without saving, say --no-backup.",
        ) from error
    return {
        "name": volume.name,
        "file": file.name,
        "size": file.stat().st_size,
        "sha256": sha256(file),
        "driver": volume.driver,
        "labels": dict(volume.labels),
        "options": dict(volume.options),
        "credentials": {name: asdict(one) for name, one in records.of(volume).items()},
    }


def _finished(partial: Path, wanted: Path) -> Path:
    """Give a whole backup its name."""
    number = 1
    target = wanted
    while target.exists():
        number += 1
        target = wanted.with_name(f"{wanted.name}-{number}")
    partial.rename(target)
    return target


def _refuse_running(containers: Collection[ContainerState], what: str) -> None:
    running = [one.name for one in containers if one.running]
    if running:
        raise PreconditionError(
            f"Volumes cannot be {what} while the stack runs: {', '.join(running)}.",
            remedy="Stop it with 'down'; it keeps the volumes.",
        )


def check_space(project: Project, volumes: Sequence[VolumeState]) -> Path:
    """The folder of all backups, if there is room in it for these volumes.

    Raises:
        PreconditionError: there is not, or backups cannot be kept.
    """
    top = backups_folder(project)
    needed = sum(_size(project, one) for one in volumes)
    free = shutil.disk_usage(top).free
    if needed > free:
        raise PreconditionError(
            f"The volumes hold {needed // _KIB**2} MiB, and {top} has room for "
            f"{free // _KIB**2} MiB: nothing was saved or removed.",
            remedy="Make room, or say --no-backup to go on without saving.",
        )
    return top


def _size(project: Project, volume: VolumeState) -> int:
    """The bytes of a volume; 0 where they cannot be found out (a remote Podman, say)."""
    top = Path(volume.mountpoint)
    if os.access(top, os.R_OK | os.X_OK):
        return sum(
            _file_size(Path(parent) / name) for parent, _, names in os.walk(top) for name in names
        )
    finished = project.engine.disk_usage(volume.mountpoint)
    size = finished.stdout.split()[:1]
    return int(size[0]) * _KIB if finished.ok and size and size[0].isdecimal() else 0


def _file_size(file: Path) -> int:
    try:
        return file.lstat().st_blocks * 512
    except OSError:
        return 0  # its container runs, and has removed it


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
