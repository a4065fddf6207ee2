"""A backup as a folder: where it lies, and its manifest, which is believed only after a look."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.credentials.records import Hashed
from container_manager.errors import PreconditionError, Problem, RuntimeFailure, raise_all
from container_manager.lifecycle.project import Project

BACKUPS = "backups"
MANIFEST = "manifest.json"
PARTIAL = ".partial"

# What Podman allows; a name that began with a dash would be an option to it.
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedVolume:
    """One entry of a manifest.

    Attributes:
        name: the volume's name.
        file: the tar file with its content.
        sha256: the checksum that the file must have.
        driver: ``local``, most often.
        labels: the volume's labels.
        options: of its driver.
        credentials: variable -> what was noted of the credential that it was initialised with.
    """

    name: str
    file: Path
    sha256: str
    driver: str
    labels: Mapping[str, str]
    options: Mapping[str, str]
    credentials: Mapping[str, Hashed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says about itself: of which project it is, and its volumes."""

    project: str
    volumes: tuple[SavedVolume, ...]


def backups_folder(project: Project) -> Path:
    """The folder of all backups, made and found writable.

    Raises:
        PreconditionError: it is a file, or not ours to write to.
    """
    top = project.root / BACKUPS
    remedy = "Move away what is in the way, or give yourself the permission to write there."
    try:
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
    top = project.root / BACKUPS
    if name is not None and (name in ("", ".", "..") or "/" in name or "\0" in name):
        raise PreconditionError(
            f"{name!r} is not the name of a backup.",
            remedy=f"Give the plain name of a folder in {top}, without a path.",
        )
    there = _existing(top)
    if name is None and there:
        return top / there[-1]
    if name is not None and name in there:
        return top / name
    if not there:
        raise PreconditionError(f"There is no backup in {top}.", remedy="'backup' makes one.")
    raise PreconditionError(
        f"There is no backup {name!r} in {top}.", remedy=f"Backups: {', '.join(there)}."
    )


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


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says about itself.

    Raises:
        RuntimeFailure: there is no manifest, or it is not one that we write.
    """
    try:
        stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return _manifest(folder, stored)
    except OSError as error:
        why = error.strerror or str(error)
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError as error:
        why = str(error)
    raise RuntimeFailure(
        f"The backup {folder} has no usable {MANIFEST}: {why}.",
        remedy="Choose another backup; no volume was touched.",
    )


def verify(folder: Path) -> Manifest:
    """Read a backup again and compare all checksums.

    Raises:
        RuntimeFailure: something is missing or damaged.
    """
    manifest = read_manifest(folder)
    problems = []
    for one in manifest.volumes:
        try:
            if sha256(one.file) != one.sha256:
                problems.append(f"{one.file} is damaged: its checksum differs.")
        except FileNotFoundError:
            problems.append(f"{one.file} of the volume {one.name} is missing.")
        except OSError as error:
            problems.append(f"{one.file} cannot be read: {error.strerror or error}.")
    remedy = "Choose another backup; no volume was touched."
    raise_all(RuntimeFailure, (Problem(message=text, remedy=remedy) for text in problems))
    return manifest


def sha256(file: Path) -> str:
    """The checksum of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def count_files(file: Path) -> int:
    """How many files a tar file holds; reads it to its end."""
    with tarfile.open(file) as archive:
        return sum(1 for member in archive if member.name.strip("./"))


def _manifest(folder: Path, stored: Any) -> Manifest:
    """A manifest from its JSON; ValueError says what is wrong with it."""
    if not isinstance(stored, dict):
        raise ValueError("it is not a mapping")  # noqa: TRY004 - one kind of error for the caller
    entries = stored.get("volumes")
    if not isinstance(entries, list) or not entries:
        raise ValueError("it lists no volumes")
    volumes = tuple(_entry(folder, number, one) for number, one in enumerate(entries, 1))
    names = [one.name for one in volumes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"it lists {', '.join(twice)} more than once")
    return Manifest(project=_text(stored, "project", "it"), volumes=volumes)


def _entry(folder: Path, number: int, entry: Any) -> SavedVolume:
    what = f"its volume number {number}"
    if not isinstance(entry, dict):
        raise ValueError(f"{what} is not a mapping")  # noqa: TRY004 - see _manifest
    name, file = _text(entry, "name", what), _text(entry, "file", what)
    if not _VOLUME_NAME.fullmatch(name):
        raise ValueError(f"{what} has the name {name!r}, which no volume can have")
    if file in (".", "..") or Path(file).name != file or "\0" in file:
        raise ValueError(f"the file of {what} is {file!r}, which is not a plain file name")
    return SavedVolume(
        name=name,
        file=folder / file,
        sha256=_text(entry, "sha256", what),
        driver=_text(entry, "driver", what) if entry.get("driver") else "local",
        labels=_texts(entry, "labels", what),
        options=_texts(entry, "options", what),
        credentials=_credentials(entry, what),
    )


def _credentials(entry: Mapping[str, Any], what: str) -> Mapping[str, Hashed]:
    stored = entry.get("credentials") or {}
    if not isinstance(stored, dict):
        raise ValueError(f"the credentials of {what} are not a mapping")  # noqa: TRY004
    return {str(name): Hashed.read(one) for name, one in stored.items()}


def _text(mapping: Mapping[str, Any], key: str, what: str) -> str:
    value = mapping.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{what} has no {key}, or one that is not a text")
    return value


def _texts(mapping: Mapping[str, Any], key: str, what: str) -> Mapping[str, str]:
    value = mapping.get(key) or {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise ValueError(f"the {key} of {what} are not a mapping of texts")
    return value
