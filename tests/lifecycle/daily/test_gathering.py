"""Logs are gathered over restarts: no line is lost, and none is told twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.lifecycle.containers import container

from container_manager.errors import RuntimeFailure
from container_manager.lifecycle.daily.gathering import LogGatherer, LogLine
from container_manager.lifecycle.daily.stamps import nanoseconds
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState
from container_manager.run import Finished

DEADLINE = 30.0


def stamp(moment: int) -> str:
    """A time as Podman says it: microseconds after noon."""
    return f"2026-11-26T12:00:00.{moment * 1000 + 1:09}Z"


class Box:
    """Podman with one container, whose log is a list of lines.

    Following shows some lines less than there are when the container has ended, as Podman may do.
    """

    def __init__(self, *, forgets: int = 0) -> None:
        self.lines: list[str] = []
        self.state = replace(container("web"), status="running", started_at=1.0, finished_at=None)
        self.asked: list[tuple[str, int | None]] = []
        self.forgets = forgets
        self.gone = self.broken = False
        self.changed = threading.Condition()

    def say(self, moment: int, text: str) -> None:
        with self.changed:
            self.lines.append(f"{stamp(moment)} {text}")
            self.changed.notify_all()

    def end(self, at: float) -> None:
        with self.changed:
            self.state = replace(self.state, status="exited", finished_at=at)
            self.changed.notify_all()

    def start(self) -> None:
        with self.changed:
            self.state = replace(self.state, status="running")

    def inspect(self, _: list[str]) -> list[ContainerState]:
        return [] if self.gone else [self.state]

    def log(
        self,
        _: str,
        *,
        on_line: Callable[[str], None],
        stop: threading.Event,
        follow: bool,
        since: str,
        tail: int | None,
    ) -> Finished:
        self.asked.append((since, tail))
        if self.broken:
            raise RuntimeFailure("Podman does not answer.")
        if self.gone:
            on_line("Error: no such container")
            return Finished(argv=(), returncode=125, stdout="", stderr="")
        shown = 0 if tail is None else max(len(self.lines) - tail, 0)
        while True:
            with self.changed:
                lines, running = self.lines[shown:], self.state.running
                if not running and follow and self.forgets:
                    lines = lines[: -self.forgets]
            for line in lines:
                if not since or nanoseconds(line.split()[0]) > nanoseconds(since):
                    on_line(line)
            shown += len(lines)
            if not follow or not running or stop.is_set():
                return Finished(argv=(), returncode=0, stdout="", stderr="")
            with self.changed:
                if self.state.running and len(self.lines) == shown:
                    self.changed.wait(0.05)


class Told:
    """What was gathered."""

    def __init__(self, box: Box, **options: Any) -> None:
        self.box = box
        self.lines: list[LogLine] = []
        project = SimpleNamespace(engine=box, redact=lambda text: text.replace("secret", "***"))
        self.gatherer = LogGatherer(cast(Project, project), self.lines.append, **options)

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.lines]

    def keep_up(self) -> None:
        self.gatherer.keep_up(self.box.inspect([]))

    def until(self, *texts: str) -> None:
        """Wait for what is told; the stack is looked at meanwhile."""
        end = time.monotonic() + DEADLINE
        while self.texts != list(texts):
            assert time.monotonic() < end, self.texts
            self.keep_up()
            time.sleep(0.01)


@pytest.mark.parametrize("forgets", [0, 1, 3])
def test_over_restarts_no_line_is_lost_or_told_twice(forgets: int) -> None:
    box = Box(forgets=forgets)
    told = Told(box)
    for text in ("a", "b", "c"):
        box.say(1, text)  # at one moment
    told.until("a", "b", "c")
    box.say(1, "d")
    box.say(2, "e")
    box.end(at=2.0)
    told.until("a", "b", "c", "d", "e")
    box.start()
    box.say(3, "f")
    told.until("a", "b", "c", "d", "e", "f")
    told.gatherer.close()


def test_a_container_that_ran_between_two_looks_is_asked_again() -> None:
    box = Box()
    box.say(1, "a")
    box.end(at=1.0)
    told = Told(box)
    told.until("a")
    box.say(2, "b")
    box.end(at=2.0)
    told.until("a", "b")
    asked = len(box.asked)
    for _ in range(5):
        told.keep_up()
        told.gatherer.finish()
    assert len(box.asked) <= asked + 1


def test_nothing_runs_and_nothing_is_asked() -> None:
    box = Box()
    box.end(at=1.0)
    told = Told(box)
    told.keep_up()
    end = time.monotonic() + DEADLINE
    while not box.asked and time.monotonic() < end:
        time.sleep(0.01)
    next(iter(told.gatherer._threads.values())).join(DEADLINE)
    told.keep_up()
    assert len(box.asked) == 1


def test_a_line_that_was_not_ended_goes_on_in_the_next_run() -> None:
    box = Box()
    told = Told(box)
    box.say(1, "unended")
    told.until("unended")
    box.end(at=1.0)
    next(iter(told.gatherer._threads.values())).join(DEADLINE)
    # Podman has written no end of line, and writes the next run's first line behind it.
    box.lines[-1] += f"{stamp(2)} begins"
    box.start()
    told.until("unended", "begins")
    told.gatherer.close()


def test_tail_is_about_the_past_alone() -> None:
    box = Box()
    box.say(1, "old")
    told = Told(box, tail=0, since="10m")
    told.keep_up()
    end = time.monotonic() + DEADLINE
    while not box.asked and time.monotonic() < end:
        time.sleep(0.01)
    assert box.asked == [("10m", 0)]
    box.end(at=1.0)
    next(iter(told.gatherer._threads.values())).join(DEADLINE)
    since, tail = box.asked[1]
    assert (since[:2], tail) == ("20", None)
    other = replace(box.state, id="another", name="web2")
    told.gatherer.keep_up([other])
    told.gatherer.finish()
    assert ("", None) in box.asked


def test_secrets_are_taken_out_and_podmans_own_words_are_left_out() -> None:
    box = Box()
    told = Told(box)
    box.say(1, "my secret")
    told.until("my ***")
    box.gone = True
    box.end(at=1.0)
    told.gatherer.finish()
    assert told.texts == ["my ***"]
    assert told.lines[0].when == stamp(1)


def test_that_podman_cannot_answer_is_said_once() -> None:
    box = Box()
    box.broken = True
    told = Told(box)
    said = f"Podman does not give the logs of {box.state.name}: Podman does not answer."
    told.until(said)
    told.gatherer.close()
    assert told.texts == [said]


def test_where_nobody_reads_it_ends() -> None:
    box = Box()

    def closed(_: LogLine) -> None:
        raise BrokenPipeError

    project = SimpleNamespace(engine=box, redact=str)
    gatherer = LogGatherer(cast(Project, project), closed)
    box.say(1, "a")
    gatherer.keep_up([box.state])
    end = time.monotonic() + DEADLINE
    while not gatherer.ended and time.monotonic() < end:
        time.sleep(0.01)
    assert gatherer.ended
    gatherer.close()
