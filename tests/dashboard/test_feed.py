"""Who is looked for, and when: with an observer that needs no Podman."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from container_manager.dashboard.feed import Feed
from container_manager.errors import RuntimeFailure
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.status.model import Status
from container_manager.lifecycle.status.observing import Observer

LAB = Status(
    project="lab",
    config="/lab/config.yml",
    rows=(),
    missing=(),
    others=(),
    problems=(),
    drift_known=True,
    taken_at=0.0,
)
SOON = 20.0


class Observed:
    """An observer; what it answers can be changed."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.looks = 0
        self.open = 0
        self.failing: Exception | None = None

    def __enter__(self) -> Observed:
        self.open += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.open -= 1

    def look(self) -> Status:
        """One look."""
        self.looks += 1
        if self.failing is not None:
            raise self.failing
        return LAB


def call(*_: str, stop: threading.Event, **__: Any) -> None:
    """Podman's events: none ever comes."""
    stop.wait()


def hide(text: str) -> str:
    """A redactor."""
    return text.replace("secret", "***")


def feed_of(observed: Observed) -> Feed:
    """A feed that looks with this observer."""
    project = SimpleNamespace(name="lab", engine=SimpleNamespace(call=call), redact=hide)
    return Feed(cast("Project", project), lambda: cast("Observer", observed))


def until(observed: Observed, looks: int) -> None:
    """Wait for so many looks."""
    end = time.monotonic() + SOON
    while observed.looks < looks:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_nobody_looks_while_nobody_watches() -> None:
    observed = Observed()
    feed = feed_of(observed)
    assert (observed.looks, observed.open) == (0, 0)
    woken = threading.Event()
    with feed.viewer(woken.set) as one:
        assert woken.wait(SOON)
        assert one.take()[0] is LAB
        with feed.viewer(lambda: None) as other:  # a second one is told at once
            assert other.take()[0] is LAB
            assert observed.open == 1
    end = time.monotonic() + SOON
    while observed.open:
        assert time.monotonic() < end
        time.sleep(0.01)
    looks = observed.looks
    time.sleep(0.1)
    assert observed.looks == looks


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        (RuntimeFailure("Podman does not answer."), "Podman does not answer."),
        (
            KeyError("secret"),
            "Looking at the stack failed, and is tried again. KeyError: '***'",
        ),
    ],
    ids=["ours", "unforeseen"],
)
def test_what_goes_wrong_is_told_until_it_does_no_more(failing: Exception, told: str) -> None:
    observed = Observed()
    observed.failing = failing
    feed = feed_of(observed)
    with feed.viewer(lambda: None) as viewer:
        until(observed, 1)
        assert viewer.take()[0] is None
        until(observed, 2)
        assert feed.failure == told
        observed.failing = None
        until(observed, 4)
        assert feed.failure == ""
        assert viewer.take()[0] is LAB
    feed.close()


def test_an_observer_that_cannot_be_had_is_told_and_asked_for_again() -> None:
    observed, there = Observed(), threading.Event()

    def observe() -> Observer:
        if not there.is_set():
            raise RuntimeFailure("Podman is gone.")
        return cast("Observer", observed)

    project = SimpleNamespace(name="lab", engine=SimpleNamespace(call=call), redact=hide)
    feed = Feed(cast("Project", project), observe)
    with feed.viewer(lambda: None) as viewer:
        end = time.monotonic() + SOON
        while feed.failure != "Podman is gone.":
            assert time.monotonic() < end
            time.sleep(0.01)
        there.set()
        until(observed, 2)
        assert feed.failure == ""
        assert viewer.take()[0] is LAB
    feed.close()
