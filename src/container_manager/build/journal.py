"""What a build is about to do, written down before it does it, and the one function that does it.

A build stages every new file first and then writes its journal. Killed before that, it has changed
nothing; killed after, all that is missing is here and in the staging folder, and whoever comes next
carries it out. Every step may be carried out twice.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from container_manager.build import history
from container_manager.build import manifest as record
from container_manager.build.history import OBJECTS, UNDONE
from container_manager.build.manifest import JOURNAL, NEXT, STAGING
from container_manager.build.plan import displaced
from container_manager.build.reading import Reading
from container_manager.inputs import Stamp, look
from container_manager.places import MANAGER_DIR, escapes

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


def begin(build_dir: Path, journal: Journal, manifest: record.Manifest) -> None:
    """Say durably what is about to be done; from here on it will be done.

    Raises:
        OSError: it cannot be written; nothing was changed.
    """
    folder = build_dir / MANAGER_DIR
    steps = [[s.action, s.path, s.mode, s.staged, s.old, s.stamp, s.ours] for s in journal.steps]
    data = {"version": record.VERSION, "undo": journal.undo, "keep": journal.keep, "steps": steps}
    record.store(folder / NEXT, record.dump(manifest))
    record.store(folder / JOURNAL, json.dumps(data, separators=(",\n", ": ")))


def read(build_dir: Path) -> Journal:
    """The journal of a build that did not finish.

    Raises:
        BuildError: it makes no sense.
    """
    path = build_dir / MANAGER_DIR / JOURNAL
    try:
        data = json.loads(path.read_bytes())
        steps = tuple(
            Step(
                action=action,
                path=_inside(name),
                mode=mode,
                staged=str(int(staged)) if staged else "",
                old=old,
                stamp=tuple(stamp) if stamp else None,
                ours=ours,
            )
            for action, name, mode, staged, old, stamp, ours in data["steps"]
        )
        return Journal(steps=steps, undo=data["undo"], keep=int(data["keep"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise record.unreadable(path, error) from error


def _inside(name: str) -> str:
    if escapes(name) or name.startswith(f"{MANAGER_DIR}/"):
        raise ValueError(f"{name!r} leads out of the build directory")
    return name


def finish(build_dir: Path, journal: Journal) -> None:
    """Carry out what a journal says, from wherever an earlier try was stopped.

    Raises:
        OSError: the file system refuses; the next command goes on here.
    """
    folder = build_dir / MANAGER_DIR
    if journal.undo is not None:
        (folder / OBJECTS).mkdir(exist_ok=True)
    made: set[str] = set()
    removed = _has_begun_to_place(folder / STAGING, journal)
    for step in journal.steps:
        if step.action == "remove":
            if not removed:
                _remove(build_dir, step, journal)
        elif step.action == "mode":
            with contextlib.suppress(FileNotFoundError):
                (build_dir / step.path).chmod(step.mode)
        else:
            _place(build_dir, step, journal, made)
    if journal.undo is not None and (folder / STAGING / UNDO).exists():
        (folder / UNDONE).mkdir(exist_ok=True)
        (folder / STAGING / UNDO).replace(folder / UNDONE / f"{journal.undo:06}.json")
    with contextlib.suppress(FileNotFoundError):  # it was committed when the last try ended
        (folder / NEXT).replace(record.place(build_dir))
    history.forget(build_dir, journal.keep)
    (folder / JOURNAL).unlink()
    clear(folder / STAGING)


def _has_begun_to_place(staging: Path, journal: Journal) -> bool:
    """Whether all that goes is gone: what was placed since may lead to other files of that name."""
    placed = next((step.staged for step in journal.steps if step.action == "place"), None)
    return placed is not None and not os.path.lexists(staging / placed)


def roll_back(build_dir: Path) -> None:
    """Remove what a build staged that never wrote its journal; it has changed nothing.

    Raises:
        OSError: the file system refuses.
    """
    folder = build_dir / MANAGER_DIR
    for leftover in (folder / NEXT, folder / f"{NEXT}.tmp", folder / f"{JOURNAL}.tmp"):
        leftover.unlink(missing_ok=True)
    clear(folder / STAGING)


def clear(folder: Path) -> None:
    """Remove a folder of our own below the manager's."""
    if os.path.lexists(folder):
        shutil.rmtree(folder)


