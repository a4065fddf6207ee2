"""``adopt``: copies volumes of former names into ours. The originals are only read.

Podman cannot rename a volume; and one that two stacks share by reference would be changed, emptied
or removed by either. A note says which copy is under way, so that none that was cut short is taken
for whole.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from container_manager import identity as labels
from container_manager.errors import (
    InterruptedByUser,
    PreconditionError,
    Problem,
    RuntimeFailure,
    raise_all,
)
from container_manager.lifecycle.data.archives import archived, present
from container_manager.lifecycle.data.filling import make_filled
from container_manager.lifecycle.data.former import decide, unfinished_copies
from container_manager.lifecycle.data.notes import COPYING, drop_note, write_note
from container_manager.lifecycle.data.volumes import (
    archive_size,
    free_space,
    own_options,
    read_top,
    refuse_remote,
    users_of,
)
from container_manager.lifecycle.project import Project
from container_manager.podman.state import VolumeState
from container_manager.preflight.former import Former

_MIB = 1024**2
_FOLDER = "copying-"


def adopt(project: Project, chosen: Sequence[Former]) -> tuple[str, ...]:
    """Copy volumes of former names into volumes of ours that are not there yet.

    Args:
        project: whose volumes are made.
        chosen: what is copied; a copy that was cut short is begun anew.

    Returns:
        The names of the volumes that were made.

    Raises:
        PreconditionError: one cannot be copied as it is; nothing was touched.
        RuntimeFailure: a copy is not what its original is.
        InterruptedByUser: Ctrl-C was pressed.
    """
    refuse_remote(project)
    sources = _sources(project, chosen)
    raise_all(PreconditionError, [*_twice(chosen), *_in_use(project, sources)])
    project.identity(create=True)
    _check_room(project, sources)
    done: list[str] = []
    try:
        for one in chosen:
            _copy(project, one, sources[one.volume])
            decide(project, [one.volume])
            done.append(one.actual)
    except KeyboardInterrupt:
        made = f" Copied before: {', '.join(done)}." if done else ""
        raise InterruptedByUser(
            f"Interrupted: the originals are as they were.{made}",
            remedy="'adopt --copy' copies what is left.",
        ) from None
    except OSError as error:
        raise RuntimeFailure(
            f"A copy could not be written: {error.strerror or error}.",
            remedy=f"See that there is room and permission in {project.state_dir}; the originals "
            "are as they were.",
        ) from error
    return tuple(done)


def _sources(project: Project, chosen: Sequence[Former]) -> dict[str, VolumeState]:
    found = {one.volume: project.engine.volume(one.volume) for one in chosen}
    gone = [name for name, volume in found.items() if volume is None]
    raise_all(PreconditionError, [Problem(message=f"There is no volume {name}.") for name in gone])
    return {name: volume for name, volume in found.items() if volume is not None}


def _twice(chosen: Sequence[Former]) -> list[Problem]:
    """Volumes of ours for which there are several originals."""
    by_target: dict[str, list[Former]] = {}
    for one in chosen:
        by_target.setdefault(one.actual, []).append(one)
    return [
        Problem(
            message=f"{target} can be copied from {' or from '.join(one.volume for one in some)}.",
            where=some[0].where,
            remedy="Say which: "
            + " or ".join(f"'adopt --copy --project {one.project}'" for one in some)
            + ".",
        )
        for target, some in by_target.items()
        if len(some) > 1
    ]


def _in_use(project: Project, sources: dict[str, VolumeState]) -> list[Problem]:
    """Originals to which somebody may write meanwhile."""
    problems = []
    for name, users in users_of(project, sources.values()).items():
        running = " ".join(one.name for one in users if one.running)
        if running:
            problems.append(
                Problem(
                    message=f"The volume {name} is used by what runs: {running}. A copy would be "
                    "of no single moment.",
                    remedy=f"Stop that first: 'podman stop {running}'. It removes nothing.",
                )
            )
    return problems


def _check_room(project: Project, sources: dict[str, VolumeState]) -> None:
    """Refuse where there is no room for the copies, and for the archive of one after another."""
    sizes = [archive_size(project, one) for one in sources.values()]
    place = Path(project.engine.volume_folder() or "/nowhere")
    archives = project.state_dir
    needs = {archives: max(sizes, default=0)}
    if place.is_dir():
        same = os.stat(place).st_dev == os.stat(archives).st_dev  # noqa: PTH116
        needs[place] = sum(sizes) + (needs[archives] if same else 0)
    problems = [
        Problem(
            message=f"Copying takes {-(-needed // _MIB)} MiB in {folder}, which has room for "
            f"{free_space(folder) // _MIB} MiB: nothing was touched.",
            remedy="Make room there.",
        )
        for folder, needed in needs.items()
        if needed > free_space(folder)
    ]
    raise_all(PreconditionError, problems)


def _copy(project: Project, one: Former, source: VolumeState) -> None:
    """Make one volume; a note says so until it is whole."""
    _drop_half(project, one)
    copies = unfinished_copies(project)
    write_note(project, COPYING, {"copies": {**copies, one.actual: one.volume}})
    project.progress.step(f"Copying the volume {one.volume} to {one.actual}")
    with _archive(project.state_dir) as archive:
        project.engine.export_volume(one.volume, archive)
        make_filled(
            project,
            one.actual,
            archive,
            labels={
                **source.labels,
                **dict.fromkeys(labels.COMPOSE_PROJECTS, project.name),
                **project.identity(create=False).constant_labels,
                labels.COPIED: one.volume,
            },
            driver=source.driver,
            options=own_options(source),
            top=read_top(project, source),
        )
        _compare(project, one, archive)
    left = {target: origin for target, origin in copies.items() if target != one.actual}
    if left:
        write_note(project, COPYING, {"copies": left})
    else:
        drop_note(project, COPYING)


def _drop_half(project: Project, one: Former) -> None:
    """Remove what a copy that was cut short has left; never anything else."""
    there = project.engine.volume(one.actual)
    if there is None:
        return
    begun = unfinished_copies(project).get(one.actual)
    if begun is None or there.labels.get(labels.COPIED) != begun:
        raise PreconditionError(
            f"There is a volume {one.actual} already: nothing is copied into it.",
            where=one.where,
            remedy="If it may go, 'clean' saves and removes it.",
        )
    finished = project.engine.remove_volume(one.actual)
    if not finished.ok:
        raise RuntimeFailure(
            f"The volume {one.actual}, whose copy was cut short, is in use: {finished.last_lines}",
            remedy="Remove the container that uses it.",
        )


def _compare(project: Project, one: Former, archive: Path) -> None:
    """Look whether the original holds what was copied; somebody may have written meanwhile."""
    try:
        same = present(project.engine, one.volume, project.state_dir) == archived(archive)
    except tarfile.TarError:
        same = False
    if not same:
        raise RuntimeFailure(
            f"The volume {one.volume} was changed while it was copied: {one.actual} is not whole.",
            remedy="Stop whatever uses it, and run 'adopt --copy' again.",
        )


@contextlib.contextmanager
def _archive(state_dir: Path) -> Iterator[Path]:
    """A private file for the time of a copy; what a killed one has left goes before."""
    for left in state_dir.glob(f"{_FOLDER}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER, dir=state_dir))
    try:
        yield folder / "volume.tar"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
