"""Ctrl-C while containers are attached: stop them, whatever else is pressed meanwhile."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from container_manager.errors import InterruptedByUser, RuntimeFailure
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.stopping import stop
from container_manager.podman.state import ContainerState

_SAME_PRESS = 0.3
"""Seconds after the first press in which further ones are its echo: a held or bouncing key."""

_LOOK_EVERY = 0.25
_GENTLE_ROUNDS = 3
_LOOKS = 60
_RELEASED = 0.15
_RELEASE_LOOKS = 10


class _Presses:
    """Takes SIGINT and SIGTERM; only the first one raises, so that no later one breaks the stop."""

    def __init__(self) -> None:
        self.again = threading.Event()
        self._first: float | None = None
        self._last = 0.0
        self._previous: dict[signal.Signals, Any] = {}

    @property
    def pressed(self) -> bool:
        """Whether anything has arrived."""
        return self._first is not None

    def install(self) -> None:
        """Take the signals, where they can be taken; an ignored one (nohup, say) stays ignored."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            previous = signal.getsignal(number)
            if previous is not None and previous is not signal.SIG_IGN:
                self._previous[number] = previous
                signal.signal(number, self._handle)

    def restore(self) -> None:
        """Give the signals back, after a held key was let go."""
        for _ in range(_RELEASE_LOOKS):
            if time.monotonic() - self._last >= _RELEASED:
                break
            time.sleep(_RELEASED)
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    def note(self) -> bool:
        """Remember a press; whether it was the first."""
        self._last = time.monotonic()
        if self._first is None:
            self._first = self._last
            return True
        if self._last - self._first > _SAME_PRESS:
            self.again.set()
        return False

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.note():
            raise KeyboardInterrupt


@contextlib.contextmanager
def stops_on_interrupt(project: Project) -> Iterator[None]:
    """Ctrl-C, or SIGTERM, within the block stops the containers; a second one kills them.

    Raises:
        InterruptedByUser: the containers are stopped and kept.
        RuntimeFailure: some run even so.
    """
    presses = _Presses()
    try:
        presses.install()
        try:
            yield
        except BaseException as error:
            # Cleaning up after the first press may fail in its own way; it is still Ctrl-C.
            if not isinstance(error, KeyboardInterrupt) and not presses.pressed:
                raise
        else:
            if not presses.pressed:
                return
        if not presses.pressed:
            presses.note()  # raised by somebody else's handler: from now on no press raises
        _stop_all(project, presses)
        raise InterruptedByUser(
            "Interrupted: the containers are stopped and kept.",
            remedy="'up' starts them again, 'down' removes them.",
        ) from None
    finally:
        presses.restore()


def _stop_all(project: Project, presses: _Presses) -> None:
    project.progress.step("\nStopping; Ctrl-C again kills.")
    identity = project.identity(create=False)

    def running() -> list[ContainerState]:
        return [one for one in project.containers() if one.running and identity.owns(one.labels)]

    left = _end(project, presses, running)
    if left:
        names = " ".join(one.name for one in left)
        raise RuntimeFailure(
            f"Interrupted, but these still run: {names}.", remedy=f"Try 'podman kill {names}'."
        )


def _end(
    project: Project, presses: _Presses, running: Callable[[], list[ContainerState]]
) -> list[ContainerState]:
    """End what runs, until two looks in a row find nothing; what runs even so.

    One look is not enough: a container whose start was under way may come up after it.
    """
    idle = 0
    gentle = _GENTLE_ROUNDS
    left: list[ContainerState] = []
    for _ in range(_LOOKS):
        left = running()
        idle = 0 if left else idle + 1
        if idle > 1:
            break
        if left and gentle and not presses.again.is_set():
            gentle -= 1
            with contextlib.suppress(RuntimeFailure):  # the next round looks what has become of it
                stop(project, left, abandon=presses.again)
        elif left:
            project.progress.step("Killing " + ", ".join(one.service or one.name for one in left))
            project.engine.kill([one.id for one in left])
        time.sleep(_LOOK_EVERY)
    return left
