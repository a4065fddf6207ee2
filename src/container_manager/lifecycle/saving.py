"""``backup`` and ``restore``: the volumes of a stopped stack, in files with checksums.

A backup is made in a folder called ``….partial`` and renamed when it is whole and verified, so that
a crash leaves nothing that looks like one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from container_manager import identity as labels
from container_manager.errors import PreconditionError, Problem, RuntimeFailure, raise_all
from container_manager.identity import Identity
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import own_containers
from container_manager.podman.state import ContainerState, VolumeState

BACKUPS = "backups"
MANIFEST = "manifest.json"

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


def restore(project: Project, name: str | None = None, *, force: bool = False) -> Outcome:
    """Bring the volumes of a backup back.

    Args:
        project: whose volumes.
        name: the folder below ``backups/``; None takes the newest.
        force: replace volumes that hold data.

    Raises:
        PreconditionError: containers are there, or a volume holds data.
        RuntimeFailure: a file of the backup is damaged; no volume was touched.
    """
    folder = _chosen(project, name)
    identity = project.identity(create=True)
    containers = own_containers(project, identity)
    if containers:
        raise PreconditionError(
            "Volumes cannot be restored while containers are there.",
            remedy="Run 'down' first; it keeps the volumes.",
        )
    entries = verify(folder)
    raise_all(PreconditionError, _obstacles(project, entries, force=force))
    for entry in entries:
        project.progress.step(f"Restoring the volume {entry['name']}")
        _bring_back(project, identity, folder, entry)
    return Outcome(backup=str(folder))


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
        PreconditionError: the disk is too full.
        RuntimeFailure: a volume could not be saved.
    """
    top = project.root / BACKUPS
    top.mkdir(mode=0o700, exist_ok=True)
    _check_space(project, volumes, top)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    partial = Path(tempfile.mkdtemp(prefix=f"{stamp}-", suffix=".partial", dir=top))
    try:
        entries = [_save_one(project, one, partial) for one in volumes]
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
        shutil.rmtree(partial, ignore_errors=True)


def verify(folder: Path) -> list[dict[str, Any]]:
    """Read a backup again and compare all checksums; the entries of its manifest.

    Raises:
        RuntimeFailure: something is missing or damaged.
    """
    manifest = folder / MANIFEST
    try:
        stored = json.loads(manifest.read_text(encoding="utf-8"))
        entries = [dict(entry) for entry in stored["volumes"]]
        pairs = [(folder / Path(e["file"]).name, str(e["sha256"]), e) for e in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RuntimeFailure(
            f"The backup {folder} has no usable {MANIFEST}.", remedy="Choose another backup."
        ) from error
    problems = []
    for file, digest, entry in pairs:
        if not file.is_file():
            problems.append(Problem(message=f"{file} of the volume {entry['name']} is missing."))
        elif _sha256(file) != digest:
            problems.append(Problem(message=f"{file} is damaged: its checksum differs."))
    raise_all(RuntimeFailure, problems)
    return entries


def _save_one(project: Project, volume: VolumeState, folder: Path) -> dict[str, Any]:
    project.progress.step(f"Saving the volume {volume.name}")
    file = folder / f"{volume.name}.tar"
    try:
        project.engine.export_volume(volume.name, file)
        os.chmod(file, 0o600)  # noqa: PTH101
        _entries(file)
    except (RuntimeFailure, tarfile.TarError) as error:
        raise RuntimeFailure(
            f"The volume {volume.name} could not be saved: {error}",
            remedy="Nothing was removed. To go on without saving, say --no-backup.",
        ) from error
    return {
        "name": volume.name,
        "file": file.name,
        "size": file.stat().st_size,
        "sha256": _sha256(file),
        "driver": volume.driver,
        "labels": dict(volume.labels),
        "options": dict(volume.options),
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


def _chosen(project: Project, name: str | None) -> Path:
    top = project.root / BACKUPS
    there = sorted(
        one.name
        for one in (top.iterdir() if top.is_dir() else ())
        if (one / MANIFEST).is_file() and not one.name.endswith(".partial")
    )
    if name is None and there:
        return top / there[-1]
    if name is not None and Path(name).name in there:
        return top / Path(name).name
    listed = f"Backups: {', '.join(there)}." if there else "There are none: 'backup' makes one."
    raise PreconditionError(
        f"There is no backup {name!r} in {top}." if name else f"There is no backup in {top}.",
        remedy=listed,
    )


def _obstacles(project: Project, entries: list[dict[str, Any]], *, force: bool) -> list[Problem]:
    problems = []
    for entry in entries:
        there = project.engine.volume(entry["name"])
        if there is not None and not force and not _is_empty(project, there):
            problems.append(
                Problem(
                    message=f"The volume {there.name} holds data.",
                    remedy="Save it with 'backup', then say --force to replace it.",
                )
            )
    return problems


def _bring_back(project: Project, identity: Identity, folder: Path, entry: dict[str, Any]) -> None:
    engine = project.engine
    name = str(entry["name"])
    if engine.volume(name) is not None:
        finished = engine.remove_volume(name)
        if not finished.ok:
            raise RuntimeFailure(
                f"The volume {name} is in use: {finished.last_lines}",
                remedy="Remove the container that uses it.",
            )
    engine.create_volume(
        name,
        labels={**entry.get("labels", {}), **identity.constant_labels},
        driver=str(entry.get("driver") or "local"),
        options=entry.get("options", {}),
    )
    engine.import_volume(name, folder / Path(entry["file"]).name)


def _is_empty(project: Project, volume: VolumeState) -> bool:
    with tempfile.TemporaryDirectory(dir=project.state_dir) as folder:
        file = Path(folder) / "volume.tar"
        project.engine.export_volume(volume.name, file)
        return _entries(file) == 0


def _entries(file: Path) -> int:
    """How many files a tar file holds; reads it to its end."""
    with tarfile.open(file) as archive:
        return sum(1 for member in archive if member.name.strip("./"))


def _refuse_running(containers: Collection[ContainerState], what: str) -> None:
    running = [one.name for one in containers if one.running]
    if running:
        raise PreconditionError(
            f"Volumes cannot be {what} while the stack runs: {', '.join(running)}.",
            remedy="Stop it with 'down'; it keeps the volumes.",
        )


def _check_space(project: Project, volumes: Sequence[VolumeState], top: Path) -> None:
    needed = sum(_size(project, one) for one in volumes)
    free = shutil.disk_usage(top).free
    if needed > free:
        raise PreconditionError(
            f"The volumes hold {needed // _KIB**2} MiB, and {top} has room for "
            f"{free // _KIB**2} MiB: nothing was saved or removed.",
            remedy="Make room, or say --no-backup to go on without saving.",
        )


def _size(project: Project, volume: VolumeState) -> int:
    """The bytes of a volume; 0 where they cannot be found out (a remote Podman, say)."""
    top = Path(volume.mountpoint)
    if os.access(top, os.R_OK | os.X_OK):
        files = (Path(parent) / name for parent, _, names in os.walk(top) for name in names)
        return sum(file.lstat().st_blocks * 512 for file in files if os.path.lexists(file))
    finished = project.engine.disk_usage(volume.mountpoint)
    size = finished.stdout.split()[:1]
    return int(size[0]) * _KIB if finished.ok and size and size[0].isdecimal() else 0


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
