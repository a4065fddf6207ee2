"""The attached form: logs of all containers, until they end or somebody presses Ctrl-C."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from container_manager.errors import RuntimeFailure
from container_manager.lifecycle.interrupting import stops_on_interrupt
from container_manager.lifecycle.outcome import ServiceOutcome
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.ticking import health_ticker
from container_manager.podman.state import ContainerState

_LOOK_EVERY = 1.0
_LAST_WORDS = 2.0
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
    states = [one for one in project.containers() if one.name in services]
    width = max((len(one.service) for one in states), default=0)
    printer = Printer(project, width)
    ended = threading.Event()
    threads = [
        threading.Thread(
            target=stream,
            args=(project, one, printer, _since(one, services[one.name].fresh), ended),
            name=f"log-{one.service}",
            daemon=True,
        )
        for one in states
    ]
    for thread in threads:
        thread.start()
    try:
        states = _watch(project, [one.id for one in states])
        for thread in threads:
            thread.join(timeout=_LAST_WORDS)
        return states
    finally:
        ended.set()
        for thread in threads:
            thread.join(timeout=_LAST_WORDS)


def _watch(project: Project, ids: list[str]) -> list[ContainerState]:
    """Look until nothing runs twice in a row: in between Podman may restart something."""
    idle = 0
    with health_ticker(project.engine) as ticker:
        while True:
            states = project.engine.inspect(ids)
            idle = 0 if any(one.running for one in states) else idle + 1
            if idle > 1:
                return states
            now = time.time()
            ticker.tick(states, {one.id: now - (one.started_at or now) for one in states})
            time.sleep(_LOOK_EVERY)


class Printer:
    """Writes whole lines to standard output, one at a time, each after its service.

    Args:
        project: whose secrets are taken out.
        width: of the column with the services.
    """

    def __init__(self, project: Project, width: int) -> None:
        self._redact = project.redact
        self._width = width
        self._lock = threading.Lock()

    def line(self, service: str, text: str) -> None:
        """Write a line that a service has said."""
        with self._lock:
            print(f"{service:<{self._width}} | {self._redact(text)}", flush=True, file=sys.stdout)


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


def stream(
    project: Project,
    container: ContainerState,
    printer: Printer,
    since: str,
    ended: threading.Event,
    tail: int | None = None,
) -> None:
    """Hand on one container's log, over its restarts, until it ends or ``ended`` is set.

    Args:
        project: whose.
        container: the container.
        printer: where the lines go.
        since: from when on; empty for all that there is.
        ended: set to end it.
        tail: how many of the lines before now, at most; None for all of them.
    """
    while not ended.is_set():
        next_since = datetime.now(UTC)
        with contextlib.suppress(RuntimeFailure):
            project.engine.follow_log(
                container.id,
                since=since,
                tail=tail,
                on_line=lambda line: printer.line(container.service, line),
                stop=ended,
            )
        if not any(one.running for one in project.engine.inspect([container.id])):
            if not container.restart_policy:
                return
            ended.wait(_LOOK_EVERY)
        since, tail = max(next_since, datetime.now(UTC)).isoformat(), None
        ended.wait(_LOOK_EVERY / 2)
