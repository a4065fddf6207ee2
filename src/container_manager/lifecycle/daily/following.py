"""The attached form: logs of all containers, until they end or somebody presses Ctrl-C."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from container_manager.errors import RuntimeFailure
from container_manager.lifecycle.daily.gathering import LogGatherer
from container_manager.lifecycle.daily.printing import Printer
from container_manager.lifecycle.interrupting import stops_on_interrupt
from container_manager.lifecycle.outcome import ServiceOutcome
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.ticking import health_ticker
from container_manager.podman.state import ContainerState

_LOOK_EVERY = 1.0
_NOTED_LATE = 1.0


def follow(project: Project, services: Iterable[ServiceOutcome]) -> None:
    """Print what the containers say, until none of them runs.

    Health checks go on meanwhile, where nobody else runs them.

    Args:
        project: whose containers.
        services: what ``up`` returned.

    Raises:
        InterruptedByUser: Ctrl-C; the containers are stopped and kept.
        RuntimeFailure: all have ended, and not all with exit code 0.
    """
    with stops_on_interrupt(project):
        last = _follow(project, {one.container: one for one in services if one.container})
    bad = [one for one in last if one.exit_code != 0]
    if bad:
        codes = ", ".join(f"{one.service} with {one.exit_code}" for one in bad)
        raise RuntimeFailure(f"All containers have ended: {codes}, the others with 0.")
    project.progress.step("All containers have ended with exit code 0.")


def _follow(project: Project, services: dict[str, ServiceOutcome]) -> list[ContainerState]:
    """Follow until nothing runs; the last states."""

    def look() -> list[ContainerState]:
        return [one for one in project.containers() if one.name in services]

    states = look()
    printer = Printer(project.redact, width=max((len(one.service) for one in states), default=0))
    gatherer = LogGatherer(
        project, printer.line, since=lambda one: _since(one, services[one.name].fresh)
    )
    try:
        states = _watch(project, look, gatherer)
        gatherer.finish()
        return states
    finally:
        gatherer.close()


def _watch(
    project: Project, look: Callable[[], list[ContainerState]], gatherer: LogGatherer
) -> list[ContainerState]:
    """Look until nothing runs twice in a row: in between Podman may restart something."""
    idle = 0
    states: list[ContainerState] = []
    with health_ticker(project.engine) as ticker:
        while True:
            with contextlib.suppress(RuntimeFailure):  # it may answer the next time
                states = look()
                idle = 0 if any(one.running for one in states) else idle + 1
            gatherer.keep_up(states)
            if idle > 1:
                return states
            now = time.time()
            ticker.tick(states, {one.id: now - (one.started_at or now) for one in states})
            time.sleep(_LOOK_EVERY)


def _began(container: ContainerState) -> float:
    """Since when a container says something in its present run.

    Podman notes the start a moment after it: the first words are often older.
    """
    if container.started_at is None:
        return time.time()
    ended_before = container.finished_at or 0.0
    if ended_before >= container.started_at:
        ended_before = 0.0  # it is the end of this run
    return max(container.started_at - _NOTED_LATE, ended_before)


def _since(container: ContainerState, fresh: bool) -> str:
    return datetime.fromtimestamp(_began(container) if fresh else time.time(), UTC).isoformat()
