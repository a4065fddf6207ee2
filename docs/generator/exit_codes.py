"""The exit codes: what README says of each, and which errors end with it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from container_manager.errors import ManagerError
from docs.generator.markdown import escaped, table

_README = Path(__file__).parents[2] / "README.md"
_ROW = re.compile(r"^\| (?P<code>\d+) \| (?P<means>.+) \|$", re.MULTILINE)


def part() -> str:
    """A table of the codes with what they mean, and one of the errors with theirs.

    Raises:
        ValueError: README says nothing of a code that an error has.
    """
    means = documented(_README.read_text(encoding="utf-8"))
    errors = {error: error.exit_code for error in _errors(ManagerError)}
    if missing := set(errors.values()) - set(means):
        raise ValueError(f"{_README}: no row for the exit codes {sorted(missing)}")
    codes = [(str(code), words) for code, words in means.items()]
    rows = [
        (f"`{error.__name__}`", str(code), escaped((inspect.getdoc(error) or "").split("\n")[0]))
        for error, code in errors.items()
    ]
    return "\n\n".join([table(["exit code", "means"], codes), "", *_kinds(rows)])


def documented(text: str) -> dict[int, str]:
    """The rows of README's table: code -> what it means."""
    return {int(row["code"]): row["means"] for row in _ROW.finditer(text)}


def _kinds(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    yield "## Which error ends with which"
    yield (
        "From Python, [every command is a function](python.md), which raises one of these instead "
        "of ending the process; `exit_code` is an attribute of each."
    )
    yield table(["error", "exit code", "says"], rows)


def _errors(error: type[ManagerError]) -> Iterator[type[ManagerError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from _errors(kind)
