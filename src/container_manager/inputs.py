"""What a command looked at: noted while it works, so that the next one can tell what has changed.

Whoever asks the file system or the environment something that a result depends on notes it here.
Nothing is noted outside of :func:`noting`, and nothing is noted of what is only written.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

Stamp = tuple[int, int, int, int, int]
"""Size, times of the last change of content and of anything (ns), inode, mode: of one lstat."""


def stamp_of(info: os.stat_result) -> Stamp:
    """What tells a file, folder or link apart from what it was before."""
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_mode


def look(path: str) -> Stamp | None:
    """The stamp of what is at ``path`` itself, links not followed; None where nothing can be."""
    try:
        return stamp_of(os.lstat(path))
    except (OSError, ValueError):
        return None


@dataclass(slots=True)
class Inputs:
    """What was looked at.

    Attributes:
        stamps: absolute path -> its stamp before it was read; None where nothing was there.
        variables: environment variable -> its value; None where it was not set.
    """

    stamps: dict[str, Stamp | None] = field(default_factory=dict)
    variables: dict[str, str | None] = field(default_factory=dict)


UNSETTLED: Stamp = (0, 0, 0, 0, 0)
"""The stamp of what changed while it was looked at: no file has it."""

THIS_HOST = "=host"
"""How the name of this host is noted, among the variables; no variable can have this name."""

_current: ContextVar[Inputs | None] = ContextVar("container_manager_inputs", default=None)
_overall: ContextVar[Inputs | None] = ContextVar("container_manager_all_inputs", default=None)


@contextlib.contextmanager
def noting() -> Iterator[Inputs]:
    """A block in which all that is looked at is noted, in what it gives."""
    inputs = Inputs()
    token = _current.set(inputs)
    try:
        yield inputs
    finally:
        _current.reset(token)
        overall = _overall.get()
        if overall is not None:
            for path, stamp in inputs.stamps.items():
                if overall.stamps.setdefault(path, stamp) != stamp:
                    overall.stamps[path] = UNSETTLED
            overall.variables.update(inputs.variables)


@contextlib.contextmanager
def noting_overall() -> Iterator[Inputs]:
    """The same, with all that is noted in further such blocks within, as they end."""
    overall = Inputs()
    token = _overall.set(overall)
    try:
        with noting():
            yield overall
    finally:
        _overall.reset(token)


def note(path: str | os.PathLike[str], seen: Stamp | None = None) -> None:
    """Note that a result depends on what is at ``path``, and on what a link there leads to.

    Args:
        path: absolute; call this before it is read.
        seen: its stamp, where the caller has just looked.
    """
    inputs = _current.get()
    if inputs is None:
        return
    name = os.fspath(path)
    if name in inputs.stamps:
        return
    seen = seen or look(name)
    inputs.stamps[name] = seen
    if seen is not None and stat.S_ISLNK(seen[4]):
        with contextlib.suppress(OSError):
            # Step by step: each link on the way may be pointed elsewhere.
            note(os.path.join(os.path.dirname(name), os.readlink(name)))  # noqa: PTH115, PTH118, PTH120


def note_all(stamps: dict[str, Stamp | None]) -> None:
    """Note what was noted before, by somebody who read it once for all."""
    inputs = _current.get()
    if inputs is not None:
        inputs.stamps.update(stamps)


def note_variable(name: str, value: str | None) -> None:
    """Note that a result depends on an environment variable."""
    inputs = _current.get()
    if inputs is not None:
        inputs.variables[name] = value


def this_host() -> str:
    """The short name of this host, which may be empty."""
    return os.uname().nodename.partition(".")[0]


def value_now(name: str, environ: Mapping[str, str]) -> str | None:
    """What a variable is that was noted, or the name of this host."""
    return this_host() if name == THIS_HOST else environ.get(name)
