"""What a command finds out once although several of its parts ask for it; kept in memory only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

_T = TypeVar("_T")

_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("container_manager_kept", default=None)


@contextlib.contextmanager
def once() -> Iterator[None]:
    """A block in which :func:`kept` asks for nothing twice: one command."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def kept(key: Hashable, make: Callable[[], _T]) -> _T:
    """What ``make`` gives, which is not called again for this key within the block."""
    known = _kept.get()
    if known is None:
        return make()
    if key not in known:
        known[key] = make()
    found: _T = known[key]
    return found


def forget() -> None:
    """Ask again from now on: something may have changed."""
    known = _kept.get()
    if known is not None:
        known.clear()
