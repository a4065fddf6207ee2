"""What people and programs see of a finished command; results on stdout, all else on stderr."""

from __future__ import annotations

import json as json_module
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from container_manager.errors import ManagerError, Problem, RuntimeFailure, UsageError
from container_manager.fitting import told
from container_manager.streams import OutputRefused, knows_all_letters


def tell(error: ManagerError) -> None:
    """Show an error on stderr: every problem, each with its place and its remedy."""
    warn_all([one for one in error.problems if one.suspicion])
    problems = [one for one in error.problems if not one.suspicion]
    many = len(problems) > 1
    if many:
        print(f"{len(problems)} problems:", file=sys.stderr)
    for problem in problems:
        print(told(problem, sys.stderr, before="- " if many else ""), file=sys.stderr)


def _refused(error: OSError) -> ManagerError:
    """What the operating system refused, as an error of ours."""
    place = f" '{error.filename}'" if error.filename else ""
    return ManagerError(
        f"The system refused{place}: {error.strerror or type(error).__name__}.",
        remedy="See to permissions and free space there, then try again.",
    )


def system_refused(error: OSError) -> int:
    """Say what the operating system refused; the exit code.

    That is 1 where the result cannot be written, whatever else was done: a full disk, or a
    standard output that is closed.
    """
    if isinstance(error, OutputRefused):
        tell(
            RuntimeFailure(
                f"Standard output cannot be written: {error.strerror or type(error).__name__}.",
                remedy="Only what is told is lost: give it a file with room for it, or /dev/null.",
            )
        )
        drop_output()
        return RuntimeFailure.exit_code
    tell(_refused(error))
    return UsageError.exit_code


def nobody_reads() -> int:
    """The exit code when whoever read our output is gone (``… | head``), said to nobody.

    It is that of a program that the signal SIGPIPE ends.
    """
    drop_output()
    return 128 + signal.SIGPIPE


def drop_output() -> None:
    """Give up what cannot be written any more; it would fail once more at the end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def warn_all(problems: Sequence[Problem]) -> None:
    """Show findings that stop nothing, on stderr."""
    for problem in problems:
        print(told(problem, sys.stderr, before="Warning: "), file=sys.stderr)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their longest cell.

    >>> print(table(("A", "B"), [("long", "x")]))
    A     B
    long  x
    """
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def print_json(value: Any, *, default: Callable[[Any], Any] | None = None) -> None:
    """What programs read, on stdout."""
    print(json_module.dumps(value, indent=2, ensure_ascii=not knows_all_letters(), default=default))


def print_json_line(value: Any) -> None:
    """The same on one line, at once: one of several that follow each other."""
    print(json_module.dumps(value, ensure_ascii=not knows_all_letters()), flush=True)
