"""What a build is about to do, written down before it does it, and the one function that does it.

A build stages every new file first, and its journal under another name; once all of that is on the
disk, the journal gets its name. Killed before that, it has changed nothing; killed after, all that
is missing is here and in the staging folder, and whoever comes next carries it out. Every step may
be carried out twice.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.build import manifest as record
from container_manager.build.manifest import JOURNAL, NEXT, STAGING
from container_manager.inputs import Stamp
from container_manager.places import MANAGER_DIR, may_be_ours

UNDO = "undo.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do.

    Attributes:
        action: ``remove``, ``place`` or ``mode``.
        path: relative to the build directory.
        mode: permission bits to give.
        staged: the name of the new file in the staging folder.
        old: the digest of what is there now and goes; None where nothing is.
        stamp: of what is there now, as the plan saw it.
        ours: whether what is there now is what we wrote.
    """

    action: str
    path: str
    mode: int = 0
    staged: str = ""
    old: str | None = None
    stamp: Stamp | None = None
    ours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """All that a build does.

    Attributes:
        steps: in order.
        undo: the number of the record that brings the former build back; None where none is kept.
        keep: how many such records stay.
    """

    steps: tuple[Step, ...]
    undo: int | None
    keep: int


def is_interrupted(build_dir: Path) -> bool:
    """Whether a build began to change files and did not finish."""
    return (build_dir / MANAGER_DIR / JOURNAL).exists()


def draft(build_dir: Path, journal: Journal, manifest: record.Manifest) -> None:
    """Write what is to be done under a name that nobody asks for; nothing is decided yet.

    Raises:
        OSError: it cannot be written; nothing was changed.
    """
    folder = build_dir / MANAGER_DIR
    steps = [[s.action, s.path, s.mode, s.staged, s.old, s.stamp, s.ours] for s in journal.steps]
    data = {"version": record.VERSION, "undo": journal.undo, "keep": journal.keep, "steps": steps}
    record.store(folder / NEXT, record.dump(manifest))
    _draft(folder).write_text(json.dumps(data, separators=(",\n", ": ")), encoding="utf-8")


def begin(build_dir: Path) -> None:
    """Give the draft its name, once all that it speaks of is durable; from here on it will be done.

    Raises:
        OSError: the file system refuses; nothing was changed.
    """
    folder = build_dir / MANAGER_DIR
    _draft(folder).replace(folder / JOURNAL)


def _draft(folder: Path) -> Path:
    return folder / f"{JOURNAL}.tmp"


def read(build_dir: Path) -> Journal:
    """The journal of a build that did not finish.

    Raises:
        BuildError: it makes no sense.
    """
    path = build_dir / MANAGER_DIR / JOURNAL
    try:
        data = json.loads(path.read_bytes())
        if data["version"] != record.VERSION:
            raise ValueError(f"it is of version {data['version']}, not {record.VERSION}")
        undo, keep = data["undo"], data["keep"]
        steps = tuple(_step(*one) for one in data["steps"])
        if not (undo is None or _is_count(undo)) or not _is_count(keep):
            raise ValueError("its numbers make no sense")
        return Journal(steps=steps, undo=undo, keep=keep)
    except record.UNREADABLE as error:
        raise record.unreadable(path, error) from error


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MANY


_MANY = 10**9


def _step(action: Any, path: Any, mode: Any, staged: Any, old: Any, stamp: Any, ours: Any) -> Step:
    """A step of a journal, checked: what is not ours must not become ours.

    Raises:
        ValueError: it makes no sense.
    """
    known = action in ("remove", "place", "mode") and may_be_ours(path)
    numbers = _is_count(mode) and mode <= _ALL_BITS and not staged.strip("0123456789")
    if not (known and numbers and (old is None or _is_digest(old))):
        raise ValueError("a step makes no sense")
    return Step(
        action=action,
        path=path,
        mode=mode,
        staged=staged,
        old=old,
        stamp=tuple(map(int, stamp)) if stamp else None,  # type: ignore[arg-type]
        ours=bool(ours),
    )


def _is_digest(value: Any) -> bool:
    """Whether it is what a plan says of what is there: a content, a link, or neither."""
    if not isinstance(value, str):
        return False
    return record.is_content(value) or value.startswith("link:") or not value


_ALL_BITS = 0o7777


def roll_back(build_dir: Path) -> None:
    """Remove what a build staged that never wrote its journal; it has changed nothing.

    Raises:
        OSError: the file system refuses.
    """
    folder = build_dir / MANAGER_DIR
    for leftover in (folder / NEXT, folder / f"{NEXT}.tmp", _draft(folder)):
        clear(leftover)
    clear(folder / STAGING)


def clear(folder: Path) -> None:
    """Remove a folder of our own below the manager's."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
