"""Ends a child process with SIGKILL: at its N-th change of the file system, or at some moment."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHANGES = frozenset(
    {
        *("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod"),
        *("os.truncate", "os.utime", "sqlite3.connect"),
    }
)
"""Audit events of Python that stand for a change; ``open`` is one when it is for writing."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def killed_at(number: int, root: Path, action: Callable[[], object]) -> str | None:
    """Run an action in a child that is killed just before its ``number``-th change below a folder.

    Returns:
        The change that did not happen; None where the child came to its end before.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _die_at(number, root, writer)
        _end(action)
    os.close(writer)
    with os.fdopen(reader) as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return told
    assert os.WEXITSTATUS(status) == 0, "the action failed"
    return None


def killed_after(seconds: float, action: Callable[[], object]) -> bool:
    """Run an action in a child that is killed after a time; says whether it was in time."""
    child = os.fork()
    if child == 0:
        _end(action)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)  # a child that has ended waits for us
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _end(action: Callable[[], object]) -> None:
    """Carry the action out and end, without any of the parent's own clearing up."""
    code = 3
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        action()
        code = 0
    finally:
        os._exit(code)


def _die_at(number: int, root: Path, writer: int) -> None:
    count = 0

    def watch(event: str, args: tuple[Any, ...]) -> None:
        nonlocal count
        if not _changes(event, args, str(root)):
            return
        count += 1
        if count == number:
            os.write(writer, f"{event} {args[0]}".encode(errors="replace"))
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def _changes(event: str, args: tuple[Any, ...], root: str) -> bool:
    if event == "open":
        path, mode, flags = args
        writes = bool(flags & _WRITING) or any(letter in (mode or "") for letter in "wax+")
        return writes and isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(root)
    if event not in CHANGES:
        return False
    path = args[1] if event == "os.symlink" else args[0]
    # What is opened is a number: only files of the build are.
    return isinstance(path, int) or str(path).startswith(root)
