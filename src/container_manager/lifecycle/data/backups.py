"""The folder of backups: which there are, whether one is whole, and which go."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path

from container_manager.errors import (
    ManagerError,
    PreconditionError,
    Problem,
    RuntimeFailure,
    raise_all,
)
from container_manager.lifecycle.data.archives import stray
from container_manager.lifecycle.data.manifests import MANIFEST, Manifest, read_manifest
from container_manager.lifecycle.data.retention import Kept, surplus
from container_manager.lifecycle.project import Project

SUMS = "SHA256SUMS"
"""Beside a manifest: the checksums of everything in the folder, as ``sha256sum --check`` reads."""

PARTIAL = ".partial"
_OURS = re.compile(r"\d{8}T\d{6}Z(-\d+)?")
_PARTIAL_OURS = re.compile(rf"\d{{8}}T\d{{6}}Z-[a-z0-9_]+{re.escape(PARTIAL)}")
_REMEDY = "Choose another backup; no volume was touched."


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRow:
    """One backup, for a list.

    Attributes:
        name: its folder.
        manifest: what it says about itself; None where that cannot be used.
        size: the bytes of its files.
        problems: what is wrong with it; without a look at the checksums, what shows at once.
        verified: whether the checksums were compared.
    """

    name: str
    manifest: Manifest | None
    size: int
    problems: tuple[Problem, ...]
    verified: bool


def backups_folder(project: Project) -> Path:
    """The folder of all backups, made and found writable.

    Raises:
        PreconditionError: it is a file, or not ours to write to.
    """
    top = project.backups_dir
    remedy = "Move away what is in the way, or give yourself the permission to write there."
    try:
        if top.parent != project.root:
            top.parent.mkdir(mode=0o700, exist_ok=True)
        top.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError as error:
        raise PreconditionError(
            f"Backups cannot be kept in {top}: it is not a folder.", remedy=remedy
        ) from error
    except OSError as error:
        raise PreconditionError(
            f"The folder {top} cannot be made: {error.strerror or error}.", remedy=remedy
        ) from error
    if not os.access(top, os.W_OK | os.X_OK):
        raise PreconditionError(f"The folder {top} cannot be written to.", remedy=remedy)
    return top


def chosen_backup(project: Project, name: str | None) -> Path:
    """The folder of a backup by its name, or of the newest.

    Raises:
        PreconditionError: there is none, or ``name`` is not the name of a folder.
    """
    top = project.backups_dir
    if name is not None and (name in ("", ".", "..") or "/" in name or "\0" in name):
        raise PreconditionError(
            f"{name!r} is not the name of a backup.",
            remedy=f"Give the plain name of a folder in {top}, without a path.",
        )
    there = _existing(top)
    if name is None and there:
        return max((top / one for one in there), key=_age)
    if name is not None and name in there:
        return top / name
    if not there:
        raise PreconditionError(f"There is no backup in {top}.", remedy="'backup' makes one.")
    raise PreconditionError(
        f"There is no backup {name!r} in {top}.", remedy=f"Backups: {', '.join(there)}."
    )


def list_backups(project: Project, *, verified: bool = False) -> list[BackupRow]:
    """All backups, oldest first.

    Args:
        project: whose.
        verified: compare all checksums, too.
    """
    top = project.backups_dir
    folders = sorted((top / name for name in _existing(top)), key=_age)
    return [_row(folder, verified=verified) for folder in folders]


def verify(folder: Path) -> Manifest:
    """Read a backup again and compare all checksums.

    Raises:
        RuntimeFailure: something is missing or damaged.
    """
    manifest = read_manifest(folder)
    problems = _obvious(manifest)
    if not problems:
        problems = [*_of_the_sums(folder, manifest), *_of_the_files(manifest)]
    raise_all(RuntimeFailure, (Problem(message=text, remedy=_REMEDY) for text in problems))
    return manifest


def sums_text(manifest: bytes, volumes: dict[str, str]) -> str:
    """What stands in the file of sums: the manifest's, and each volume's file -> checksum."""
    listed = {MANIFEST: hashlib.sha256(manifest).hexdigest(), **volumes}
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(listed.items()))


def sha256(file: Path) -> str:
    """The checksum of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def prune(project: Project, *, new: Path, spare: Path | None = None) -> list[str]:
    """Remove automatic backups beyond those to keep; the names of what is gone.

    Args:
        project: whose.
        new: the folder of the one that was just made.
        spare: another one that stays: it is about to be restored.
    """
    if project.keep_backups <= 0:
        return []
    rows = list_backups(project)
    known = [_kept(project, new.parent / row.name, row.manifest) for row in rows]
    existing = {one.name for one in project.engine.volumes()}
    gone = []
    for name in surplus(known, keep=project.keep_backups, existing=existing):
        if name == new.name or (spare is not None and name == spare.name):
            continue  # the new one would be among them where a clock went back
        # In this order: what is removed half-way looks like no backup.
        (new.parent / name / MANIFEST).unlink()
        shutil.rmtree(new.parent / name)
        gone.append(name)
    return gone


