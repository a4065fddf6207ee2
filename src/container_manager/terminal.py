"""Hands our own standard streams to a process: what people work in, a shell in a container say.

It stands beside :mod:`run`, which collects what a process says; here nothing is collected, and
there is no deadline.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from container_manager.errors import RuntimeFailure

_TAKEN = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_BY_SIGNAL = 128


def is_terminal() -> bool:
    """Whether somebody types and reads: standard input and output are terminals."""
    return _isatty(0) and _isatty(1)


def hand_over(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    interactive: bool,
    on_signal: Callable[[signal.Signals], bool],
) -> int:
    """Run ``argv`` on our standard streams, to its end.

    Signals that end programs do not end us meanwhile: what they mean is the caller's to decide.

    Args:
        argv: program and arguments; never a secret.
        env: its whole environment.
        interactive: whether it takes the terminal, where keys (Ctrl-C, too) are its own; otherwise
            it runs in a session apart, so that keys reach us alone.
        on_signal: called for each signal that we get; where it returns False, the process gets it.

    Returns:
        Its exit code; 128 and the signal's number, where one ended it.

    Raises:
        RuntimeFailure: it could not be started.
    """
    events: queue.SimpleQueue[signal.Signals | None] = queue.SimpleQueue()
    sys.stdout.flush()
    with _signals_to(events), _terminal_restored():
        try:
            process = subprocess.Popen(list(argv), env=dict(env), start_new_session=not interactive)
        except OSError as error:
            raise RuntimeFailure(
                f"'{argv[0]}' could not be started: {error.strerror or error}",
                remedy="See that it is installed, and found on PATH.",
            ) from error

        def wait() -> None:
            process.wait()
            events.put(None)

        threading.Thread(target=wait, name="wait", daemon=True).start()
        while (number := events.get()) is not None:
            if not on_signal(number):
                process.send_signal(number)
    code = process.returncode
    return code if code >= 0 else _BY_SIGNAL - code


@contextlib.contextmanager
def _signals_to(events: queue.SimpleQueue[signal.Signals | None]) -> Iterator[None]:
    """Within the block, signals become events; ignored ones (nohup, say) stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous: dict[signal.Signals, Any] = {}
    for number in _TAKEN:
        before = signal.getsignal(number)
        if before is not None and before is not signal.SIG_IGN:
            previous[number] = before
            signal.signal(number, lambda arrived, _: events.put(signal.Signals(arrived)))
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _terminal_restored() -> Iterator[None]:
    """Give the terminal back as it was: a process that is killed leaves it as it liked it."""
    if not _isatty(0):
        yield
        return
    import termios

    before = termios.tcgetattr(0)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            # In the background this would stop us; then the terminal is somebody else's anyway.
            if os.tcgetpgrp(0) == os.getpgrp():
                termios.tcsetattr(0, termios.TCSANOW, before)


def _isatty(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False
