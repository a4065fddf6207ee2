"""``logs``: what containers have said and say, each line after its service, without secrets."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from container_manager.errors import UsageError
from container_manager.lifecycle.daily.choosing import chosen
from container_manager.lifecycle.daily.following import Printer, stream
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState

_LOOK_EVERY = 0.2
_LAST_WORDS = 2.0
_AT_ONCE = 8
_TIMEOUT = 600.0
_STAMPED = re.compile(r"(\d{4}-\d\d-\d\dT\S+) ?(.*)", re.DOTALL)

_UNENDED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(Z|[+-]\d\d:\d\d) \Z")
"""The time of the empty rest of a line that was never ended."""


def logs(
    project: Project,
    names: Sequence[str] = (),
    *,
    follow: bool = False,
    tail: int | None = None,
    since: str = "",
) -> None:
    """Print what containers have said, in the order of time.

    Args:
        project: whose.
        names: services; none means all.
        follow: go on until all have ended or somebody presses Ctrl-C; nothing is stopped.
        tail: how many lines of each container at most; None for all.
        since: ``10m``, ``2h``, or a time such as ``2026-01-31T08:00:00``.

    Raises:
        PreconditionError: a name leads to no container.
        UsageError: Podman does not understand ``since``.
    """
    containers = chosen(project, names)
    printer = Printer(project, max(len(one.service) for one in containers))
    if follow:
        _follow(project, containers, printer, since=since, tail=tail)
        return
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="log") as pool:
        said = pool.map(lambda one: _said(project, one, tail=tail, since=since), containers)
        every = [line for lines in said for line in lines]
    for _, service, text in sorted(every, key=lambda line: line[0]):
        printer.line(service, text)


def _said(
    project: Project, container: ContainerState, *, tail: int | None, since: str
) -> list[tuple[str, str, str]]:
    """The lines of a container: when, who, what; one without a time belongs to that before."""
    limits = [f"--since={since}"] if since else []
    limits += [f"--tail={tail}"] if tail is not None else []
    lines: list[str] = []
    finished = project.engine.call(
        *("logs", "--timestamps", *limits, container.id), on_line=lines.append, timeout=_TIMEOUT
    )
    if not finished.ok:
        if since and "--since" in finished.last_lines:
            raise UsageError(
                f"--since takes a length of time or a time, not {since!r}.",
                remedy="As in --since 10m, --since 2h or --since 2026-01-31T08:00:00.",
            )
        return []  # it was removed meanwhile
    result: list[tuple[str, str, str]] = []
    for line in lines:
        when, text = when_and_what(line)
        when = when or (result[-1][0] if result else "")
        result.append((when, container.service, text))
    return result


def when_and_what(line: str) -> tuple[str, str]:
    """The time that Podman says of a line, and the line; no time where Podman said none.

    Podman adds a second time at the end where a container's last words had no line end.

    >>> when_and_what("2026-11-26T18:27:18.868881636Z done")
    ('2026-11-26T18:27:18.868881636Z', 'done')
    >>> when_and_what("2026-11-26T18:27:18.868881636Z done2026-11-26T18:27:18.869001495Z ")
    ('2026-11-26T18:27:18.868881636Z', 'done')
    >>> when_and_what("2026-11-26T18:27:18.868881636Z at 2026-11-26T18:27:18.869001495Z")
    ('2026-11-26T18:27:18.868881636Z', 'at 2026-11-26T18:27:18.869001495Z')
    >>> when_and_what("without")
    ('', 'without')
    """
    stamped = _STAMPED.fullmatch(line)
    if stamped is None:
        return "", line
    when, text = stamped.groups()
    return when, _UNENDED.sub("", text)


def _hand_on(
    project: Project,
    container: ContainerState,
    printer: Printer,
    since: str,
    ended: threading.Event,
    tail: int | None,
) -> None:
    """Hand on one container's log; where nobody reads any more, it ends for all."""
    try:
        stream(project, container, printer, since, ended, tail)
    except BrokenPipeError:
        ended.set()


def _follow(
    project: Project,
    containers: Sequence[ContainerState],
    printer: Printer,
    *,
    since: str,
    tail: int | None,
) -> None:
    ended = threading.Event()
    threads = [
        threading.Thread(
            target=_hand_on,
            args=(project, one, printer, since, ended, tail),
            name=f"log-{one.service}",
            daemon=True,
        )
        for one in containers
    ]
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads) and not ended.is_set():
            time.sleep(_LOOK_EVERY)
        if ended.is_set():
            raise BrokenPipeError
    finally:
        ended.set()
        for thread in threads:
            thread.join(timeout=_LAST_WORDS)
