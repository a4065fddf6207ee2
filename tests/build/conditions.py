"""What may differ from one process to another: its user, its clock, its file system."""

from __future__ import annotations

import locale
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

NOBODY = 65534


def set_umask(mask: int) -> Callable[[], object]:
    return lambda: os.umask(mask)


def be_somebody_else() -> None:
    """An unprivileged user, where we may become one."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    os.environ.update(HOME="/nonexistent", USER="nobody", LOGNAME="nobody", HOSTNAME="elsewhere")


def live_elsewhere() -> None:
    os.environ["TZ"] = "Pacific/Auckland"
    time.tzset()
    locale.setlocale(locale.LC_ALL, "C")


def live_later() -> None:
    """The clock is years ahead."""
    real, real_ns = time.time, time.time_ns
    time.time = lambda: real() + 1e8
    time.time_ns = lambda: real_ns() + 10**17


class Backwards(Iterator[Any]):
    """The entries of a folder, the last one first."""

    def __init__(self, entries: Iterable[Any]) -> None:
        self._left = list(entries)

    def __next__(self) -> Any:
        if not self._left:
            raise StopIteration
        return self._left.pop()

    def __enter__(self) -> Backwards:
        return self

    def __exit__(self, *_: object) -> None:
        self._left.clear()

    close = __exit__


def list_backwards() -> None:
    scandir, listdir = os.scandir, os.listdir
    os.scandir = lambda path=".": Backwards(scandir(path))  # type: ignore[assignment]
    os.listdir = lambda path=".": listdir(path)[::-1]  # type: ignore[assignment]


CONDITIONS: dict[str, Callable[[], object]] = {
    "umask 077": set_umask(0o077),
    "umask 002": set_umask(0o002),
    "umask 0": set_umask(0),
    "another user": be_somebody_else,
    "another time zone": live_elsewhere,
    "years later": live_later,
    "folders backwards": list_backwards,
}
