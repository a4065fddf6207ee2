"""``logs``: what containers have said and say, each line after its service, without secrets."""

from __future__ import annotations

import contextlib
import heapq
import queue
import threading
import time
from collections.abc import Iterator, Sequence

from container_manager.errors import Problem, RuntimeFailure, UsageError, raise_all
from container_manager.lifecycle.daily.choosing import chosen, meant
from container_manager.lifecycle.daily.gathering import LogGatherer, LogLine, no_logs
from container_manager.lifecycle.daily.printing import Look, Printer
from container_manager.lifecycle.daily.stamps import nanoseconds, pieces
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState

_LOOK_EVERY = 1.0
_IDLE = 4
"""Looks without anything that runs after which that is said: a restart takes fewer."""

_KEEPS_NONE = "'none' log driver"
"""What Podman says of a container whose driver keeps no logs."""
_HELD = 1000
"""Lines of a container that wait for those of others."""

_Timed = tuple[int, LogLine]
_Held = queue.Queue[_Timed | None]


def logs(
    project: Project,
    names: Sequence[str] = (),
    *,
    follow: bool = False,
    tail: int | None = None,
    since: str = "",
    until: str = "",
    look: Look | None = None,
) -> None:
    """Print what containers have said, in the order of time.

    Args:
        project: whose.
        names: services; none means all.
        follow: go on until somebody presses Ctrl-C, with restarted, recreated and new containers.
        tail: how many lines of each container at most; None for all.
        since: ``10m``, ``2h``, or a time such as ``2026-01-31T08:00:00``.
        until: the same; nothing later is shown.
        look: how lines look, and which are shown.

    Raises:
        PreconditionError: a name leads to no container.
        UsageError: Podman does not understand ``since`` or ``until``.
        RuntimeFailure: Podman does not give the logs of a container; those of others are printed.
        BrokenPipeError: nobody reads any more.
    """
    if follow and until:
        raise UsageError("--follow goes on, and --until ends: one of them.")
    containers = chosen(project, names)
    _check_times(project, containers[0], since=since, until=until)
    width = max(len(one.service) for one in containers)
    printer = Printer(project.redact, width=width, look=look)
    if follow:
        _follow(project, names, containers, printer, since=since, tail=tail)
        return
    ended, failures = threading.Event(), list[Problem]()
    try:
        every = [
            _said(project, one, ended, failures, tail=tail, since=since, until=until)
            for one in containers
        ]
        for _, line in heapq.merge(*every, key=lambda timed: timed[0]):
            printer.line(line)
    finally:
        ended.set()
    raise_all(RuntimeFailure, failures)


def _check_times(project: Project, one: ContainerState, *, since: str, until: str) -> None:
    """Whether Podman understands the times: it knows several ways to write them."""
    for option, value in (("--since", since), ("--until", until)):
        if not value:
            continue
        asked = project.engine.call("logs", f"{option}={value}", "--tail=0", one.id)
        if not asked.ok and option in asked.last_lines:
            raise UsageError(
                f"{option} takes a length of time or a time, not {value!r}.",
                remedy=f"As in {option} 10m, {option} 2h or {option} 2026-01-31T08:00:00.",
            )


def _said(
    project: Project,
    container: ContainerState,
    ended: threading.Event,
    failures: list[Problem],
    *,
    tail: int | None,
    since: str,
    until: str,
) -> Iterator[_Timed]:
    """The lines of a container with their times; few of them are held at once.

    Why Podman does not give them is among the failures once they end.
    """
    held: _Held = queue.Queue(_HELD)
    words: list[str] = []

    def hand_on(line: str) -> None:
        found = pieces(line)
        when, text = found[0][0], "".join(text for _, text in found)
        if not when:
            words.append(line)  # Podman itself speaks
            return
        said = LogLine(service=container.service, container=container.name, when=when, text=text)
        _put(held, (nanoseconds(when), said), ended)

    def read() -> None:
        try:
            finished = project.engine.log(
                container.id, on_line=hand_on, stop=ended, since=since, until=until, tail=tail
            )
            if not finished.ok and project.engine.inspect([container.id]):  # else it is gone
                problem = no_logs(container, project.redact(" ".join(words)))
                if _KEEPS_NONE in problem.message:
                    project.progress.warn(problem)  # its template says so: no failure
                else:
                    failures.append(problem)
        except RuntimeFailure as error:
            failures.append(no_logs(container, project.redact(str(error))))
        finally:
            _put(held, None, ended)

    threading.Thread(target=read, name=f"log-{container.service}", daemon=True).start()
    return iter(held.get, None)


def _put(held: _Held, timed: _Timed | None, ended: threading.Event) -> None:
    """Wait until there is room, or nobody reads any more."""
    while not ended.is_set():
        with contextlib.suppress(queue.Full):
            held.put(timed, timeout=0.2)
            return


def _follow(
    project: Project,
    names: Sequence[str],
    containers: Sequence[ContainerState],
    printer: Printer,
    *,
    since: str,
    tail: int | None,
) -> None:
    gatherer = LogGatherer(project, printer.line, since=since, tail=tail)
    there, idle = list(containers), 0
    try:
        while not gatherer.ended:
            gatherer.keep_up(there)
            idle = 0 if any(one.running or one.restart_policy for one in there) else idle + 1
            if idle == _IDLE:
                project.progress.step("Nothing of this runs; what starts is shown. Ctrl-C ends it.")
            time.sleep(_LOOK_EVERY)
            with contextlib.suppress(RuntimeFailure):  # it may answer the next time
                there = meant(project, names)
        raise BrokenPipeError
    finally:
        gatherer.close()
