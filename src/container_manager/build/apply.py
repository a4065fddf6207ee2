"""Carries out a build plan and decides nothing.

Everything is staged beside its destination first; then each file is moved into place by itself, so
that unchanged files and all directories stay what they were under running containers. The journal
names what is about to be written, so the next build knows it for ours after a crash.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from container_manager.build import manifest as record
from container_manager.build.guards import MANAGER_DIR
from container_manager.build.manifest import Manifest, Written
from container_manager.build.plan import digest_on_disk, displaced
from container_manager.errors import BuildError, Location
from container_manager.model import BuildPlan, Change, Output
from container_manager.render.tree import write_texts

_CHUNK = 1 << 20


def apply(plan: BuildPlan, manifest: Manifest) -> None:
    """Make the build directory what the plan says.

    Args:
        plan: from :func:`container_manager.build.plan.compare`.
        manifest: what we wrote before; the lock is held since it was read.

    Raises:
        BuildError: a source changed meanwhile, or the file system refused; every file is then
            either old or new, and the next build finishes.
    """
    staging = plan.build_dir / MANAGER_DIR / "staging"
    try:
        _clear(staging)
        staging.mkdir(parents=True)
        _stage(plan, staging / "files")
        record.begin(plan.build_dir, _next_manifest(plan, manifest))
        os.sync()
        _remove_stale(plan, manifest)
        _place(plan, manifest, staging / "files")
        record.commit(plan.build_dir)
        _clear(staging)
    except OSError as error:
        where = Location(Path(error.filename)) if error.filename else Location(plan.build_dir)
        reason = error.strerror or str(error)
        raise BuildError(f"The build cannot be written: {reason}.", where=where) from error


def _next_manifest(plan: BuildPlan, manifest: Manifest) -> dict[str, Written]:
    """What we own afterwards: what lay outside this build's part, and what it wants."""
    planned = {change.path for change in plan.changes}
    files = {path: entry for path, entry in manifest.files.items() if path not in planned}
    for change in plan.changes:
        if change.digest and (change.action != "keep" or manifest.owns(change.path)):
            files[change.path] = Written(digest=change.digest, mode=change.mode)
    return files


def _stage(plan: BuildPlan, staging: Path) -> None:
    texts: dict[Path, tuple[str, int]] = {}
    for change in plan.changes:
        if change.action not in ("write", "replace"):
            continue
        output = plan.outputs[change.path]
        target = staging / change.path
        if output.text is not None:
            texts[target] = (output.text, output.mode)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if output.link is not None:
            target.symlink_to(output.link)
        else:
            _copy(output, target, change.digest)
    staging.parent.mkdir(parents=True, exist_ok=True)
    write_texts(texts, staging.parent)


def _copy(output: Output, target: Path, wanted: str) -> None:
    assert output.source is not None
    digest = hashlib.sha256()
    with output.source.open("rb") as source, target.open("wb") as copy:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
    if f"sha256:{digest.hexdigest()}" != wanted:
        raise BuildError(
            "The file changed while it was being copied.",
            where=Location(output.source),
            remedy="Run the command again.",
        )
    target.chmod(output.mode)


def _remove_stale(plan: BuildPlan, manifest: Manifest) -> None:
    for change in plan.changes:
        if change.action != "remove":
            continue
        target = plan.build_dir / change.path
        present = digest_on_disk(target)
        if present is None or not manifest.wrote(change.path, present):
            continue
        target.unlink()
        for folder in target.parents:
            if folder == plan.build_dir:
                break
            with contextlib.suppress(OSError):  # not empty: somebody's files are in it
                folder.rmdir()


def _place(plan: BuildPlan, manifest: Manifest, staging: Path) -> None:
    for change in plan.changes:
        target = plan.build_dir / change.path
        if change.action == "mode":
            target.chmod(change.mode)
        elif change.action in ("write", "replace"):
            _make_way(plan.build_dir, target, change, manifest)
            (staging / change.path).replace(target)


def _make_way(build_dir: Path, target: Path, change: Change, manifest: Manifest) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        for folder, _, _ in os.walk(target, topdown=False):  # empty folders: the plan has looked
            Path(folder).rmdir()
    elif change.action == "replace":
        present = digest_on_disk(target)
        if present is not None and not manifest.wrote(change.path, present):
            kept = displaced(build_dir, change.path)
            kept.parent.mkdir(parents=True, exist_ok=True)
            target.replace(kept)


def _clear(folder: Path) -> None:
    """Remove a folder of our own below the manager's."""
    if folder.exists():
        shutil.rmtree(folder)
