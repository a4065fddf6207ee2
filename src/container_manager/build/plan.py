"""Compares the files that a build wants with what is there, and decides; nothing is touched."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from container_manager.build.manifest import Manifest
from container_manager.errors import BuildError, Location, Problem, raise_all
from container_manager.model import BuildPlan, Change, Output


def compare(
    build_dir: Path,
    outputs: Mapping[str, Output],
    manifest: Manifest,
    may_prune: Callable[[str], bool],
) -> BuildPlan:
    """The plan that turns what is there into what is wanted.

    Args:
        build_dir: the build directory.
        outputs: every wanted file, by path.
        manifest: what we wrote before.
        may_prune: whether a path belongs to the part of the build that this one is about.

    Raises:
        BuildError: files that we did not write stand where files are wanted, or sources cannot
            be read; all of them at once.
    """
    problems: list[Problem] = []
    notes: list[Problem] = []
    stale = {
        path
        for path in {*manifest.files, *manifest.begun}
        if path not in outputs and may_prune(path)
    }
    changes = [_removal(build_dir, path, manifest, notes) for path in sorted(stale)]
    for path, output in sorted(outputs.items()):
        problem = _inside_a_file(path, outputs) or _blocked(build_dir, path, stale)
        if problem:
            problems.append(problem)
            continue
        try:
            digest = digest_of(output)
        except OSError as error:
            problems.append(_unreadable(output, error))
            continue
        changes.append(_change(build_dir, output, digest, manifest, problems, notes))
    raise_all(BuildError, problems)
    return BuildPlan(
        build_dir=build_dir, outputs=outputs, changes=tuple(changes), notes=tuple(notes)
    )


def digest_of(output: Output) -> str:
    """The digest of the content that is wanted: ``sha256:HEX``, or ``link:TARGET``."""
    if output.link is not None:
        return f"link:{output.link}"
    if output.text is not None:
        return "sha256:" + hashlib.sha256(output.text.encode()).hexdigest()
    assert output.source is not None
    return file_digest(output.source)


def file_digest(path: Path) -> str:
    """The digest of a file, streamed."""
    with path.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def digest_on_disk(path: Path) -> str | None:
    """The digest of what is at ``path``; None for nothing, empty for what is no file of ours."""
    try:
        info = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(info.st_mode):
        return f"link:{path.readlink()}"
    if not stat.S_ISREG(info.st_mode):
        return ""
    try:
        return file_digest(path)
    except OSError:
        return ""


def _removal(build_dir: Path, path: str, manifest: Manifest, notes: list[Problem]) -> Change:
    present = digest_on_disk(build_dir / path)
    if present is not None and not manifest.wrote(path, present):
        notes.append(
            Problem(
                message="This file is no longer part of the build, but was changed since it was "
                "written: it stays.",
                where=Location(build_dir / path),
                remedy="Remove it, if nobody needs it.",
            )
        )
        return Change(action="keep", path=path, digest="", mode=0, reason="changed by others")
    return Change(action="remove", path=path, digest="", mode=0, reason="nothing asks for it")


def _change(
    build_dir: Path,
    output: Output,
    digest: str,
    manifest: Manifest,
    problems: list[Problem],
    notes: list[Problem],
) -> Change:
    target = build_dir / output.path
    is_folder = target.is_dir() and not target.is_symlink()  # with nothing in it that stays
    present = None if is_folder else digest_on_disk(target)
    action = "write"
    if present == digest:
        same_mode = output.link is not None or stat.S_IMODE(target.stat().st_mode) == output.mode
        action = "keep" if same_mode else "mode"
    elif present is not None:
        action = "replace"
        if not manifest.owns(output.path):
            problems.append(
                Problem(
                    message="A file that we did not write stands where the build wants "
                    f"{output.reason}.",
                    where=Location(target),
                    remedy="Move it away.",
                )
            )
        elif not manifest.wrote(output.path, present):
            notes.append(
                Problem(
                    message="This generated file was changed by hand; the change is kept in "
                    f"{displaced(build_dir, output.path)}.",
                    where=Location(target),
                    remedy=f"Make the change where it comes from: {output.reason}.",
                )
            )
    return Change(
        action=action, path=output.path, digest=digest, mode=output.mode, reason=output.reason
    )


def displaced(build_dir: Path, path: str) -> Path:
    """Where a generated file that somebody changed is kept when it is written anew."""
    return build_dir / ".manager" / "displaced" / path


def _inside_a_file(path: str, outputs: Mapping[str, Output]) -> Problem | None:
    """Two sources of which one wants a file where the other wants a folder."""
    parent = path.rpartition("/")[0]
    while parent:
        if parent in outputs:
            return Problem(
                message=f"Two sources want to be {parent}, one as a file and one as a folder: "
                f"{outputs[parent].reason} and {outputs[path].reason}.",
                remedy="Rename one of them.",
            )
        parent = parent.rpartition("/")[0]
    return None


def _blocked(build_dir: Path, path: str, stale: set[str]) -> Problem | None:
    """Something in the way that is not ours to remove."""
    parts = path.split("/")
    for length in range(1, len(parts)):
        ancestor = "/".join(parts[:length])
        place = build_dir / ancestor
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            if ancestor in stale:
                continue
            return Problem(
                message=f"This is no folder, but the build wants to write {path}.",
                where=Location(place),
                remedy="Move it away.",
            )
    target = build_dir / path
    if target.is_dir() and not target.is_symlink():
        inside = [e for e in target.rglob("*") if e.is_symlink() or not e.is_dir()]
        if not all(entry.relative_to(build_dir).as_posix() in stale for entry in inside):
            return Problem(
                message="A folder with files that we did not write stands where the build wants "
                "a file.",
                where=Location(target),
                remedy="Move it away.",
            )
    return None


def _unreadable(output: Output, error: OSError) -> Problem:
    where = Location(output.source) if output.source else None
    reason = error.strerror or type(error).__name__
    return Problem(message=f"The file cannot be read: {reason}.", where=where)
