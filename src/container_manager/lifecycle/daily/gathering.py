"""What containers say, gathered while they come, restart and go: nothing is lost or told twice.

Podman ends following a log when its container ends. It is asked again then, for what came after the
last line: one moment holds many lines, since they are stamped by what was read at once.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from container_manager.errors import RuntimeFailure
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState

_AGAIN_AFTER = 0.3
_LAST_WORDS = 2.0
_STAMPED = re.compile(r"(\d{4}-\d\d-\d\dT\S+) ?(.*)", re.DOTALL)
_FRACTION = re.compile(r"\.(\d+)")
_UNENDED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(Z|[+-]\d\d:\d\d) \Z")
"""The time of the empty rest of a line that was never ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line.

    Attributes:
        service: the compose service.
        container: the name of the container.
        when: the time, as Podman says it; empty where it says none.
        text: the line, without secrets.
    """

    service: str
    container: str
    when: str
    text: str


class LogGatherer:
    """Follows the logs of containers, each in a thread.

    Args:
        project: whose; its secrets are taken out.
        on_line: called with each line, from several threads.
        since: from when on, as ``podman logs --since`` takes it; empty for all that there is.
        tail: how many of the lines before now of each container, at most; None for all of them.
    """

    def __init__(
        self,
        project: Project,
        on_line: Callable[[LogLine], None],
        *,
        since: str = "",
        tail: int | None = None,
    ) -> None:
        self._project = project
        self._on_line = on_line
        self._since = since
        self._tail = tail
        self._ended = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._places: dict[str, _Place] = {}

    @property
    def busy(self) -> bool:
        """Whether a log is followed."""
        return any(thread.is_alive() for thread in self._threads.values())

    @property
    def ended(self) -> bool:
        """Whether it was told to end, or nobody takes lines any more."""
        return self._ended.is_set()

    def keep_up(self, containers: Iterable[ContainerState]) -> None:
        """Follow those of these containers that are not followed: new ones, and restarted ones.

        A container that does not run is asked once for what it has said.
        """
        for one in containers:
            thread = self._threads.get(one.id)
            if thread is not None and (thread.is_alive() or not one.running):
                continue
            place = self._places.setdefault(one.id, _Place())
            self._threads[one.id] = thread = threading.Thread(
                target=self._follow, args=(one, place), name=f"log-{one.service}", daemon=True
            )
            thread.start()

    def close(self) -> None:
        """End it."""
        self._ended.set()
        for thread in self._threads.values():
            thread.join(timeout=_LAST_WORDS)

    def _follow(self, container: ContainerState, place: _Place) -> None:
        def hand_on(line: str) -> None:
            when, text = when_and_what(line)
            if self._ended.is_set() or not place.is_new(when):
                return
            try:
                self._on_line(
                    LogLine(
                        service=container.service,
                        container=container.name,
                        when=when,
                        text=self._project.redact(text),
                    )
                )
            except BrokenPipeError:
                self._ended.set()

        while not self._ended.is_set():
            fresh = not place.last
            place.asked_again()
            with contextlib.suppress(RuntimeFailure):
                self._project.engine.follow_log(
                    container.id,
                    since=self._since if fresh else place.since,
                    tail=self._tail if fresh else None,
                    on_line=hand_on,
                    stop=self._ended,
                    timestamps=True,
                )
            if not any(one.running for one in self._project.engine.inspect([container.id])):
                return
            self._ended.wait(_AGAIN_AFTER)


@dataclass(slots=True)
class _Place:
    """How far a log was handed on: the time of the last line, and how many lines had it."""

    last: str = ""
    count: int = 0
    _skip: int = 0

    def asked_again(self) -> None:
        """From here on, the lines of the last moment come once more."""
        self._skip = self.count

    def is_new(self, when: str) -> bool:
        """Whether a line of that time was not handed on yet; it is taken as handed on now."""
        moment = _comparable(when)
        if moment and moment < self.last:
            return False
        if moment == self.last and self._skip:
            self._skip -= 1
            return False
        if moment != self.last and moment:
            self.last, self.count, self._skip = moment, 0, 0
        self.count += 1
        return True

    @property
    def since(self) -> str:
        """What to ask Podman for: it leaves out lines of the very moment that it is told."""
        moment = datetime.fromisoformat(self.last) - timedelta(microseconds=2)
        return moment.astimezone(UTC).isoformat()


def _comparable(when: str) -> str:
    """A time whose texts are in the order of times: with nine digits after the point.

    >>> _comparable("2026-11-26T18:27:18.86+01:00")
    '2026-11-26T18:27:18.860000000+01:00'
    """
    return _FRACTION.sub(lambda found: f".{found[1]:0<9}", when)


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
