"""What people, programs and GitHub see of a check."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from container_manager.errors import ConfigError, Problem, UsageError, display_path
from container_manager.report import print_json, tell, warn_all

if TYPE_CHECKING:
    from container_manager.verbs.linting import Linted

FORMATS = ("text", "github")


def refuse_format(name: str, *, json: bool) -> None:
    """Refuse a form that there is not, and two at once.

    Raises:
        UsageError: with those that there are.
    """
    if name and json:
        raise UsageError(
            f"--json and --format {name} ask for two forms of the same.",
            remedy="Give one of them.",
        )
    if name and name not in FORMATS:
        raise UsageError(
            f"There is no format '{name}'.",
            remedy="There are text and github; --json is for programs.",
        )


def show_linted(found: Linted, *, form: str, json: bool) -> None:
    """All that was found, errors first.

    Args:
        found: it.
        form: one of :data:`FORMATS`; empty for text.
        json: as data instead.
    """
    told = [
        *(("error", one) for one in found.errors),
        *(("warning", one) for one in found.warnings),
    ]
    if json:
        print_json({"problems": [_data(level, one) for level, one in told]})
    elif form == "github":
        for level, problem in told:
            print(annotation(level, problem))
    else:
        warn_all(found.warnings)
        if found.errors:
            tell(ConfigError(found.errors))
        else:
            print(_summary(len(found.warnings)))


def _summary(warnings: int) -> str:
    """What is said last of a project that can be built."""
    if not warnings:
        return "No problems."
    return f"No errors, {warnings} warning{'s' if warnings > 1 else ''}."


def annotation(level: str, problem: Problem) -> str:
    """A problem as a workflow command of GitHub, which shows it beside the line.

    The form, and what is escaped, are those of ``command.ts`` in GitHub's actions/toolkit.

    Args:
        level: error or warning.
        problem: what was found.
    """
    text = problem.message + (f"\n{problem.remedy}" if problem.remedy else "")
    places = ",".join(f"{name}={_property(value)}" for name, value in _place(problem))
    return f"::{level}{' ' if places else ''}{places}::{_escaped(text)}"


def _place(problem: Problem) -> Iterator[tuple[str, str]]:
    where = problem.where
    if where is None:
        return
    yield "file", _in_repository(where.file)
    if where.line is not None:
        yield "line", str(where.line)
        if where.column is not None:
            yield "col", str(where.column)


def _in_repository(file: Path) -> str:
    """GitHub knows files by their paths in the repository, wherever a command runs."""
    root = os.environ.get("GITHUB_WORKSPACE")
    if root and file.is_relative_to(root):
        return file.relative_to(root).as_posix()
    return display_path(file)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _data(level: str, problem: Problem) -> dict[str, Any]:
    where = problem.where
    return {
        "level": level,
        "message": problem.message,
        "file": str(where.file) if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
        "remedy": problem.remedy,
    }
