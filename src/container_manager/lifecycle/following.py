"""The attached form: logs of all containers, until they end or somebody presses Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from types import FrameType

from container_manager.errors import InterruptedByUser, RuntimeFailure
from container_manager.lifecycle.outcome import ServiceOutcome
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.stopping import stop
from container_manager.lifecycle.waiting import health_ticker
from container_manager.podman.state import ContainerState

_LOOK_EVERY = 1.0
_LAST_WORDS = 2.0


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


@contextlib.contextmanager
def stops_on_interrupt(project: Project) -> Iterator[None]:
    """Ctrl-C, or SIGTERM, within the block stops the containers; a second one kills them."""
    main = threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGTERM, _interrupt) if main else None
    try:
        yield
    except KeyboardInterrupt:
        _stop_all(project)
        raise InterruptedByUser(
            "Interrupted: the containers are stopped and kept.",
            remedy="'up' starts them again, 'down' removes them.",
        ) from None
    finally:
        if main:
            signal.signal(signal.SIGTERM, previous)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stop_all(project: Project) -> None:
    project.progress.step("\nStopping; Ctrl-C again kills.")
    try:
        identity = project.identity(create=False)
        stop(project, [one for one in project.containers() if identity.owns(one.labels)])
    except KeyboardInterrupt:
        running = [one.id for one in project.containers() if one.running]
        if running:
            project.engine.kill(running)
    left = [one.name for one in project.containers() if one.running]
    if left:
        raise RuntimeFailure(f"Interrupted, but these still run: {', '.join(left)}.")


def _follow(project: Project, services: dict[str, ServiceOutcome]) -> list[ContainerState]:
    """Follow until nothing runs; the last states."""
    states = [one for one in project.containers() if one.name in services]
    width = max((len(one.service) for one in states), default=0)
    printer = _Printer(project, width)
    ended = threading.Event()
    threads = [
        threading.Thread(
            target=_stream,
            args=(project, one, printer, services[one.name].fresh, ended),
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


class _Printer:
    """Writes whole lines to standard output, one at a time."""

    def __init__(self, project: Project, width: int) -> None:
        self._redact = project.redact
        self._width = width
        self._lock = threading.Lock()

    def line(self, service: str, text: str) -> None:
        with self._lock:
            print(f"{service:<{self._width}} | {self._redact(text)}", flush=True, file=sys.stdout)


def _stream(
    project: Project,
    container: ContainerState,
    printer: _Printer,
    fresh: bool,
    ended: threading.Event,
) -> None:
    """Hand on one container's log, over its restarts."""
    began = container.started_at if fresh and container.started_at else time.time()
    since = datetime.fromtimestamp(began, UTC)
    while not ended.is_set():
        next_since = datetime.now(UTC)
        with contextlib.suppress(RuntimeFailure):
            project.engine.follow_log(
                container.id,
                since=since.isoformat(),
                on_line=lambda line: printer.line(container.service, line),
                stop=ended,
            )
        if not any(one.running for one in project.engine.inspect([container.id])):
            if not container.restart_policy:
                return
            ended.wait(_LOOK_EVERY)
        since = max(next_since, datetime.now(UTC))
        ended.wait(_LOOK_EVERY / 2)
