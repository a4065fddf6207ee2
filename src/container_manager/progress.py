"""What a long command says while it works, and what it must never say.

Verbs report through :class:`Progress`; the doors decide how it looks. Whatever comes from Podman, a
provider or a container goes through a :class:`Redactor` first.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TextIO

from container_manager.config.spellings import spellings
from container_manager.errors import Problem
from container_manager.fitting import told

_MIN_REDACTED = 4
"""Shorter secrets would turn every text into stars and so give themselves away."""

_REMIND_EVERY = 15.0
"""Seconds between two lines about what is still waited for."""


_SLOW = 1.0
"""Seconds after which people are told what is waited for."""


class Progress(Protocol):
    """Where a verb says what it does."""

    def step(self, text: str) -> None:
        """A stage begins, or a result is known: one line for everybody."""
        ...

    def detail(self, text: str) -> None:
        """A line for those who look closely: what a build prints, say."""
        ...

    def warn(self, problem: Problem) -> None:
        """Something a person should know and that stops nothing."""
        ...

    def waiting(self, reasons: Mapping[str, str]) -> None:
        """What is being waited for, again and again: a name -> what it has not done yet."""
        ...

    def idle(self) -> None:
        """Nothing goes on any more that is worth showing; a result may be printed now."""
        ...


@contextlib.contextmanager
def slowly(progress: Progress, text: str) -> Iterator[None]:
    """A block about which a line is said if it takes more than a second."""
    timer = threading.Timer(_SLOW, progress.step, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def progress_here() -> Progress:
    """The progress for the standard error of this process: live on a terminal, else lines."""
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        from container_manager.live import LiveProgress

        return LiveProgress()
    return PlainProgress()


class PlainProgress:
    """Lines on standard error.

    Args:
        verbose: whether details are shown.
        stream: where to; None takes standard error at the time of writing.
    """

    def __init__(self, *, verbose: bool = False, stream: TextIO | None = None) -> None:
        self._verbose = verbose
        self._stream = stream
        self._told: float | None = None

    def step(self, text: str) -> None:
        """See :meth:`Progress.step`."""
        self._write(text)

    def detail(self, text: str) -> None:
        """See :meth:`Progress.detail`."""
        if self._verbose:
            self._write(f"  {text}")

    def warn(self, problem: Problem) -> None:
        """See :meth:`Progress.warn`."""
        self._write(told(problem, self._stream or sys.stderr, before="Warning: "))

    def waiting(self, reasons: Mapping[str, str]) -> None:
        """See :meth:`Progress.waiting`; now and then a line, so that nobody thinks it hangs."""
        now = time.monotonic()
        if self._told is None:
            self._told = now
        if reasons and now - self._told >= _REMIND_EVERY:
            self._told = now
            self._write("Still waiting: " + "; ".join(f"{n}: {why}" for n, why in reasons.items()))

    def idle(self) -> None:
        """See :meth:`Progress.idle`."""
        self._told = None

    def _write(self, text: str) -> None:
        # Work that has begun goes on, even where nobody reads about it any more.
        with contextlib.suppress(BrokenPipeError):
            print(text, file=self._stream or sys.stderr, flush=True)


class Redactor:
    """Replaces every known secret value by stars.

    >>> Redactor(["hunter22", "abc"])("password hunter22, abc")
    'password ***, abc'

    Args:
        values: the secrets, or what finds them when something is to be shown: most commands show
            nothing of others.
    """

    def __init__(self, values: Iterable[str] | Callable[[], Iterable[str]] = ()) -> None:
        self._given = values

    @functools.cached_property
    def _values(self) -> list[str]:
        given = self._given() if callable(self._given) else self._given
        known = {value for value in given if len(value) >= _MIN_REDACTED}
        # Lines are shown one by one, so a secret of several lines is looked for line by line, too.
        lines = {line for value in known for line in value.splitlines()}
        known |= {line for line in lines if len(line) >= _MIN_REDACTED}
        known |= {spelling for value in known for spelling in spellings(value)}
        return sorted(known, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for value in self._values:
            text = text.replace(value, "***")
        return text
