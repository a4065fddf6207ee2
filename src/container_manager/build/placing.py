"""Carries out what a journal says; every step may be carried out twice.

Whatever stands in the way and is not what the plan saw is somebody's: it is put aside, never lost.
Nothing is followed: a folder of the build that is a link now leads to somebody else's files.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

from container_manager.build import history
from container_manager.build import manifest as record
from container_manager.build.copying import sync
from container_manager.build.history import OBJECTS, UNDONE
from container_manager.build.journal import UNDO, Journal, Step, clear
from container_manager.build.manifest import JOURNAL, NEXT, STAGING
from container_manager.build.plan import displaced
from container_manager.build.reading import Reading
from container_manager.build.unsharing import refuse_shut
from container_manager.inputs import look
from container_manager.places import MANAGER_DIR, leads_away


def finish(build_dir: Path, journal: Journal) -> None:
    """Carry out what a journal says, from wherever an earlier try was stopped.

    Raises:
        OSError: the file system refuses; the next command goes on here.
    """
    folder = build_dir / MANAGER_DIR
    if journal.undo is not None:
        (folder / OBJECTS).mkdir(exist_ok=True)
    made: set[str] = set()
    away: dict[str, bool] = {}
    removed = _has_begun_to_place(folder / STAGING, journal)
    for step in journal.steps:
        if step.action == "remove":
            if not removed and not leads_away(str(build_dir), step.path, away):
                _remove(build_dir, step, journal)
        elif step.action == "mode":
            away_now = leads_away(str(build_dir), step.path, {})
            _set_mode(build_dir / step.path, step.mode, away=away_now)
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


def _set_mode(target: Path, mode: int, *, away: bool) -> None:
    """Change the bits of a file of ours; what is a link now is somebody else's."""
    stamp = look(str(target))
    if stamp is None and not away:
        refuse_shut(str(target))
    if not away and stamp is not None and stat.S_ISREG(stamp[4]):
        target.chmod(mode)


def _has_begun_to_place(staging: Path, journal: Journal) -> bool:
    """Whether all that goes is gone: what was placed since may lead to other files of that name."""
    placed = next((step.staged for step in journal.steps if step.action == "place"), None)
    return placed is not None and not os.path.lexists(staging / placed)


def _remove(build_dir: Path, step: Step, journal: Journal) -> None:
    target = build_dir / step.path
    if _is_as_planned(target, step):
        _keep_content(build_dir, target, step, journal)
        target.unlink()
    elif os.path.lexists(target):
        _forget_spoiled(build_dir, str(target), step)
        return  # somebody's now
    else:
        refuse_shut(str(target))
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
    """Make a folder; what somebody put in its way since the plan looked is put aside."""
    path = str(build_dir)
    for part in folder.removeprefix(f"{build_dir}/").split("/"):
        path = f"{path}/{part}"
        stamp = look(path)
        if stamp is not None and not stat.S_ISDIR(stamp[4]):
            _put_aside(build_dir, path)
            Path(path).unlink(missing_ok=True)
            stamp = None
        if stamp is None:
            os.mkdir(path)  # noqa: PTH102 - strings: this runs for every folder


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
        sync(temporary)  # what it is a copy of goes now
        temporary.replace(kept)
