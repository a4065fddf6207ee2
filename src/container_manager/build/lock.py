"""One build at a time: an advisory lock that dies with its holder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from container_manager.build.guards import MANAGER_DIR
from container_manager.errors import BuildError, Location, PreconditionError

WAIT_SECONDS = 30.0
"""How long a build waits for another one."""


@contextlib.contextmanager
def build_lock(build_dir: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock of a build directory.

    Raises:
        BuildError: the build directory cannot be made.
        PreconditionError: another process holds it for longer than ``wait`` seconds.
    """
    folder = build_dir / MANAGER_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(
            f"The build directory cannot be made: {error.strerror}.", where=Location(build_dir)
        ) from error
    path = folder / "lock"
    with path.open("a+", encoding="utf-8") as stream:
        deadline = time.monotonic() + wait
        while not _acquired(stream.fileno()):
            if time.monotonic() >= deadline:
                stream.seek(0)
                holder = stream.read().strip() or "another process"
                raise PreconditionError(
                    f"The build directory is being written by {holder}.",
                    where=Location(path),
                    remedy="Wait until it is done, or end it.",
                )
            time.sleep(0.1)
        stream.truncate(0)
        stream.write(f"process {os.getpid()}\n")
        stream.flush()
        yield  # closing the file releases the lock


def _acquired(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
