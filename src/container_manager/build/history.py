"""Former builds: what each build replaced, so that it can be brought back.

A build leaves a record of the files that it changed as they were before, and their contents in a
store, each content once. What did not change is in the build directory itself and stored nowhere
else. A former build is the present one with the records undone, newest first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from container_manager.build import manifest as record
from container_manager.build.manifest import Manifest
from container_manager.build.reading import Reading
from container_manager.errors import BuildError, Location, Problem, raise_all
from container_manager.model import FormerBuild, Output
from container_manager.places import MANAGER_DIR, may_be_ours

OBJECTS, UNDONE = "objects", "builds"
_RECORD = re.compile(r"[0-9]{6,9}\.json", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Undo:
    """What one build changed, as it was before; None where there was no file."""

    files: Mapping[str, str | None]
    made_with: Mapping[str, str]


def dump_undo(before: Manifest, after: Manifest) -> str:
    """The record that leads from one build back to the one before."""
    changed = sorted(
        path
        for path in before.files.keys() | after.files.keys()
        if before.files.get(path) != after.files.get(path)
    )
    files = {path: before.files.get(path) for path in changed}
    data = {"version": record.VERSION, "made_with": dict(before.made_with), "files": files}
    return json.dumps(data, ensure_ascii=False, separators=(",\n", ": ")) + "\n"


def numbers(build_dir: Path) -> list[int]:
    """The numbers of the former builds, oldest first."""
    try:
        names = [path.name for path in (build_dir / MANAGER_DIR / UNDONE).iterdir()]
    except FileNotFoundError:
        return []
    return sorted(int(name.removesuffix(".json")) for name in names if _RECORD.fullmatch(name))


def newest(build_dir: Path) -> int:
    """The number of the newest former build.

    Raises:
        BuildError: there is none.
    """
    known = numbers(build_dir)
    if not known:
        raise BuildError("No former build is kept here.", where=Location(build_dir))
    return known[-1]


def next_number(build_dir: Path) -> int:
    """The number of the present build, once it is a former one."""
    known = numbers(build_dir)
    return known[-1] + 1 if known else 1


def forget(build_dir: Path, keep: int) -> None:
    """Remove the records of builds before the last ``keep``, and the contents only they need."""
    known = numbers(build_dir)
    old = known[:-keep] if keep else known
    if not old:
        return
    needed = {
        object_path(build_dir, record.digest_of(entry)).name
        for number in known[len(old) :]
        for entry in _undo(build_dir, number).files.values()
        if entry is not None and record.digest_of(entry).startswith("sha256:")
    }
    for kept in (build_dir / MANAGER_DIR / OBJECTS).iterdir():
        if kept.name not in needed:
            kept.unlink()
    for number in old:  # last: while they are there, whoever was stopped here begins anew
        _place(build_dir, number).unlink()


def former(build_dir: Path, number: int) -> Manifest:
    """The files of a former build.

    Raises:
        BuildError: there is no such build.
    """
    known = numbers(build_dir)
    if number not in known:
        listed = ", ".join(map(str, known))
        raise BuildError(
            f"There is no former build {number}.",
            where=Location(build_dir),
            remedy=f"There are: {listed}." if known else "No former build is kept here.",
        )
    present = record.read(build_dir)
    files, made_with = dict(present.files), present.made_with
    for newer in reversed(known[known.index(number) :]):
        undo = _undo(build_dir, newer)
        made_with = undo.made_with
        for path, entry in undo.files.items():
            if entry is None:
                files.pop(path, None)
            else:
                files[path] = entry
    return Manifest(files=files, made_with=made_with)


def listed(build_dir: Path) -> list[FormerBuild]:
    """All former builds, newest first."""
    present = record.read(build_dir)
    found = []
    for number in reversed(numbers(build_dir)):
        manifest = former(build_dir, number)
        paths = sorted(present.files.keys() | manifest.files.keys())
        differs = tuple(p for p in paths if present.files.get(p) != manifest.files.get(p))
        sources = _sources(build_dir, present, manifest)
        moment = _place(build_dir, number).stat().st_mtime
        found.append(
            FormerBuild(
                number=number,
                replaced=datetime.fromtimestamp(moment).astimezone(),
                files=len(manifest.files),
                differs=differs,
                lost=tuple(path for path in differs if path in sources and not sources[path]),
            )
        )
    return found


def outputs(build_dir: Path, number: int, reading: Reading) -> dict[str, Output]:
    """The files of a former build, as a build wants them.

    Args:
        build_dir: the build directory.
        number: of the build.
        reading: verifies that contents are what they were.

    Raises:
        BuildError: there is no such build, or contents of it are lost; all of them are told.
    """
    manifest = former(build_dir, number)
    sources = _sources(build_dir, record.read(build_dir), manifest)
    problems: list[Problem] = []
    wanted: dict[str, Output] = {}
    for path, entry in manifest.files.items():
        digest = record.digest_of(entry)
        link = digest.removeprefix("link:") if digest.startswith("link:") else None
        source = None if link is not None else sources[path]
        output = Output(
            path=path,
            text=None,
            source=None if source is None else str(source),
            mode=record.mode_of(entry),
            reason=f"build {number}",
            owner=None,
            step="",
            link=link,
        )
        if link is None and not _holds(reading, output, digest):
            problems.append(
                Problem(
                    message=f"The content that build {number} had here is lost: the file was "
                    "changed by others before it was replaced.",
                    where=Location(build_dir / path),
                    remedy="Bring another build back, or build from the sources.",
                )
            )
        wanted[path] = output
    raise_all(BuildError, problems)
    return wanted


def _holds(reading: Reading, output: Output, digest: str) -> bool:
    try:
        return output.source is not None and reading.wanted(output) == digest
    except OSError:
        return False


def _sources(build_dir: Path, present: Manifest, wanted: Manifest) -> dict[str, Path | None]:
    """Where the content of each wanted file is: in place, in the store, or elsewhere in place."""
    by_digest: dict[str, str] = {}
    for path, entry in present.files.items():
        by_digest.setdefault(record.digest_of(entry), path)
    found: dict[str, Path | None] = {}
    for path, entry in wanted.files.items():
        digest = record.digest_of(entry)
        if digest.startswith("link:"):
            continue
        kept = object_path(build_dir, digest)
        if present.wrote(path, digest):
            found[path] = build_dir / path
        elif kept.exists():
            found[path] = kept
        elif digest in by_digest:
            found[path] = build_dir / by_digest[digest]
        else:
            found[path] = None
    return found


def object_path(build_dir: Path, digest: str) -> Path:
    """Where the store keeps a content; every record that names one was checked when it was read."""
    assert record.is_content(digest), digest
    return build_dir / MANAGER_DIR / OBJECTS / digest.removeprefix("sha256:")


def _place(build_dir: Path, number: int) -> Path:
    return build_dir / MANAGER_DIR / UNDONE / f"{number:06}.json"


def _undo(build_dir: Path, number: int) -> _Undo:
    path = _place(build_dir, number)
    try:
        data = json.loads(path.read_bytes())
        if data["version"] != record.VERSION or not all(map(may_be_ours, data["files"])):
            raise ValueError("it is not ours")
        there = {name: entry for name, entry in data["files"].items() if entry is not None}
        files = {**dict.fromkeys(data["files"]), **record.entries_of(there)}
        return _Undo(files=files, made_with=data["made_with"])
    except record.UNREADABLE as error:
        raise record.unreadable(path, error) from error
