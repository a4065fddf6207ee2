"""Puts what was made where it belongs, in one step, and takes it back where it turns out wrong."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from container_manager.errors import PreconditionError


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """A block in which no other process makes something in a project.

    The folder itself is locked: no file is left behind, whatever happens.

    Raises:
        PreconditionError: another process is at it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PreconditionError(
                f"Another command is making something in {folder} right now.",
                remedy="Wait until it is done, and try again.",
            ) from error
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def placed(made: Path, destination: Path) -> Iterator[None]:
    """A block for which a folder stands in its place; if the block fails, nothing of it stays.

    Args:
        made: what is to be there; on whatever file system.
        destination: a path at which nothing is; folders above it are made.

    Raises:
        OSError: it cannot be put there; nothing of it is there then.
    """
    parents = _make_parents(destination)
    is_ours = False
    try:
        with tempfile.TemporaryDirectory(prefix=".new-", dir=destination.parent) as folder:
            staged = Path(folder) / destination.name
            shutil.copytree(made, staged, symlinks=True)
            _refuse_existing(destination)
            staged.rename(destination)
            is_ours = True
        yield
    except BaseException:
        if is_ours:
            shutil.rmtree(destination)
        for parent in reversed(parents):
            with contextlib.suppress(OSError):  # somebody put something there meanwhile
                parent.rmdir()
        raise


def _refuse_existing(destination: Path) -> None:
    """A rename would replace an empty folder."""
    if os.path.lexists(destination):
        raise FileExistsError(errno.EEXIST, "it is there already", str(destination))


def _make_parents(destination: Path) -> list[Path]:
    """Make the folders above a path; returns those that were missing, outermost first."""
    missing = [parent for parent in destination.parents if not parent.exists()]
    made: list[Path] = []
    try:
        for parent in reversed(missing):
            parent.mkdir()
            made.append(parent)
    except OSError:
        for parent in reversed(made):
            parent.rmdir()
        raise
    return made
