"""A folder of this user in which all test runs meet: locks on ports, records of stacks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from pathlib import Path
from typing import IO

from container_manager.errors import Location, PreconditionError

_OTHERS = 0o077


def meeting_folder(name: str) -> Path:
    """A folder below the one that all test runs of this user know; nobody else may look into it.

    Args:
        name: the folder's name.

    Raises:
        PreconditionError: somebody else made the folder, or it is open to others.
    """
    outer = Path(tempfile.gettempdir()) / f"container-manager-tests-{os.geteuid()}"
    for folder in (outer, outer / name):
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        _refuse_foreign(folder)
    return outer / name


def _refuse_foreign(folder: Path) -> None:
    """Everybody may write where temporary files lie, and knows the folder's name."""
    found = folder.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not ours or found.st_mode & _OTHERS:
        raise PreconditionError(
            "Test runs meet in this folder, and it is not yours alone.",
            where=Location(folder),
            remedy="Remove it, or set TMPDIR to a folder of your own.",
        )


def open_lock(path: Path, *, wait: bool) -> IO[str] | None:
    """Hold the lock of a file until it is closed; its content stays, and no link is followed.

    Args:
        path: the file, made if it is missing.
        wait: whether to wait for another holder.

    Returns:
        The open file; None where another holds it.

    Raises:
        PreconditionError: it cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise PreconditionError(
            f"This file of test runs cannot be opened: {error.strerror}.",
            where=Location(path),
            remedy="Remove it.",
        ) from error
    file = os.fdopen(descriptor, "r+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        file.close()
        return None
    return file