def drop_partial(top: Path) -> list[str]:
    """Remove what killed backups have left; the caller holds the lock. Names of what is gone."""
    gone = []
    for one in sorted(top.glob(f"*{PARTIAL}")):
        if _PARTIAL_OURS.fullmatch(one.name) and _holds_only(one, None):
            shutil.rmtree(one, ignore_errors=True)
            gone.append(one.name)
    return gone


def _existing(top: Path) -> list[str]:
    try:
        return sorted(
            one.name
            for one in top.iterdir()
            if not one.name.endswith(PARTIAL) and (one / MANIFEST).is_file()
        )
    except FileNotFoundError:
        return []
    except OSError as error:
        raise PreconditionError(
            f"The backups in {top} cannot be listed: {error.strerror or error}.",
            remedy="See that it is a folder and that you may read it.",
        ) from error


def _age(folder: Path) -> tuple[str, str]:
    """Sorts backups; a folder may have been renamed, so the manifest says when it was made."""
    try:
        created = read_manifest(folder).created
    except RuntimeFailure:
        created = ""
    return created or folder.name, folder.name


def _row(folder: Path, *, verified: bool) -> BackupRow:
    manifest = None
    problems: tuple[Problem, ...] = ()
    try:
        manifest = read_manifest(folder)
        if verified:
            verify(folder)
        else:
            problems = tuple(Problem(message=text) for text in _obvious(manifest))
    except ManagerError as error:
        problems = error.problems
    size = sum(_size(file) for file in folder.iterdir())
    return BackupRow(
        name=folder.name, manifest=manifest, size=size, problems=problems, verified=verified
    )


def _obvious(manifest: Manifest) -> list[str]:
    """What is wrong with a backup's files, without reading them."""
    problems = []
    for one in manifest.volumes:
        try:
            status = one.file.lstat()
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            why = "is missing" if missing else f"cannot be read: {error.strerror or error}"
            problems.append(f"{one.file} of the volume {one.name} {why}.")
            continue
        if not stat.S_ISREG(status.st_mode):
            problems.append(f"{one.file} of the volume {one.name} is no plain file.")
        elif one.size not in (None, status.st_size):
            problems.append(
                f"{one.file} is damaged: it has {status.st_size} bytes, not {one.size}."
            )
    return problems


def _of_the_sums(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with the file of sums, or with the manifest by it."""
    file = folder / SUMS
    try:
        said = file.read_bytes()
        text = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return [] if manifest.format == 1 else [f"{file} is missing."]
    except OSError as error:
        return [f"{file} cannot be read: {error.strerror or error}."]
    if said == sums_text(text, {one.file.name: one.sha256 for one in manifest.volumes}).encode():
        return []
    return [f"{folder / MANIFEST} or {SUMS} beside it is damaged: the checksums differ."]


def _of_the_files(manifest: Manifest) -> list[str]:
    problems = []
    for one in manifest.volumes:
        try:
            if sha256(one.file) != one.sha256:
                problems.append(f"{one.file} is damaged: its checksum differs.")
            elif (name := stray(one.file)) is not None:
                problems.append(f"{one.file} could write outside of the volume, by its {name!r}.")
        except tarfile.TarError as error:
            problems.append(f"{one.file} is no whole tar file: {error}.")
        except OSError as error:
            problems.append(f"{one.file} cannot be read: {error.strerror or error}.")
    return problems


def _kept(project: Project, folder: Path, manifest: Manifest | None) -> Kept:
    whole = manifest is not None and not _obvious(manifest)
    prunable = (
        manifest is not None
        and whole
        and manifest.automatic
        and manifest.project == project.name
        and not folder.is_symlink()
        and _OURS.fullmatch(folder.name) is not None
        and _holds_only(folder, manifest)
    )
    held = frozenset(one.name for one in manifest.volumes) if manifest and whole else frozenset()
    created = manifest.created if manifest else ""
    return Kept(name=folder.name, created=created, prunable=prunable, volumes=held)


def _holds_only(folder: Path, manifest: Manifest | None) -> bool:
    """Whether there is nothing in a folder but what a backup consists of."""
    files = {one.name for one in folder.iterdir() if one.is_file() and not one.is_symlink()}
    own = {MANIFEST, SUMS}
    own |= {one.file.name for one in manifest.volumes} if manifest else set()
    extra = files - own
    if manifest is None:
        extra = {name for name in extra if not name.endswith(".tar")}
    return not extra and len(files) == len(list(folder.iterdir()))


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0
