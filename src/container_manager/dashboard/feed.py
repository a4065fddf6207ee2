"""Looks at the stack while somebody watches, and hands what is new to all who do.

Without a viewer nothing is asked. While there is one, Podman's events say when to look; it is
looked at each second in any case, since not all that happens is an event.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from container_manager.errors import ManagerError
from container_manager.identity import COMPOSE_PROJECT
from container_manager.lifecycle.daily.gathering import LogGatherer, LogLine
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.status.model import Status
from container_manager.lifecycle.status.observing import Observer

_EVERY = 1.0
_LAST_LOOK = 10.0
_LEAST = 0.4
"""Seconds between two looks, however much happens."""

_EVENTS = ("create", "start", "died", "stop", "pause", "unpause", "remove", "health_status")
"""What changes a status; each command that is run in a container is an event, too."""

TAIL = 200
"""Lines of each container that were said before somebody watched."""

HELD = 2000
"""Lines that are held for a viewer who is too slow; older ones are dropped, and counted."""


@dataclass(slots=True)
class Viewer:
    """Somebody who watches: what is new for them since they took it last.

    Attributes:
        status: the newest status; None where they have it.
        lines: log lines.
        dropped: how many lines were dropped.
        wake: called when something is new, from any thread.
    """

    wake: Callable[[], None]
    status: Status | None = None
    lines: deque[LogLine] = field(default_factory=deque)
    dropped: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def offer(self, status: Status) -> None:
        """Tell of a newer status."""
        self.status = status
        self.wake()

    def say(self, line: LogLine) -> None:
        """Tell of a line."""
        with self._lock:
            self.lines.append(line)
            if len(self.lines) > HELD:
                self.lines.popleft()
                self.dropped += 1
        self.wake()

    def take(self) -> tuple[Status | None, list[LogLine], int]:
        """What is new: a status, lines, and how many lines were dropped before these."""
        with self._lock:
            status, self.status = self.status, None
            lines, self.lines = list(self.lines), deque()
            dropped, self.dropped = self.dropped, 0
        return status, lines, dropped


class Feed:
    """Looks at a stack for all who watch.

    Args:
        project: whose stack.
        observe: makes an observer; one is used from the first viewer to the last.
    """

    def __init__(self, project: Project, observe: Callable[[], Observer]) -> None:
        self._project = project
        self._observe = observe
        self._viewers: list[Viewer] = []
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._quit = threading.Event()
        self._thread: threading.Thread | None = None
        self._started: list[threading.Thread] = []
        self._recent: deque[LogLine] = deque(maxlen=HELD)
        self._last: Status | None = None
        self.failure = ""

    @contextlib.contextmanager
    def viewer(self, wake: Callable[[], None]) -> Iterator[Viewer]:
        """Somebody watches for the time of a block.

        Args:
            wake: called when something is new, from any thread.
        """
        one = Viewer(wake=wake)
        with self._lock:
            if self._last is not None and self._thread is not None:
                one.status = self._last
                one.lines.extend(self._recent)
            self._viewers.append(one)
            if self._thread is None:
                self._quit = threading.Event()
                self._recent.clear()
                self._thread = self._start(self._look_on)
                self._start(self._listen)
        try:
            yield one
        finally:
            with self._lock:
                self._viewers.remove(one)
                if not self._viewers:
                    self._quit.set()
                    self._changed.set()
                    self._thread = None

    def close(self) -> None:
        """End looking, and what Podman was started for: it would go on without us."""
        self._quit.set()
        self._changed.set()
        for thread in self._started:
            thread.join(timeout=_LAST_LOOK)

    def _start(self, work: Callable[[threading.Event], None]) -> threading.Thread:
        thread = threading.Thread(target=work, args=(self._quit,), name="feed", daemon=True)
        self._started = [one for one in self._started if one.is_alive()]
        self._started.append(thread)
        thread.start()
        return thread

    def _look_on(self, ended: threading.Event) -> None:
        """Look until nobody watches; what is still said afterwards is nobody's."""

        def said(line: LogLine) -> None:
            if not ended.is_set():
                self._said(line)

        gatherer = LogGatherer(self._project, said, tail=TAIL)
        try:
            while not ended.is_set():
                with self._failure_told(), self._observe() as observer:
                    self._look_with(observer, gatherer, ended)
                ended.wait(_EVERY)
        finally:
            gatherer.close()

    def _look_with(self, observer: Observer, gatherer: LogGatherer, ended: threading.Event) -> None:
        while not ended.is_set():
            began = time.monotonic()
            self._changed.clear()
            with self._failure_told():
                self._look(observer, gatherer)
            ended.wait(max(_LEAST - (time.monotonic() - began), 0.0))
            self._changed.wait(max(_EVERY - (time.monotonic() - began), 0.0))

    def _look(self, observer: Observer, gatherer: LogGatherer) -> None:
        status = observer.look()
        gatherer.keep_up(observer.seen)
        self.failure = ""
        with self._lock:
            self._last = status
            for one in self._viewers:
                one.offer(status)

    @contextlib.contextmanager
    def _failure_told(self) -> Iterator[None]:
        """Within the block, whatever goes wrong is told, also what nobody thought of.

        Who watches would else take an old picture for a live one.
        """
        try:
            yield
        except ManagerError as error:
            self.failure = str(error)
        except Exception as error:
            told = self._project.redact(f"{type(error).__name__}: {error}")
            self.failure = f"Looking at the stack failed, and is tried again. {told}"

    def _said(self, line: LogLine) -> None:
        with self._lock:
            self._recent.append(line)
            for one in self._viewers:
                one.say(line)

    def _listen(self, ended: threading.Event) -> None:
        """Look at once when Podman says that something happens to one of the containers."""
        label = f"--filter=label={COMPOSE_PROJECT}={self._project.name}"
        kinds = [f"--filter=event={one}" for one in _EVENTS]

        def happened(_: Any) -> None:
            self._changed.set()

        while not ended.is_set():
            with contextlib.suppress(Exception):  # it is looked at each second in any case
                self._project.engine.call(
                    *("events", "--format=json", "--filter=type=container", label, *kinds),
                    on_line=happened, stop=ended, timeout=float("inf"),
                )  # fmt: skip
            ended.wait(_EVERY)
