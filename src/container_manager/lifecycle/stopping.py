"""Ends and removes containers, those that need others first."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator

from container_manager import identity as labels
from container_manager.errors import Problem, RuntimeFailure
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState

DEFAULT_GRACE = 10.0


def stop_order(containers: Iterable[ContainerState]) -> list[list[ContainerState]]:
    """Groups to stop one after another: whoever needs a service goes before it.

    The order is read from labels, so that it is known when the build directory is gone.
    """
    left = {container.id: container for container in containers}
    groups = []
    while left:
        needed = {name for one in left.values() for name in after(one) if name != one.service}
        group = [one for one in left.values() if one.service not in needed] or list(left.values())
        groups.append(group)
        for one in group:
            del left[one.id]
    return groups


def stop(
    project: Project,
    containers: Iterable[ContainerState],
    *,
    abandon: threading.Event | None = None,
) -> None:
    """End what runs, each with its own grace; when ``abandon`` is set, the rest is left."""
    running = _awake(project, containers)
    for grace, members in _batches(running):
        if abandon is not None and abandon.is_set():
            return
        project.progress.step(f"Stopping {_named(members)}")
        project.engine.stop([one.id for one in members], grace, abandon=abandon)


def _awake(project: Project, containers: Iterable[ContainerState]) -> list[ContainerState]:
    """Those that run, after what is paused goes on: no signal would reach it."""
    running = [one for one in containers if one.running]
    paused = [one.id for one in running if one.status == "paused"]
    if paused:
        project.engine.unpause(paused)
    return running


def _batches(
    containers: Iterable[ContainerState],
) -> Iterator[tuple[float, list[ContainerState]]]:
    """Containers in the order in which they end, those of one grace (in seconds) together."""
    for group in stop_order(containers):
        by_grace: dict[float, list[ContainerState]] = {}
        for container in group:
            by_grace.setdefault(_grace(container), []).append(container)
        yield from sorted(by_grace.items())


def _named(containers: Iterable[ContainerState]) -> str:
    return ", ".join(sorted(one.service or one.name for one in containers))


def stop_and_remove(project: Project, containers: Collection[ContainerState]) -> None:
    """End and remove containers, and look whether they are gone; volumes stay.

    Raises:
        RuntimeFailure: some are still there.
    """
    if not containers:
        return
    for grace, members in _batches(_awake(project, containers)):
        project.progress.step(f"Stopping {_named(members)}")
        # One call ends and removes: two would each begin with a look at all containers.
        project.engine.remove([one.id for one in members], grace=grace)
    left, said = _remove(project, project.engine.inspect([one.id for one in containers]))
    if left:
        names = ", ".join(one.name for one in left)
        raise RuntimeFailure(
            Problem(
                message=f"These containers could not be removed: {names}.\n{project.redact(said)}",
                remedy=f"Look at them with 'podman inspect {left[0].name}'.",
            )
        )


def _remove(
    project: Project, containers: Collection[ContainerState]
) -> tuple[list[ContainerState], str]:
    """Remove containers; what is left, and what Podman said about it.

    Podman refuses to remove one whose namespaces others use, and keeps no order within one call. A
    template may also name a container (``network_mode: container:X``), which no label tells: as
    long as that helps, what is left is tried again.
    """
    left = list(containers)
    while left:
        _awake(project, left)  # paused since they were looked at
        said = []
        for group in stop_order(left):
            ids = [one.id for one in group]
            finished = project.engine.remove(ids)
            said.append(finished.last_lines)
        before, left = left, project.engine.inspect([one.id for one in left])
        if len(left) == len(before):
            return left, "\n".join(filter(None, said))
    return [], ""


def after(container: ContainerState) -> list[str]:
    """The compose services that a container waits for, by its labels."""
    return [name for name in container.labels.get(labels.AFTER, "").split(",") if name]


def _grace(container: ContainerState) -> float:
    try:
        return float(container.labels.get(labels.GRACE, DEFAULT_GRACE))
    except ValueError:
        return DEFAULT_GRACE
