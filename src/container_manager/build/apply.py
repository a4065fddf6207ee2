"""Carries out a build plan and decides nothing.

Everything is staged first, in one folder of the build directory; then the journal says what is to
be done; then each file is moved into place by itself, so that unchanged files and all directories
stay what they were under running containers.

Two waits for the disk put this in order, whatever a power failure leaves: what was staged is on it
before the journal has its name, and that name before the first file moves. No third one is needed:
where moves are lost, but not the new manifest, the next build finds that files differ from it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from container_manager.build import history, journal, placing, unsharing
from container_manager.build import manifest as record
from container_manager.build.copying import copy_file, sync, sync_file_system
from container_manager.build.journal import UNDO, Journal, Step
from container_manager.build.manifest import STAGING, Manifest
from container_manager.errors import BuildError, Location
from container_manager.model import BuildPlan, Change, Output
from container_manager.places import KEEP_BUILDS, MANAGER_DIR


def apply(plan: BuildPlan, manifest: Manifest, *, keep: int = KEEP_BUILDS) -> int:
    """Make the build directory what the plan says.

    Args:
        plan: from :func:`container_manager.build.plan.compare`.
        manifest: what we wrote before; the lock is held since it was read.
        keep: how many former builds can be brought back afterwards.

    Returns:
        The time (ns since 1970) by which everything was staged: what is younger is not ours.

    Raises:
        BuildError: a source changed meanwhile, or the file system refused. Nothing was changed
            then, or the next command finishes what this one began.
    """
    folder = plan.build_dir / MANAGER_DIR
    try:
        journal.roll_back(plan.build_dir)
        (folder / STAGING).mkdir(parents=True)
        staged = _stage(plan, folder / STAGING, fresh=not manifest.files)
        after = next_manifest(plan, manifest)
        undo = None
        if keep and manifest.files and after.files != manifest.files:
            undo = history.next_number(plan.build_dir)
            text = history.dump_undo(manifest, after)
            record.store(folder / STAGING / UNDO, text)
        steps = tuple(_steps(plan, manifest, staged))
        todo = Journal(steps=steps, undo=undo, keep=keep)
        staged_by = time.time_ns()
        journal.draft(plan.build_dir, todo, after)
        sync_file_system(plan.build_dir)
        journal.begin(plan.build_dir)
        _finish(plan.build_dir, todo)
    except OSError as error:
        raise cannot_write(plan.build_dir, error) from error
    return staged_by


def recover(build_dir: Path) -> bool:
    """Finish or roll back a build that was stopped; the lock is held.

    Returns:
        Whether there was anything to finish.

    Raises:
        BuildError: the file system refuses, or the records make no sense.
    """
    try:
        if journal.is_interrupted(build_dir):
            _finish(build_dir, journal.read(build_dir))
            return True
        journal.roll_back(build_dir)
    except OSError as error:
        raise cannot_write(build_dir, error) from error
    return False


def _finish(build_dir: Path, todo: Journal) -> None:
    """Do what the journal says; where a container has taken files away, from where it has them."""
    sync(build_dir / MANAGER_DIR)  # who was killed here may not have waited for its name
    try:
        placing.finish(build_dir, todo)
    except PermissionError:
        if not unsharing.finish(build_dir):
            raise


def cannot_write(build_dir: Path, error: OSError) -> BuildError:
    """What the file system refused, as an error of ours."""
    name = error.filename2 or error.filename  # of two, that which it was to become
    path = Path(os.fsdecode(name)) if name else build_dir
    reason = error.strerror or str(error)
    remedy = "See to space and permissions; the next command goes on from here."
    if isinstance(error, PermissionError) and os.geteuid() != 0:
        remedy += (
            "\n  Where a container has given the folder to a user of its own, 'podman unshare "
            f"chown -R 0:0 {path.parent}' gives it back."
        )
    return BuildError(
        f"The build cannot be written: {reason}.", where=Location(path), remedy=remedy
    )


def next_manifest(plan: BuildPlan, manifest: Manifest) -> Manifest:
    """What we own afterwards: what lay outside this build's part, and what it wants."""
    planned = {change.path for change in plan.changes}
    files = {path: entry for path, entry in manifest.files.items() if path not in planned}
    for change in plan.changes:
        if change.digest and (change.action != "keep" or manifest.owns(change.path)):
            files[change.path] = record.written(change.digest, change.mode)
    return Manifest(files=files, made_with=record.versions())


def _steps(plan: BuildPlan, manifest: Manifest, staged: Mapping[str, str]) -> list[Step]:
    steps = []
    for action, wanted in (("remove", {"remove"}), ("place", {"write", "replace"})):
        for change in plan.changes:
            if change.action in wanted:
                old = change.present
                ours = old is not None and manifest.wrote(change.path, old)
                steps.append(
                    Step(
                        action=action,
                        path=change.path,
                        staged=staged.get(change.path, ""),
                        old=old,
                        stamp=change.stamp,
                        ours=ours,
                    )
                )
    for change in plan.changes:
        if change.action == "mode":
            steps.append(Step(action="mode", path=change.path, mode=change.mode))
    return steps


def _stage(plan: BuildPlan, staging: Path, *, fresh: bool) -> dict[str, str]:
    """Make every new file under a number; returns path -> number."""
    todo = [change for change in plan.changes if change.action in ("write", "replace")]
    numbers = {change.path: str(number) for number, change in enumerate(todo)}
    texts: dict[tuple[str, int], list[Change]] = {}
    for change in todo:
        output = plan.outputs[change.path]
        if output.text is not None:
            texts.setdefault((output.text, output.mode), []).append(change)
    _stage_texts(texts, numbers, staging, fresh=fresh)
    for change in todo:
        output = plan.outputs[change.path]
        target = f"{staging}/{numbers[change.path]}"
        if output.link is not None:
            os.symlink(output.link, target)  # noqa: PTH211 - strings: this runs for every file
        elif output.text is None:
            _copy(output, target, change)
    return numbers


def _stage_texts(
    texts: Mapping[tuple[str, int], list[Change]],
    numbers: Mapping[str, str],
    staging: Path,
    *,
    fresh: bool,
) -> None:
    """Each different text is made once, by Copier where all is new; others are copies of it.

    Later builds write the few texts that changed themselves: the bytes and modes are the same
    (tests compare them), and importing Copier would take longer than all else.
    """
    if fresh and texts:
        from container_manager.render.tree import generate

        folder = staging / "generated"
        folder.mkdir()
        generate(list(texts), folder)
        for number, changes in enumerate(texts.values()):
            os.replace(folder / str(number), staging / numbers[changes[0].path])  # noqa: PTH105
        folder.rmdir()
    for (text, mode), (first, *others) in texts.items():
        made = f"{staging}/{numbers[first.path]}"
        if not fresh:
            _write(made, text, mode)
        for other in others:
            copy_file(made, f"{staging}/{numbers[other.path]}", mode)


def _write(path: str, text: str, mode: int) -> None:
    with open(path, "wb") as stream:  # noqa: PTH123 - strings: this runs for every file
        stream.write(text.encode())
        os.fchmod(stream.fileno(), mode)


def _copy(output: Output, target: str, change: Change) -> None:
    assert output.source is not None
    if copy_file(output.source, target, output.mode) != change.source:
        raise BuildError(
            "The file changed while it was being copied.",
            where=output.where,
            remedy="Run the command again.",
        )
