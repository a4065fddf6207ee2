"""Runs a command in a forked child, and ends or hinders it at one of its changes of files.

Python tells an audit hook of every change before it makes it. The hook counts those below a folder
and strikes at one of them, so a test can go through all moments at which a process may die.
"""

from __future__ import annotations

import errno
import gc
import mmap
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

Command = Callable[[], object]
Strike = Callable[[str, str], None]
"""Is called with an audit event and the path that it is about."""

KILLED, DONE = "killed", "done"

SYNC = "container_manager.tests.sync"
"""Raised by tests that make a moment of a wait for the disk, which Python tells nobody."""

_PLACES = {
    "open": 0, "sqlite3.connect": 0, "os.truncate": 0, "os.chmod": 0, "os.utime": 0, "os.mkdir": 0,
    "os.remove": 0, "os.rmdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1,
    SYNC: 0,
}  # fmt: skip
"""Events that change files, and which of their arguments is the path that changes."""

_WITHOUT_FOLDER = ("open", "sqlite3.connect", "os.truncate", SYNC)
"""The last argument of all others may be the folder that a path is relative to."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_EMPTYING = os.O_CREAT | os.O_TRUNC


@dataclass
class Watch:
    """An audit hook that strikes at one change below a folder, and at all that follow.

    Attributes:
        folder: with symlinks resolved.
        number: of the first change to strike at, from 1 on.
        strike: what is done before that change.
        halves: whether a file that was opened, and into which nothing was written yet, counts as a
            moment of its own.
    """

    folder: Path
    number: int
    strike: Strike
    halves: bool = True
    _busy: bool = False
    _count: memoryview = field(
        default_factory=lambda: memoryview(mmap.mmap(-1, 8)).cast("q"), repr=False
    )

    @property
    def has_struck(self) -> bool:
        """Whether there were so many changes; the parent of the child may ask, too."""
        return self._count[0] >= self.number

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self._busy or event not in _PLACES:
            return
        if event == "open" and not (args[2] or 0) & _WRITING:
            return
        self._busy = True
        try:
            path = _changed_path(event, args)
            if path.startswith(f"{self.folder}/"):
                self._moment(event, path)
                if self.halves and event == "open" and args[2] & _EMPTYING:
                    self._half(path, args[2])
        finally:
            self._busy = False

    def _moment(self, event: str, path: str) -> None:
        self._count[0] += 1
        if self.has_struck:
            self.strike(event, path)

    def _half(self, path: str, flags: int) -> None:
        if self._count[0] + 1 == self.number:
            os.close(os.open(path, flags, 0o666))
        self._moment("open", path)


def _changed_path(event: str, args: tuple[Any, ...]) -> str:
    place = args[_PLACES[event]]
    if isinstance(place, int):
        return str(_opened(place))
    folder = -1 if event in _WITHOUT_FOLDER else args[-1]
    base = _opened(folder) if folder >= 0 else Path.cwd()
    return str(base / os.fsdecode(place))


def _opened(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink()


def kill(event: str, path: str) -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(event: str, path: str) -> None:
    """Act as a file system without room for one more name."""
    takes_room = event in ("os.mkdir", "os.link", "os.symlink", "os.rename")
    if takes_room or (event == "open" and not os.path.lexists(path)):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


def take_room(event: str, path: str) -> None:
    """From now on the kernel lets this process write no byte into any file; names have room."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def run_struck(command: Command, watch: Watch) -> str:
    """Run a command under a watch: ``killed``, ``done``, or the error it ended with."""
    child, told = _start(command, watch)
    return _end(child, told)


def run_killed_after(command: Command, seconds: float) -> str:
    """The same for a command that is killed some time after it has begun."""
    child, told = _start(command)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)  # it is not waited for yet, so the number is still its own
    return _end(child, told)


def run_apart(command: Command, before: Command | None = None) -> str:
    """The same for a command that nobody ends; ``before`` prepares its process."""

    def both() -> None:
        if before is not None:
            before()
        command()

    return _end(*_start(both))


def _start(command: Command, watch: Watch | None = None) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_child(command, watch, writing)
    os.close(writing)
    return child, reading


def _be_child(command: Command, watch: Watch | None, writing: int) -> NoReturn:
    gc.disable()
    told = DONE
    try:
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        if watch is not None:
            sys.addaudithook(watch)
        command()
    except BaseException as error:  # the parent judges it
        told = f"{type(error).__name__}: {error}"
    finally:
        os.write(writing, told.encode())
        os._exit(0)


def _end(child: int, reading: int) -> str:
    with open(reading, "rb") as stream:
        told = stream.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return KILLED
    return told
