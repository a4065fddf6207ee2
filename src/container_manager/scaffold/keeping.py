"""Remembers files as they are, and brings them back as they were."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What is at a path; of a folder, only that it is one."""

    kind: Literal["nothing", "folder", "file", "link"]
    mode: int = 0
    content: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was at some paths.

    Attributes:
        folder: what the paths start from.
        seen: path -> what was there.
        missing: folders above the paths that were not there, innermost first.
    """

    folder: Path
    seen: Mapping[str, _Seen]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path, paths: Iterable[str]) -> Kept:
        """Remember what is at these paths below a folder.

        Raises:
            OSError: a file cannot be read.
        """
        seen = {path: _look(folder / path) for path in paths}
        above = {parent for path in seen for parent in Path(path).parents if parent.parts}
        missing = [parent for parent in above if not (folder / parent).is_dir()]
        missing.sort(key=lambda parent: len(parent.parts), reverse=True)
        return cls(folder=folder, seen=seen, missing=tuple(p.as_posix() for p in missing))

    def bring_back(self) -> tuple[str, ...]:
        """Bring everything back, as far as that can be done.

        Returns:
            The paths that are not as they were.
        """
        for path in self._changed():
            if self.seen[path].kind in ("nothing", "folder"):
                with contextlib.suppress(OSError):
                    (self.folder / path).unlink()
        for path in self.missing:
            with contextlib.suppress(OSError):
                (self.folder / path).rmdir()
        for path in self._changed():
            with contextlib.suppress(OSError):
                _put(self.folder / path, self.seen[path])
        left = [path for path in self.missing if (self.folder / path).is_dir()]
        return (*self._changed(), *left)

    def was_there(self, path: str) -> bool:
        """Whether something was at a path."""
        return path in self.seen and self.seen[path].kind != "nothing"

    def _changed(self) -> list[str]:
        return [path for path, was in self.seen.items() if not _is(self.folder / path, was)]


def _look(path: Path) -> _Seen:
    try:
        info = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return _Seen(kind="nothing")
    if stat.S_ISDIR(info.st_mode):
        return _Seen(kind="folder")
    if stat.S_ISLNK(info.st_mode):
        return _Seen(kind="link", content=os.fsencode(path.readlink()))
    return _Seen(kind="file", mode=stat.S_IMODE(info.st_mode), content=path.read_bytes())


def _is(path: Path, was: _Seen) -> bool:
    try:
        return _look(path) == was
    except OSError:
        return False


def _put(path: Path, was: _Seen) -> None:
    if was.kind == "folder":
        path.mkdir(parents=True)
    if was.kind not in ("file", "link"):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if was.kind == "link":
        path.symlink_to(os.fsdecode(was.content))
        return
    path.write_bytes(was.content)
    path.chmod(was.mode)
