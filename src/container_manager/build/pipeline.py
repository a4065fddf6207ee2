"""From what was prepared to a build directory: compare, write, and finish what was stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from container_manager.build import history, journal
from container_manager.build import manifest as record
from container_manager.build.apply import apply, cannot_write, recover
from container_manager.build.guards import claim
from container_manager.build.leaks import without_leaks
from container_manager.build.lock import build_lock
from container_manager.build.plan import compare
from container_manager.build.ports import chosen_by_another, remember
from container_manager.build.preparing import Prepared, prepare
from container_manager.build.reading import Reading
from container_manager.build.settling import settle
from container_manager.config.loader import Config
from container_manager.inputs import Stamp, look
from container_manager.model import Build, BuildPlan

__all__ = ["Prepared", "build_of", "execute", "plan", "prepare"]


def plan(prepared: Prepared) -> BuildPlan:
    """What :func:`execute` would do now."""
    build_dir = prepared.config.build_dir
    if journal.is_interrupted(build_dir):
        journal.read(build_dir)  # what 'build' could not finish is told here, too
    decided = _compared(prepared, record.read_with_begun(build_dir))
    return replace(decided, hooks=prepared.config.hooks)


def execute(
    prepared: Prepared,
    prepare_again: Callable[[], Prepared] | None = None,
    before: Stamp | None = None,
) -> Build:
    """Make the build directory what was prepared; does nothing where nothing changes.

    Args:
        prepared: what is wanted.
        prepare_again: called where another build was faster, which may have seen newer sources.
        before: the stamp of the build's record since before it was prepared.

    Raises:
        BuildError: files that we did not write are in the way; nothing was changed then.
        PreconditionError: another process is building for too long.
    """
    build_dir = prepared.config.build_dir
    settle(build_dir)
    prepared = _with_its_ports(prepared, prepare_again)
    seen, manifest = look(str(record.place(build_dir))), record.read(build_dir)
    if prepare_again is not None and seen != before:
        prepared = prepare_again()
    decided, staged_by = _compared(prepared, manifest), 0
    if decided.pending or _forgets(decided, manifest):
        with build_lock(build_dir):
            recover(build_dir)
            try:
                claim(build_dir, prepared.config)
            except OSError as error:
                raise cannot_write(build_dir, error) from error
            if look(str(record.place(build_dir))) != seen:
                prepared = prepare_again() if prepare_again is not None else prepared
                manifest = record.read(build_dir)
                decided = _compared(prepared, manifest)
            staged_by = apply(decided, manifest, keep=prepared.config.keep_builds)
            seen = look(str(record.place(build_dir)))
    return replace(build_of(prepared, decided), recorded=seen, staged_by=staged_by)


def _with_its_ports(prepared: Prepared, prepare_again: Callable[[], Prepared] | None) -> Prepared:
    """The same, once its chosen ports are remembered."""
    if remember(prepared.config.ports, prepared.reading):
        return prepared
    if prepare_again is not None:
        prepared = prepare_again()
        if remember(prepared.config.ports, prepared.reading):
            return prepared
    raise chosen_by_another(prepared.config.ports.path)


def build_of(prepared: Prepared, decided: BuildPlan) -> Build:
    """The build that a plan leads to."""
    build_dir = prepared.config.build_dir
    return Build(
        build_dir=build_dir,
        compose_files=prepared.compose_files,
        digests={
            f"{build_dir}/{change.path}": change.digest
            for change in decided.changes
            if change.digest
        },
        plan=decided,
        warnings=(*prepared.warnings, *decided.notes),
        shown=tuple(
            file
            for file in prepared.compose_files
            if file.path.relative_to(build_dir).as_posix() in prepared.outputs
        ),
    )


def bring_back(config: Config, number: int) -> Build:
    """Make the build directory what a former build left; this is a build like any other.

    Args:
        config: the configuration.
        number: of the former build.

    Raises:
        BuildError: it cannot be brought back; nothing was changed.
    """
    build_dir = config.build_dir
    wanted = history.outputs(build_dir, number, Reading())  # refused before anything is written
    without_leaks(config, config.referenced, wanted, None)
    with build_lock(build_dir):
        recover(build_dir)
        reading = Reading()
        wanted = history.outputs(build_dir, number, reading)
        manifest = record.read(build_dir)
        decided = compare(build_dir, wanted, manifest, lambda _: True, reading)
        if decided.pending:
            apply(decided, manifest, keep=max(config.keep_builds, 1))
    return Build(
        build_dir=build_dir, compose_files=(), digests={}, plan=decided, warnings=decided.notes
    )


def _compared(prepared: Prepared, manifest: record.Manifest) -> BuildPlan:
    return compare(
        prepared.config.build_dir,
        prepared.outputs,
        manifest,
        prepared.may_prune,
        prepared.reading,
    )


def _forgets(decided: BuildPlan, manifest: record.Manifest) -> bool:
    """Whether the manifest would change although no file does."""
    if manifest.made_with != record.versions():
        return True
    # What somebody else put there with the very content that is wanted stays theirs.
    return any(not change.digest and change.path in manifest.files for change in decided.changes)
