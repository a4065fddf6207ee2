"""One at a time: advisory locks that die with their holder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from container_manager.errors import BuildError, Location, PreconditionError
from container_manager.places import MANAGER_DIR

WAIT_SECONDS = 30.0
"""How long one waits for another."""


def build_lock(
    build_dir: Path, wait: float = WAIT_SECONDS
) -> contextlib.AbstractContextManager[None]:
    """Hold the lock of a build directory; see :func:`hold`."""
    return hold(build_dir / MANAGER_DIR / "lock", "The build directory is being written", wait)


_SEE = "See to permissions and free space there."
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


@contextlib.contextmanager
def hold(path: Path, doing: str, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold a lock for the time of a block.

    Args:
        path: the lock's file; its folder is made where it is missing.
        doing: what the holder does, for the message: "The stack is being changed".
        wait: seconds to wait for another holder.

    Raises:
        BuildError: its folder cannot be made.
        PreconditionError: another process holds it for longer.
    """
    with _opened(path) as stream:
        deadline = time.monotonic() + wait
        while not _acquired(stream.fileno()):
            if time.monotonic() >= deadline:
                holder = stream.read().decode(errors="replace").strip() or "another process"
                raise PreconditionError(
                    f"{doing} by {holder}.",
                    where=Location(path),
                    remedy="Wait until it is done, or end it.",
                )
            time.sleep(0.1)
        with contextlib.suppress(OSError):  # a full disk: whoever waits is not told of whom
            stream.truncate(0)
            stream.write(f"{_self()}\n".encode())
        yield  # closing the file releases the lock


def _opened(path: Path) -> FileIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BuildError(
            f"The folder cannot be made: {reason}.",
            where=Location(path.parent),
            remedy=_SEE,
        ) from error
    try:
        return FileIO(os.open(path, _FLAGS, 0o666), "r+")
    except OSError as error:
        reason = error.strerror or str(error)
        raise BuildError(
            f"The lock cannot be made: {reason}.", where=Location(path), remedy=_SEE
        ) from error


def _self() -> str:
    """Who holds a lock, for whoever waits: the process, and the command that it carries out."""
    program, *words = Path(sys.argv[0]).name, *sys.argv[1:2]
    command = " ".join([program, *(word for word in words if word.isalpha())])
    shown = f" ({command})" if program and not program.startswith("-") else ""
    return f"process {os.getpid()}{shown}"


def _acquired(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
