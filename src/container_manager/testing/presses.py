"""Ctrl-C and SIGTERM while stacks of tests are up: the first ends the run, none its removals."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

_SAME_PRESS = 10.0
"""Seconds after the first press in which further ones are its echo: pytest is on its way out.

A busy machine takes some to show where the first one came, before anything is removed."""


class Presses:
    """Takes both signals for as long as something is up; SIGTERM raises what Ctrl-C raises."""

    def __init__(self) -> None:
        self._previous: dict[signal.Signals, Any] = {}
        self._watchers = 0
        self._removing = 0
        self._first: float | None = None
        self._late = False

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """A block in which something is up; blocks may overlap."""
        self._watchers += 1
        if self._watchers == 1:
            self._install()
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._restore()

    @contextlib.contextmanager
    def held_off(self) -> Iterator[None]:
        """A block that nothing interrupts.

        Raises:
            KeyboardInterrupt: afterwards, if the first press of all came within the block.
        """
        with self.watched():
            self._removing += 1
            try:
                yield
            finally:
                self._removing -= 1
        if self._late and not self._removing:
            self._late = False
            raise KeyboardInterrupt

    def _install(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            previous = signal.getsignal(number)
            if previous is not None and previous is not signal.SIG_IGN:  # nohup: stays ignored
                self._previous[number] = previous
                signal.signal(number, self._handle)

    def _restore(self) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        self._previous.clear()

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        first = self._first is None
        echo = self._first is not None and now - self._first < _SAME_PRESS
        self._first = now if first else self._first
        if self._removing:
            self._late = self._late or first
        elif not echo:
            raise KeyboardInterrupt
