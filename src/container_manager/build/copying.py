"""Copies files with the kernel's help, and makes what was written durable."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

from container_manager.inputs import Stamp, stamp_of

_AT_ONCE = 1 << 30
"""Bytes that the kernel is asked to copy in one call."""

_NOT_HERE = frozenset({errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM})
"""What systems and file systems say that cannot copy inside the kernel: see copy_file_range(2)."""


def copy_file(source: str, target: str, mode: int) -> Stamp:
    """Copy a regular file; where the file system shares blocks, it shares them.

    Args:
        source: what is copied; symlinks in its place are followed.
        target: a path where nothing is.
        mode: permission bits of the copy.

    Returns:
        The stamp of the source, which was the same before and after.

    Raises:
        OSError: one cannot be read or the other not written, or the source changes meanwhile.
    """
    reader = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = os.fstat(reader)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "it is no file any more", source)
        writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _copy_content(reader, writer, before.st_size)
            os.fchmod(writer, mode)
        finally:
            os.close(writer)
        after = stamp_of(os.fstat(reader))
    finally:
        os.close(reader)
    return after if after == stamp_of(before) else (-1, 0, 0, 0, 0)


def _copy_content(reader: int, writer: int, size: int) -> None:
    copied = 0
    if hasattr(os, "copy_file_range"):
        try:
            while count := os.copy_file_range(reader, writer, min(_AT_ONCE, size - copied)):
                copied += count
                if copied >= size:
                    return
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
    # What is left, and all of it where the kernel cannot: files of /proc and some network mounts.
    with open(reader, "rb", closefd=False) as source, open(writer, "wb", closefd=False) as copy:
        shutil.copyfileobj(source, copy, 1 << 20)


def sync_file_system(path: Path) -> None:
    """Make everything that was written to the file system of ``path`` durable, in one call.

    Raises:
        OSError: something could not be written. Linux tells it since 5.8, see syncfs(2); where
            there is no such call, nobody does.
    """
    try:
        import ctypes  # only where something was written

        syncfs = ctypes.CDLL(None, use_errno=True).syncfs
    except (ImportError, AttributeError, OSError):
        os.sync()  # not Linux
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if syncfs(descriptor) != 0:
            _fail_or_sync_all(ctypes.get_errno(), path)
    finally:
        os.close(descriptor)


def _fail_or_sync_all(number: int, path: Path) -> None:
    """What to do of a call that was refused: some sandboxes know no such call."""
    if number not in _NOT_HERE:
        raise OSError(number, os.strerror(number), str(path))
    os.sync()


def sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, durable.

    Raises:
        OSError: the disk refuses. It is none that a network mount knows no such thing of folders.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
    finally:
        os.close(descriptor)
