"""What containers say, gathered while they come, restart and go: nothing is lost or told twice.

Podman ends following a log when its container ends, and may then leave out the last lines
(https://github.com/containers/podman/issues/21914). So it is asked once more then, for what came
after the last line: one moment holds many lines, since they are stamped by what was read at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from container_manager.errors import Problem, RuntimeFailure
from container_manager.lifecycle.daily.stamps import Piece, just_before, nanoseconds, pieces
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState

_AGAIN_AFTER = 0.3
_AFTER_FAILURE = 2.0
_LAST_WORDS = 2.0


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


def no_logs(container: ContainerState, why: str) -> Problem:
    """That Podman does not give the logs of a container, in words that are clearly not its own."""
    return Problem(message=f"Podman does not give the logs of {container.name}: {why}")


class LogGatherer:
    """Follows the logs of containers, each in a thread.

    Args:
        project: whose; its secrets are taken out.
        on_line: called with each line, from several threads; BrokenPipeError from it ends all.
        since: from when on, as ``podman logs --since`` takes it, or what says so of a container;
            empty for all that there is.
        tail: how many of the lines before now of each container, at most; None for all of them.

    Of containers that come later, all is told.
    """

    def __init__(
        self,
        project: Project,
        on_line: Callable[[LogLine], None],
        *,
        since: str | Callable[[ContainerState], str] = "",
        tail: int | None = None,
    ) -> None:
        self._project = project
        self._on_line = on_line
        self._since = since if callable(since) else lambda _: since
        self._tail = tail
        self._ended = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._places: dict[str, _Place] = {}

    @property
    def ended(self) -> bool:
        """Whether it was told to end, or nobody takes lines any more."""
        return self._ended.is_set()

    def keep_up(self, containers: Iterable[ContainerState]) -> None:
        """Follow those of these containers that are not followed: new ones, and restarted ones.

        A container that does not run is asked once for what it has said, and again whenever it has
        run since.
        """
        first = not self._threads
        for one in containers:
            thread, place = self._threads.get(one.id), self._places.get(one.id)
            if place is None:
                since, tail = (self._since(one), self._tail) if first else ("", None)
                place = self._places[one.id] = _Place(since=since, tail=tail)
            if thread is not None and (thread.is_alive() or place.knows(one)):
                continue
            self._threads[one.id] = thread = threading.Thread(
                target=self._follow, args=(one, place), name=f"log-{one.service}", daemon=True
            )
            thread.start()

    def close(self, wait: float = _LAST_WORDS) -> None:
        """End it, at once; ``wait`` is how many seconds each thread may take for that."""
        self._ended.set()
        for thread in self._threads.values():
            thread.join(timeout=wait)

    def finish(self, wait: float = _LAST_WORDS) -> None:
        """End it when all containers have ended and their last words are told."""
        for thread in self._threads.values():
            thread.join(timeout=wait)
        self.close()

    def _follow(self, container: ContainerState, place: _Place) -> None:
        state: ContainerState | None = container
        while not self._ended.is_set():
            failed = ""
            if state is not None and state.running:
                failed = self._ask(container, place, follow=True)
                if self._ended.is_set():
                    return
                with contextlib.suppress(RuntimeFailure):
                    state = next(iter(self._project.engine.inspect([container.id])), None)
            failed = self._ask(container, place, follow=False) or failed
            if failed and state is not None and failed != place.failed:
                place.failed = failed
                self._say(container, "", str(no_logs(container, failed)))
            if state is None or not state.running:
                place.told(state)
                return
            self._ended.wait(_AFTER_FAILURE if failed else _AGAIN_AFTER)

    def _ask(self, container: ContainerState, place: _Place, *, follow: bool) -> str:
        """Ask Podman for what is new; why it says nothing, if so."""
        words: list[str] = []

        def hand_on(line: str) -> None:
            if self._ended.is_set():
                return
            found = pieces(line)
            if not found[0][0]:
                words.append(line)  # Podman itself speaks
            elif (new := place.new(found)) is not None:
                self._say(container, *new)

        place.asked()
        try:
            finished = self._project.engine.log(
                container.id,
                follow=follow,
                since=place.since,
                tail=place.tail,
                on_line=hand_on,
                stop=self._ended,
            )
        except RuntimeFailure as error:
            return str(error)
        return "" if finished.ok else "\n".join(words)

    def _say(self, container: ContainerState, when: str, text: str) -> None:
        line = LogLine(
            service=container.service,
            container=container.name,
            when=when,
            text=self._project.redact(text),
        )
        try:
            self._on_line(line)
        except BrokenPipeError:
            self._ended.set()


@dataclass(slots=True)
class _Place:
    """How far a log was handed on: the time of the last piece, and how many pieces had it.

    Attributes:
        since: from when on Podman is asked.
        tail: how many lines Podman is asked for.
        failed: why Podman could not say anything, as it was told last.
    """

    since: str
    tail: int | None
    failed: str = ""
    _begun: int = 0
    _last: int = 0
    _count: int = 0
    _skip: int | None = None
    _seen: ContainerState | None = None

    def asked(self) -> None:
        """Podman is asked, for the first time or again: then known pieces come first."""
        if self._last or self._begun:
            self.since, self.tail = just_before(self._last or self._begun), None
            self._skip = self._count if self._last else None
        else:
            self._begun = time.time_ns()

    def told(self, state: ContainerState | None) -> None:
        """All is told of a container that does not run; None: it is gone."""
        self._seen = state

    def knows(self, state: ContainerState) -> bool:
        """Whether a container has not run since all was told."""
        return (
            self._seen is not None
            and not state.running
            and state.finished_at == self._seen.finished_at
        )

    def new(self, line: list[Piece]) -> Piece | None:
        """What of a line was not handed on yet; None: all was. It counts as handed on now."""
        fresh = [piece for piece in line if self._is_new(piece[0])]
        text = "".join(text for _, text in fresh)
        if not fresh or (len(fresh) < len(line) and not text):  # it had no end, and has one now
            return None
        return fresh[0][0], text

    def _is_new(self, when: str) -> bool:
        moment = nanoseconds(when)
        if not moment:
            return True
        if self._skip is not None:
            if moment < self._last:
                return False
            if moment == self._last and self._skip:
                self._skip -= 1
                return False
            self._skip = None
        if moment == self._last:
            self._count += 1
        else:
            self._last, self._count = moment, 1
        return True
