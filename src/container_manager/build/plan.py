"""Compares the files that a build wants with what is there, and decides; nothing is touched."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from container_manager.build.manifest import Manifest
from container_manager.build.reading import ChangedWhileReadError, Present, Reading
from container_manager.errors import BuildError, Location, Problem, raise_all
from container_manager.inputs import Stamp, look
from container_manager.model import BuildPlan, Change, Output
from container_manager.places import MANAGER_DIR, leads_away

_LONGEST_PATH = 3900
"""Bytes: Linux has 4095, and what is put aside needs some more."""

_SHORTENED = 50
"""Characters of a name that are kept when it gets a number; four bytes each fit a name's 255."""


def compare(
    build_dir: Path,
    outputs: Mapping[str, Output],
    manifest: Manifest,
    may_prune: Callable[[str], bool],
    reading: Reading,
) -> BuildPlan:
    """The plan that turns what is there into what is wanted.

    Args:
        build_dir: the build directory.
        outputs: every wanted file, by path.
        manifest: what we wrote before.
        may_prune: whether a path belongs to the part of the build that this one is about.
        reading: reads what is wanted and what is there.

    Raises:
        BuildError: files that we did not write stand where files are wanted, or sources cannot
            be read; all of them at once.
    """
    stale = [path for path in manifest.known if path not in outputs and may_prune(path)]
    reading.about(lambda: [f"{build_dir}/{path}" for path in (*stale, *outputs)])
    comparison = _Comparison(build_dir, manifest, reading)
    changes = [comparison.removal(path) for path in sorted(stale)]
    going = {change.path for change in changes if change.action == "remove"}
    comparison.problems += _blocked_folders(build_dir, outputs, going)
    for _, output in sorted(outputs.items()):
        if change := comparison.change(output, going):
            changes.append(change)
    raise_all(BuildError, comparison.problems)
    return BuildPlan(
        build_dir=build_dir,
        outputs=outputs,
        changes=tuple(changes),
        notes=tuple(comparison.notes),
    )


class _Comparison:
    """One comparison, with its findings."""

    def __init__(self, build_dir: Path, manifest: Manifest, reading: Reading) -> None:
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self._build_dir = build_dir
        self._prefix = f"{build_dir}/"
        self._manifest = manifest
        self._reading = reading
        self._away: dict[str, bool] = {}

    def removal(self, path: str) -> Change:
        """What becomes of a file that nothing asks for any more."""
        present = self._reading.present(self._prefix + path)
        away = leads_away(str(self._build_dir), path, self._away)
        if present is None or (self._manifest.wrote(path, present.digest) and not away):
            return _gone(path, "remove", "nothing asks for it", present)
        self.notes.append(
            Problem(
                message="This file is no longer part of the build, but was changed since it was "
                "written: it stays.",
                where=Location(self._build_dir / path),
                remedy="Remove it, if nobody needs it.",
            )
        )
        return _gone(path, "keep", "changed by others", present)

    def change(self, output: Output, going: set[str]) -> Change | None:
        """What becomes of a wanted file; None where that is a problem."""
        if len(os.fsencode(self._prefix + output.path)) > _LONGEST_PATH:
            message = f"The path of this generated file would be too long: {output.path[:99]}…"
            remedy = "Give its folders shorter names."
            self.problems.append(Problem(message=message, where=output.where, remedy=remedy))
            return None
        try:
            digest = self._reading.wanted(output)
        except OSError as error:
            self.problems.append(_unreadable(output, error))
            return None
        gone = going and _is_below(output.path, going)
        present = None if gone else self._reading.present(self._prefix + output.path)
        if present is not None and stat.S_ISDIR(present.stamp[4]):
            if problem := _blocking_folder(self._build_dir, output.path, going):
                self.problems.append(problem)
                return None
            present = None  # nothing in it stays
        action, by_hand = self._action(output, digest, present)
        seen = self._reading.seen.get(output.source or "") if output.text is None else None
        return Change(
            action=action,
            path=output.path,
            digest=digest,
            mode=output.mode,
            reason=output.reason,
            present=present.digest if present else None,
            stamp=present.stamp if present else None,
            source=seen[0] if seen else None,
            by_hand=by_hand,
        )

    def _action(self, output: Output, digest: str, present: Present | None) -> tuple[str, bool]:
        if present is None:
            return "write", False
        if present.digest == digest:
            same_mode = output.link is not None or present.mode == output.mode
            return ("keep" if same_mode else "mode"), False
        if not self._manifest.owns(output.path):
            self.problems.append(
                Problem(
                    message="A file that we did not write stands where the build wants "
                    f"{output.reason}.",
                    where=Location(self._build_dir / output.path),
                    remedy="Move it away.",
                )
            )
            return "replace", False
        by_hand = not self._manifest.wrote(output.path, present.digest)
        if by_hand:
            self.notes.append(
                Problem(
                    message="This generated file was changed by hand; the change is kept in "
                    f"{displaced(self._build_dir, output.path)}.",
                    where=Location(self._build_dir / output.path),
                    remedy=f"Make the change where it comes from: {output.reason}.",
                )
            )
        return "replace", by_hand