def _remove(build_dir: Path, step: Step, journal: Journal) -> None:
    target = build_dir / step.path
    if _is_as_planned(target, step):
        _keep_content(build_dir, target, step, journal)
        target.unlink()
    elif os.path.lexists(target):
        _forget_spoiled(build_dir, str(target), step)
        return  # somebody's now
    for folder in target.parents:
        if folder == build_dir:
            break
        with contextlib.suppress(OSError):  # not empty: somebody's files are in it
            folder.rmdir()


def _place(build_dir: Path, step: Step, journal: Journal, made: set[str]) -> None:
    staged = f"{build_dir}/{MANAGER_DIR}/{STAGING}/{step.staged}"
    target = f"{build_dir}/{step.path}"
    folder = target.rpartition("/")[0]
    if folder not in made:
        if not os.path.lexists(staged):
            return  # placed when the last try ended
        _make_folder(build_dir, folder)
        made.add(folder)
    _make_way(build_dir, target, step, journal)
    with contextlib.suppress(FileNotFoundError):  # placed when the last try ended
        os.replace(staged, target)  # noqa: PTH105


def _make_way(build_dir: Path, target: str, step: Step, journal: Journal) -> None:
    """Keep what is in the way: in the store, if it is ours, else aside for its owner."""
    stamp = look(target)
    staged = f"{build_dir}/{MANAGER_DIR}/{STAGING}/{step.staged}"
    if stamp is None or not os.path.lexists(staged):
        return  # nothing is, or it was placed when the last try ended
    if stat.S_ISDIR(stamp[4]):
        _clear_folder(build_dir, target)
    elif step.ours and _is_as_planned(Path(target), step):
        _keep_content(build_dir, Path(target), step, journal)
    else:
        _forget_spoiled(build_dir, target, step)
        _put_aside(build_dir, target)


def _clear_folder(build_dir: Path, target: str) -> None:
    """Remove a folder; it was empty when the plan looked, and what came since is put aside."""
    for folder, folders, names in os.walk(target, topdown=False):
        for name in (*folders, *names):
            path = f"{folder}/{name}"
            if name in names or os.path.islink(path):  # noqa: PTH114
                _put_aside(build_dir, path)
                Path(path).unlink(missing_ok=True)
        Path(folder).rmdir()


def _make_folder(build_dir: Path, folder: str) -> None:
    """Make a folder; what somebody put in its place since the plan looked is put aside."""
    try:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - strings: this runs for every file
    except (FileExistsError, NotADirectoryError):
        path = folder
        while not os.path.lexists(path):
            path = path.rpartition("/")[0]
        _put_aside(build_dir, path)
        Path(path).unlink(missing_ok=True)
        Path(folder).mkdir(parents=True, exist_ok=True)


def _forget_spoiled(build_dir: Path, target: str, step: Step) -> None:
    """What an earlier try linked into the store was edited since: the store must not have it."""
    if step.old is not None and step.old.startswith("sha256:"):
        kept = history.object_path(build_dir, step.old)
        with contextlib.suppress(FileNotFoundError):
            if kept.samefile(target):
                kept.unlink()


def _put_aside(build_dir: Path, target: str) -> None:
    """Keep a file under another name, too: what replaces it does so at once."""
    kept = displaced(build_dir, target.removeprefix(f"{build_dir}/"))
    if os.path.lexists(kept):
        return  # linked when the last try ended
    kept.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(target, kept, follow_symlinks=False)
    except OSError:  # no hard links here, or none of what is another user's
        os.replace(target, kept)  # noqa: PTH105


def _is_as_planned(target: Path, step: Step) -> bool:
    """Whether what is there now is what the plan saw, be it touched or linked meanwhile."""
    stamp = look(str(target))
    if stamp is None or step.old is None:
        return False
    if stamp == step.stamp:
        return True
    present = Reading().present(str(target))
    return present is not None and present.digest == step.old


def _keep_content(build_dir: Path, target: Path, step: Step, journal: Journal) -> None:
    """What goes stays in the store, from which a former build is brought back."""
    if journal.undo is None or step.old is None or not step.old.startswith("sha256:"):
        return
    kept = history.object_path(build_dir, step.old)
    if kept.exists():
        return
    try:
        kept.hardlink_to(target)
    except OSError:  # no hard links here
        temporary = kept.with_name(f"{kept.name}.tmp")
        shutil.copyfile(target, temporary, follow_symlinks=False)
        temporary.replace(kept)
