"""Signals while something must not be left half-done: the first one raises, later ones wait."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from container_manager.errors import InterruptedByUser


class Signals:
    """What has come, and whether it raises."""

    def __init__(self) -> None:
        self._held = self._late = False
        self._previous: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        """Take the signals that end a program; an ignored one (nohup, say) stays ignored."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            previous = signal.getsignal(number)
            if previous is not None and previous is not signal.SIG_IGN:
                self._previous[number] = previous
                signal.signal(number, self._handle)

    def hold_back(self) -> None:
        """From now on no signal raises: what was begun is being put right."""
        self._held = True

    def raise_late(self) -> None:
        """Raise what came meanwhile."""
        if self._late:
            raise KeyboardInterrupt

    def restore(self) -> None:
        """Give the signals back."""
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._held:
            self._late = True
            return
        self._held = True
        raise KeyboardInterrupt


@contextlib.contextmanager
def taken_signals() -> Iterator[Signals]:
    """A block in which Ctrl-C, SIGTERM and SIGHUP raise KeyboardInterrupt, once."""
    signals = Signals()
    signals.install()
    try:
        yield signals
    finally:
        signals.restore()


@contextlib.contextmanager
def interruptible(outcome: str) -> Iterator[None]:
    """A block, or a function, that those signals end in order: temporary folders go away.

    Args:
        outcome: what is to be said then.

    Raises:
        InterruptedByUser: it was ended.
    """
    try:
        with taken_signals():
            yield
    except KeyboardInterrupt as error:
        raise InterruptedByUser(f"Interrupted: {outcome}.") from error
