"""Walks the folders that a build copies from, and decides what each entry becomes."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from container_manager.build.guards import real
from container_manager.build.ignore import BY_NAME, Ignores
from container_manager.errors import Location, Problem
from container_manager.inputs import Stamp, note, stamp_of
from container_manager.places import MANAGER_DIR, MANIFEST, escapes

_MOVE = "Move it away: it cannot be copied."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file below a copied folder.

    Attributes:
        path: relative to the folder, POSIX form.
        source: the absolute path of the file itself.
        stamp: what it was when it was found.
        link: the target of a symlink that is kept as one.
    """

    path: str
    source: str
    stamp: Stamp
    link: str | None = None

    @property
    def mode(self) -> int:
        """Permission bits; a symlink has none of its own."""
        return 0o777 if self.link is not None else stat.S_IMODE(self.stamp[4])


class Walk:
    """Walks one folder; what cannot be copied is collected as problems.

    Args:
        top: the folder.
        allowed: folders in which the target of a symlink may lie.
        skipped: device and inode of folders that are left out wherever they are met.
        private: those of them that no symlink may lead into.
        ignores: what is left out by its path.
    """

    def __init__(
        self,
        top: Path,
        allowed: Collection[Path],
        skipped: Collection[tuple[int, int]] = (),
        private: Collection[tuple[int, int]] = (),
        ignores: Ignores = BY_NAME,
    ) -> None:
        self.top = top
        self.problems: list[Problem] = []
        self._allowed = allowed
        self._skipped = skipped
        self._private = private
        self._ignores = ignores

    def entries(self) -> Iterator[Entry]:
        """All files, in a stable order."""
        note(self.top)
        try:
            yield from self._folder(os.fspath(self.top), "")
        except RecursionError:
            self._problem(self.top, "The folders in it are nested too deeply.", _MOVE)

    def _folder(self, folder: str, prefix: str, *, left_out: bool = False) -> Iterator[Entry]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=_by_bytes)
        except OSError as error:
            if not left_out:
                message = f"This folder cannot be read: {error.strerror}."
                self._problem(folder, message, _remedy(error))
            return
        if prefix and is_build(folder, entries):
            return
        for entry in entries:
            path = f"{prefix}{entry.name}"
            ignored = self._ignores.matches(path, entry.name)
            if ignored and not (
                self._ignores.has_exceptions and entry.is_dir(follow_symlinks=False)
            ):
                continue
            try:
                info = entry.stat(follow_symlinks=False)
            except OSError as error:
                message = f"This cannot be looked at: {error.strerror}."
                self._problem(entry.path, message, _remedy(error))
                continue
            stamp = stamp_of(info)
            if stat.S_ISDIR(info.st_mode):
                if (info.st_dev, info.st_ino) not in self._skipped:
                    note(entry.path, stamp)
                    yield from self._folder(entry.path, f"{path}/", left_out=ignored)
            elif not ignored:
                yield from self._leaf(entry.path, path, stamp)

    def _leaf(self, source: str, path: str, stamp: Stamp) -> Iterator[Entry]:
        note(source, stamp)
        if stat.S_ISLNK(stamp[4]):
            yield from self._symlink(source, path, stamp)
        else:
            yield from self._file(source, path, stamp)

    def _file(self, source: str, path: str, stamp: Stamp, at: str = "") -> Iterator[Entry]:
        """A file, which is met at another place where a symlink led to it."""
        if not stat.S_ISREG(stamp[4]):
            self._problem(at or source, "This is neither a file, a folder nor a symlink.", _MOVE)
        elif not (path.isascii() or _utf8(path)):
            self._problem(at or source, "The file's name is not UTF-8.", "Rename it.")
        else:
            yield Entry(path=path, source=source, stamp=stamp)

    def _symlink(self, source: str, path: str, stamp: Stamp) -> Iterator[Entry]:
        link = os.readlink(source)  # noqa: PTH115 - the text as it is, not normalised
        target = real(Path(source))
        try:
            info = target.lstat()  # what a symlink in a circle leads to is one still
        except OSError:
            info = None
        if info is None or stat.S_ISLNK(info.st_mode):
            self._problem(source, f"This symlink leads nowhere: {link}.", "Mend or remove it.")
        elif not any(target.is_relative_to(real(folder)) for folder in self._allowed):
            self._problem(
                source,
                f"This symlink leads out of the project: {target}.",
                "Copy what it leads to, or name it in additional_dirs.",
            )
        elif self._private and any(identity(one) in self._private for one in target.parents):
            self._problem(source, f"This symlink leads to what the manager keeps: {target}.")
        elif self._stays_inside(path, link, target):
            if _utf8(path) and _utf8(link):
                yield Entry(path=path, source=source, stamp=stamp, link=link)
            else:
                self._problem(source, "The symlink's name or target is not UTF-8.", "Rename it.")
        elif stat.S_ISDIR(info.st_mode):
            self._problem(
                source,
                "This symlink leads to a folder elsewhere, which would not come along.",
                "Name that folder in additional_dirs.",
            )
        else:
            yield from self._file(str(target), path, stamp_of(info), at=source)

    def _stays_inside(self, path: str, link: str, target: Path) -> bool:
        """Relative symlinks within the folder mean the same in the copy: they are kept.

        One that leaves the folder on its way does not: in the copy, the folder has another name.
        """
        way = posixpath.join(posixpath.dirname(path), link)
        return not escapes(way) and target.is_relative_to(real(self.top))

    def _problem(self, source: str | Path, message: str, remedy: str | None = None) -> None:
        self.problems.append(Problem(message=message, where=Location(Path(source)), remedy=remedy))


def is_build(folder: str, entries: Collection[os.DirEntry[str]]) -> bool:
    """Whether a build was made in a folder: for another environment, say, or by another project."""
    made = any(entry.name == MANAGER_DIR for entry in entries)
    return made and os.path.isfile(f"{folder}/{MANAGER_DIR}/{MANIFEST}")  # noqa: PTH113


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of a folder, by which it is the same under any name; None without one."""
    try:
        info = path.stat()
    except (OSError, ValueError):
        return None
    return info.st_dev, info.st_ino


def _remedy(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):  # it has gone since it was listed
        return "Run the command again."
    return "Let this user read it, or move it away."


def _by_bytes(entry: os.DirEntry[str]) -> bytes:
    return os.fsencode(entry.name)


def _utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
