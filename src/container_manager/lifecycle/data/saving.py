"""Saves volumes in files with checksums, while nobody writes to them.

A backup is made in a folder called ``….partial`` and renamed when it is whole and verified, so that
a crash leaves nothing that looks like one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from container_manager.credentials.records import Records
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.lifecycle.data.archives import archived
from container_manager.lifecycle.data.backups import (
    PARTIAL,
    SUMS,
    backups_folder,
    drop_partial,
    prune,
    sha256,
    sums_text,
    verify,
)
from container_manager.lifecycle.data.manifests import FORMAT, MANIFEST, Top
from container_manager.lifecycle.data.volumes import (
    archive_size,
    free_space,
    own_options,
    read_top,
    refuse_remote,
)
from container_manager.lifecycle.project import Project
from container_manager.podman.state import VolumeState

_MIB = 1024**2

Still = Callable[[Sequence[str]], contextlib.AbstractContextManager[None]]
"""Gives a block in which nobody writes to some volumes, by their names."""


def save(
    project: Project,
    volumes: Sequence[VolumeState],
    *,
    made_by: str,
    automatic: bool,
    groups: Sequence[Sequence[str]] | None = None,
    still: Still | None = None,
    services: Mapping[str, Sequence[str]] | None = None,
    spare: Path | None = None,
) -> Path:
    """Save volumes, and verify what was saved.

    Args:
        project: whose.
        volumes: at least one.
        made_by: the command that this is part of.
        automatic: whether nobody asked for this backup, so that it may be pruned one day.
        groups: names of volumes that are copied at one moment; None: all, one after the other.
        still: holds whoever writes to them still; None: nobody does.
        services: volume -> the services of ours that use it, as far as that is known.
        spare: a backup that is not pruned: it is about to be restored.

    Returns:
        The folder of the backup.

    Raises:
        PreconditionError: the disk is too full, or the folder of the backups cannot be used.
        RuntimeFailure: a volume could not be saved.
    """
    top = check_space(project, volumes)
    for name in drop_partial(top):
        project.progress.step(f"Removed {name}, which a backup that was killed has left")
    now = datetime.now(UTC)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    # Names are taken anew after pruning; this tells which backup is newer within a second.
    created = now.isoformat(timespec="microseconds")
    about = {
        "project": project.name,
        "created": created,
        "made_by": made_by,
        "automatic": automatic,
    }
    partial = None
    try:
        partial = Path(tempfile.mkdtemp(prefix=f"{stamp}-", suffix=PARTIAL, dir=top))
        tops = _export_all(project, volumes, partial, groups, still)
        entries = [
            _entry(project, one, partial, tops[one.name], (services or {}).get(one.name, ()))
            for one in volumes
        ]
        _finish(partial, {"format": FORMAT, **about, "volumes": entries})
        verify(partial)
        folder = _named(partial, top / stamp)
    except OSError as error:
        raise RuntimeFailure(
            f"The backup could not be written: {error.strerror or error}.",
            remedy=f"See that there is room and permission in {top}.",
        ) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
    _prune(project, folder, spare)
    return folder


def check_space(project: Project, volumes: Sequence[VolumeState]) -> Path:
    """The folder of all backups, if there is room in it for these volumes.

    Raises:
        PreconditionError: there is not, or backups cannot be made or kept.
    """
    refuse_remote(project)
    top = backups_folder(project)
    needed = sum(archive_size(project, one) for one in volumes)
    free = free_space(top)
    if needed > free:
        raise PreconditionError(
            f"Saving the volumes takes {_mib(needed)} MiB, and {top} has room for "
            f"{free // _MIB} MiB: nothing was saved or removed.",
            remedy="Make room ('backups' lists what is there), or say --no-backup where the "
            "volumes may be lost.",
        )
    return top


def _export_all(
    project: Project,
    volumes: Sequence[VolumeState],
    folder: Path,
    groups: Sequence[Sequence[str]] | None,
    still: Still | None,
) -> dict[str, Top | None]:
    """Write the archives of all, those of a group while nobody writes to any of it."""
    by_name = {one.name: one for one in volumes}
    tops: dict[str, Top | None] = {}
    for names in groups or [list(by_name)]:
        with still(names) if still else contextlib.nullcontext():
            for name in names:
                tops[name] = _export(project, by_name[name], folder)
    return tops


def _export(project: Project, volume: VolumeState, folder: Path) -> Top | None:
    """Write one volume's archive; owner and mode of its own folder, which that does not hold."""
    project.progress.step(f"Saving the volume {volume.name}")
    file = folder / f"{volume.name}.tar"
    try:
        project.engine.export_volume(volume.name, file)
    except RuntimeFailure as error:
        raise _unsaved(volume, error) from error
    return read_top(project, volume)


def _entry(
    project: Project,
    volume: VolumeState,
    folder: Path,
    top: Top | None,
    services: Sequence[str],
) -> dict[str, Any]:
    file = folder / f"{volume.name}.tar"
    os.chmod(file, 0o600)  # noqa: PTH101
    try:
        archived(file)
    except tarfile.TarError as error:
        raise _unsaved(volume, error) from error
    return {
        "name": volume.name,
        "file": file.name,
        "size": file.stat().st_size,
        "sha256": sha256(file),
        "driver": volume.driver,
        "labels": dict(volume.labels),
        "options": own_options(volume),
        "services": list(services),
        "top": asdict(top) if top else None,
        "credentials": {
            name: asdict(one) for name, one in Records(project.state_dir).of(volume).items()
        },
    }


def _unsaved(volume: VolumeState, error: Exception) -> RuntimeFailure:
    return RuntimeFailure(
        f"The volume {volume.name} could not be saved: {error}",
        remedy="Nothing was removed. See that there is room for it and that it can be read.",
    )


def _finish(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest and the sums, and make the whole folder last."""
    text = json.dumps(manifest, indent=1).encode()
    sums = {entry["file"]: entry["sha256"] for entry in manifest["volumes"]}
    for name, content in ((MANIFEST, text), (SUMS, sums_text(text, sums).encode())):
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    for place in (*folder.iterdir(), folder):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # what was saved is about to be removed
        finally:
            os.close(descriptor)


def _named(partial: Path, wanted: Path) -> Path:
    """Give a whole backup its name."""
    number = 1
    target = wanted
    while target.exists():
        number += 1
        target = wanted.with_name(f"{wanted.name}-{number}")
    partial.rename(target)
    return target


def _prune(project: Project, folder: Path, spare: Path | None) -> None:
    """Remove surplus backups; where that fails, the new one is whole even so."""
    try:
        gone = prune(project, new=folder, spare=spare)
    except OSError as error:
        project.progress.step(f"A former backup could not be removed: {error}")
        return
    if gone:
        project.progress.step(
            f"Removed automatic backups beyond the newest {project.keep_backups} "
            f"(keep_backups): {', '.join(gone)}"
        )


def _mib(size: int) -> int:
    return -(-size // _MIB)
