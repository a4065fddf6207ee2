"""Problems, places and hooks as JSON, for the memory of a build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from container_manager.errors import Location, Problem
from container_manager.model import Hook


def dump_problem(problem: Problem) -> list[Any]:
    """What :func:`parse_problem` reads."""
    at = _dump_place(problem.where) if problem.where else None
    return [problem.message, at, problem.remedy]


def parse_problem(data: Any) -> Problem:
    """What :func:`dump_problem` gave.

    Raises:
        TypeError, ValueError: it is something else.
    """
    message, at, remedy = data
    return Problem(message=message, where=_parse_place(at) if at else None, remedy=remedy)


def dump_hook(hook: Hook) -> list[Any]:
    """What :func:`parse_hook` reads."""
    return [hook.name, hook.argv, hook.timeout, _dump_place(hook.where)]


def parse_hook(data: Any) -> Hook:
    """What :func:`dump_hook` gave.

    Raises:
        TypeError, ValueError: it is something else.
    """
    name, argv, timeout, at = data
    return Hook(
        name=str(name),
        argv=tuple(map(str, argv)),
        timeout=float(timeout),
        where=_parse_place(at),
    )


def _dump_place(where: Location) -> list[Any]:
    return [str(where.file), where.line, where.column]


def _parse_place(data: Any) -> Location:
    file, line, column = data
    return Location(Path(file), line, column)
