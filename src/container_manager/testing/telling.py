"""Errors of ours in a test run: for people, without a traceback through the library."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from container_manager.errors import ManagerError
from container_manager.testing.projects import ProjectCopy

_LIBRARY = Path(__file__).parents[1]
_FIXTURES = ("project", "stack_project", "stack")
"""Whatever of ours a test uses, it uses one of these."""


@contextlib.contextmanager
def told(project: ProjectCopy) -> Iterator[None]:
    """Let the errors of ours in a block be the failure of a fixture.

    Args:
        project: what the block works with; told, too, where it is no copy of ours.
    """
    if not isinstance(project, ProjectCopy):
        pytest.fail(
            "The fixture 'project' (or 'stack_project') that this test sees is not that of "
            "Container Manager: rename your own, and its fixtures find theirs.",
            pytrace=False,
        )
    try:
        yield
    except ManagerError as error:
        raise failure(error, project) from None


def failure(error: ManagerError, project: ProjectCopy) -> BaseException:
    """What a fixture or a check fails with.

    Args:
        error: what the library refused.
        project: the copy that it was about.
    """
    text = str(error)
    hint = f"\n  {project.hint}" if _names_any(text, project.original.withheld) else ""
    return pytest.fail.Exception(f"{text}{hint}", pytrace=False)


def _names_any(text: str, names: Iterable[str]) -> bool:
    """Whether one of the variables stands in a text."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)


def shorten(item: pytest.Item, found: pytest.ExceptionInfo[Any]) -> None:
    """Let the traceback of an error of ours end where the library was asked.

    Only where a test uses our fixtures: people who work on the library see all of it, as with
    ``--full-trace``.
    """
    names = getattr(item, "fixturenames", ())
    ours = isinstance(found.value, ManagerError) and any(name in names for name in _FIXTURES)
    if not ours or item.config.getoption("fulltrace", False):
        return
    last: TracebackType | None = None
    entry: TracebackType | None = found.tb
    while entry is not None:
        if not Path(entry.tb_frame.f_code.co_filename).is_relative_to(_LIBRARY):
            last = entry
        entry = entry.tb_next
    if last is not None:
        last.tb_next = None  # in the traceback itself: pytest makes views of it anew
        found.value.__cause__ = None  # its message says what the cause was
        found.value.__suppress_context__ = True