def _gone(path: str, action: str, reason: str, present: Present | None) -> Change:
    return Change(
        action=action,
        path=path,
        digest="",
        mode=0,
        reason=reason,
        present=present.digest if present else None,
        stamp=present.stamp if present else None,
    )


def displaced(build_dir: Path, path: str) -> Path:
    """Where a generated file that somebody changed is kept when it is written anew."""
    place = build_dir / MANAGER_DIR / "displaced"
    *folders, name = path.split("/")
    for folder in folders:
        place = _free(place / folder, None)
    return _free(place / name, look(f"{build_dir}/{path}"))


def _free(first: Path, kept: Stamp | None) -> Path:
    """The name, or one like it where it is taken: by what is no folder, or is not what is kept."""
    candidate, number = first, 1
    while (stamp := look(str(candidate))) is not None:
        if stamp == kept or (kept is None and stat.S_ISDIR(stamp[4])):
            break
        number += 1
        candidate = first.with_name(f"{first.name[:_SHORTENED]}~{number}")
    return candidate


def _is_below(path: str, going: set[str]) -> bool:
    """Whether a file that goes stands where a folder of the path is wanted; it may be a symlink."""
    folder = path.rpartition("/")[0]
    while folder:
        if folder in going:
            return True
        folder = folder.rpartition("/")[0]
    return False


def _blocked_folders(
    build_dir: Path, outputs: Mapping[str, Output], going: set[str]
) -> list[Problem]:
    """Folders that cannot be: something else is there, or is wanted there."""
    first: dict[str, str] = {}  # folder -> a path that needs it
    for path in sorted(outputs):
        folder = path.rpartition("/")[0]
        while folder and folder not in first:
            first[folder] = path
            folder = folder.rpartition("/")[0]
    problems = []
    for folder in sorted(first):
        if folder in outputs:
            problems.append(_file_and_folder(folder, outputs[folder], outputs[first[folder]]))
            continue
        stamp = look(f"{build_dir}/{folder}")
        if stamp is not None and not stat.S_ISDIR(stamp[4]) and folder not in going:
            problems.append(
                Problem(
                    message=f"This is no folder, but the build wants to write {first[folder]}.",
                    where=Location(build_dir / folder),
                    remedy="Move it away.",
                )
            )
    return problems


def _file_and_folder(path: str, as_file: Output, as_folder: Output) -> Problem:
    return Problem(
        message=f"Two sources want to be {path}, one as a file and one as a folder: "
        f"{as_file.reason} and {as_folder.reason}.",
        remedy="Rename one of them.",
    )


def _blocking_folder(build_dir: Path, path: str, going: set[str]) -> Problem | None:
    """A folder where a file is wanted, with something in it that is not ours to remove."""
    target = build_dir / path
    inside = [entry for entry in target.rglob("*") if entry.is_symlink() or not entry.is_dir()]
    if all(entry.relative_to(build_dir).as_posix() in going for entry in inside):
        return None
    return Problem(
        message="A folder with files that we did not write stands where the build wants a file.",
        where=Location(target),
        remedy="Move it away.",
    )


def _unreadable(output: Output, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    message = f"The file cannot be read: {reason}."
    meanwhile = isinstance(error, FileNotFoundError | ChangedWhileReadError)
    remedy = "Run the command again." if meanwhile else "Make it readable."
    return Problem(message=message, where=output.where, remedy=remedy)
