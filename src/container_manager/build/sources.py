"""Walks the folders that a build copies from, and decides what each entry becomes."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from container_manager.build.guards import real
from container_manager.errors import Location, Problem

IGNORED = ("__pycache__", "*.py[co]", ".git", ".DS_Store", ".ipynb_checkpoints")
"""Names that are never copied: caches and version control."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file below a copied folder.

    Attributes:
        path: relative to the folder, POSIX form.
        source: the file itself.
        mode: permission bits.
        link: the target of a symlink that is kept as one.
    """

    path: str
    source: Path
    mode: int
    link: str | None = None


class Walk:
    """Walks one folder; what cannot be copied is collected as problems.

    Args:
        top: the folder.
        allowed: folders in which the target of a symlink may lie.
        skipped: folders that are left out wherever they are met.
    """

    def __init__(self, top: Path, allowed: Collection[Path], skipped: Collection[Path]) -> None:
        self.top = top
        self.problems: list[Problem] = []
        self._allowed = [real(folder) for folder in allowed]
        self._skipped = {real(folder) for folder in skipped}

    def entries(self) -> Iterator[Entry]:
        """All files, in a stable order."""
        yield from self._folder(self.top, "")

    def _folder(self, folder: Path, prefix: str) -> Iterator[Entry]:
        try:
            found = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            self._problem(folder, f"This folder cannot be read: {error.strerror}.")
            return
        for entry in found:
            path = f"{prefix}{entry.name}"
            if any(fnmatch.fnmatchcase(entry.name, pattern) for pattern in IGNORED):
                continue
            source = Path(entry.path)
            if entry.is_symlink():
                yield from self._symlink(source, path)
            elif entry.is_dir(follow_symlinks=False):
                if real(source) not in self._skipped:
                    yield from self._folder(source, f"{path}/")
            else:
                yield from self._file(source, path, entry.stat(follow_symlinks=False))

    def _file(self, source: Path, path: str, info: os.stat_result) -> Iterator[Entry]:
        if not stat.S_ISREG(info.st_mode):
            self._problem(source, "This is neither a file, a folder nor a symlink.")
        elif not _utf8(path):
            self._problem(source, "The file's name is not UTF-8.", "Rename it.")
        else:
            yield Entry(path=path, source=source, mode=stat.S_IMODE(info.st_mode))

    def _symlink(self, source: Path, path: str) -> Iterator[Entry]:
        try:
            target = real(source)
            there = target.exists()
        except OSError as error:
            self._problem(source, f"This symlink cannot be followed: {error.strerror}.")
            return
        if not there:
            self._problem(source, f"This symlink leads nowhere: {source.readlink()}.")
        elif not any(target.is_relative_to(folder) for folder in self._allowed):
            self._problem(
                source,
                f"This symlink leads out of the project: {target}.",
                "Copy what it leads to, or name it in additional_dirs.",
            )
        elif self._stays_inside(source, target):
            yield Entry(path=path, source=source, mode=0o777, link=str(source.readlink()))
        elif target.is_dir():
            self._problem(
                source,
                "This symlink leads to a folder elsewhere, which would not come along.",
                "Name that folder in additional_dirs.",
            )
        else:
            yield from self._file(target, path, target.stat())

    def _stays_inside(self, source: Path, target: Path) -> bool:
        """Relative symlinks within the folder mean the same in the copy: they are kept."""
        return not source.readlink().is_absolute() and target.is_relative_to(real(self.top))

    def _problem(self, source: Path, message: str, remedy: str | None = None) -> None:
        self.problems.append(Problem(message=message, where=Location(source), remedy=remedy))


def _utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
