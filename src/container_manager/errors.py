"""Every error this project raises: what is wrong, where, what to do, and the exit code.

One error carries any number of problems, so that a person mends a file once and not once a run.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; lines and columns count from 1, as editors do."""

    file: Path
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [display_path(self.file)]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding: a sentence, the place it is about, and what to do about it.

    Attributes:
        message: the sentence.
        where: the place.
        remedy: what to do.
        suspicion: whether it stops nothing by itself, and is told beside errors as what may have
            caused them.
    """

    message: str
    where: Location | None = None
    remedy: str | None = None
    suspicion: bool = False

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.remedy}" if self.remedy else text


class ManagerError(Exception):
    """The root of our errors.

    Attributes:
        problems: what was found, at least one.
        exit_code: the process's exit code; 2 says that no container was touched.
    """

    exit_code = 2

    def __init__(
        self,
        problems: str | Problem | Iterable[Problem],
        *,
        where: Location | None = None,
        remedy: str | None = None,
    ) -> None:
        if isinstance(problems, str):
            problems = Problem(message=problems, where=where, remedy=remedy)
        if isinstance(problems, Problem):
            problems = (problems,)
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(_as_text, self.problems)))


def _as_text(problem: Problem) -> str:
    return f"Warning: {problem}" if problem.suspicion else str(problem)


def with_suspicions(errors: Iterable[Problem], warnings: Iterable[Problem]) -> list[Problem]:
    """Errors, and beside them warnings about what may have caused them; nothing without errors."""
    found = list(errors)
    suspicions = [replace(one, suspicion=True) for one in warnings if one not in found]
    return [*found, *suspicions] if found else []


class UsageError(ManagerError):
    """The command line asks for something that does not exist or does not fit together."""


class ConfigError(ManagerError):
    """The configuration, an imported file or the environment cannot be used."""


class RenderError(ManagerError):
    """A template cannot be rendered, or what it renders to cannot be used."""


class BuildError(ManagerError):
    """The build directory cannot be generated without harm."""


class PreconditionError(ManagerError):
    """Something the command needs is missing or taken; no container was touched."""


class FormerVolumes(PreconditionError):
    """Nothing keeps a stack from starting but data under former names, about which to decide."""


class RuntimeFailure(ManagerError):
    """A container, provider, image, backup or health check failed."""

    exit_code = 1


class InterruptedByUser(ManagerError):
    """The user pressed Ctrl-C."""

    exit_code = 130


def raise_all(error: type[ManagerError], problems: Iterable[Problem]) -> None:
    """Raise ``error`` with all problems, if there are any; equal ones are told once."""
    unique = tuple(dict.fromkeys(problems))
    if unique:
        raise error(unique)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A sentence with the nearest known names, or None when nothing is near.

    >>> did_you_mean("deployd_services", ["deployed_services", "build_dir"])
    "Did you mean 'deployed_services'?"
    """
    from difflib import get_close_matches  # only where something is wrong

    spelled = {one.lstrip("-"): one for one in known}  # all options have their dashes in common
    typed = name.lstrip("-")
    nearest = get_close_matches(typed, spelled, n=3, cutoff=0.75)
    possible = get_close_matches(typed, spelled, n=3, cutoff=0.6)
    near = [one for one in possible if one in nearest or _near(typed, one)]
    if not near:
        return None
    return "Did you mean " + " or ".join(repr(spelled[one]) for one in near) + "?"


def _near(typed: str, known: str) -> bool:
    """Whether one may be the other, mistyped or cut short; of three letters, one may be wrong.

    What words have in common says little of short ones: 'help' is in most of 'shell'.
    """
    if typed.startswith(known) or known.startswith(typed):
        return True
    return _slips(typed.lower(), known.lower()) <= max(1, len(typed) // 3)


def _slips(typed: str, known: str) -> int:
    """How many letters are lacking, too many, wrong, or have changed places with the next.

    This is the optimal string alignment distance (Boytsov, "Indexing methods for approximate
    dictionary searching", 2011, section 2.1).
    """
    last: list[int] = []
    row = list(range(len(known) + 1))
    for i, letter in enumerate(typed):
        before, last, row = last, row, [i + 1]
        for j, other in enumerate(known):
            row.append(min(last[j] + (letter != other), last[j + 1] + 1, row[j] + 1))
            if i and j and letter == known[j - 1] and other == typed[i - 1]:
                row[-1] = min(row[-1], before[j - 1] + 1)
    return row[-1]


_SHOWN_AS: dict[Path, str] = {}


def show_as(folder: Path, name: str) -> None:
    """Show whatever lies in ``folder`` below ``name`` from now on, where its path tells little."""
    _SHOWN_AS[folder] = name


def shown_as() -> dict[str, str]:
    """What :func:`show_as` was told: folder -> name."""
    return {str(folder): name for folder, name in _SHOWN_AS.items()}


def display_path(path: Path) -> str:
    """``path`` as a person would type it: relative where it lies below the current directory."""
    for folder, name in _SHOWN_AS.items():
        if path.is_relative_to(folder):
            return posixpath.normpath(f"{name}/{path.relative_to(folder).as_posix()}")
    text = str(path)
    try:
        here = os.getcwd()  # noqa: PTH109 - called for every file that is listed
    except OSError:
        return text
    return "." if text == here else text.removeprefix("/" if here == "/" else f"{here}/")
