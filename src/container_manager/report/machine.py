"""What people and programs see of a look at this machine."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from container_manager.fitting import columns, takes_colours
from container_manager.report import print_json

if TYPE_CHECKING:
    from container_manager.doctor.findings import Diagnosis, Finding

_STYLES = {"ok": "green", "note": "cyan", "warning": "yellow", "problem": "bold red"}
_LABEL = 9
_WIDTH = 100
"""Columns where there is no terminal."""

_NARROW = 60


def show_diagnosis(diagnosis: Diagnosis, *, json: bool) -> None:
    """All findings under their headings, or one object for programs."""
    if json:
        print_json(as_object(diagnosis))
        return
    width = max(_NARROW, columns(sys.stdout) or _WIDTH)
    if takes_colours(sys.stdout):
        _show_in_colour(diagnosis, width)
        return
    for level, line in lines(diagnosis, width):
        print(f"  {level:<{_LABEL}}{line}".rstrip() if level is not None else line)


def as_object(diagnosis: Diagnosis) -> dict[str, object]:
    """What programs read."""
    return {
        "ok": diagnosis.exit_code == 0,
        "counts": {name: _count(diagnosis, name) for name in _STYLES},
        "checks": [
            {
                "check": outcome.check,
                "group": outcome.group,
                "seconds": outcome.seconds,
                "findings": [
                    {
                        "code": one.code,
                        "level": str(one.level),
                        "message": one.message,
                        "remedy": one.remedy,
                        "facts": dict(one.facts),
                    }
                    for one in outcome.findings
                ],
            }
            for outcome in diagnosis.outcomes
        ],
    }


def lines(diagnosis: Diagnosis, width: int) -> Iterator[tuple[str | None, str]]:
    """Level and text of each line; None for headings, empty for what goes on from above."""
    group = ""
    for outcome in diagnosis.outcomes:
        if outcome.group != group:
            if group:
                yield None, ""
            group = outcome.group
            yield None, group
        for one in outcome.findings:
            yield from _finding(one, width - _LABEL - 2)
    yield None, ""
    counts = [(name, _count(diagnosis, name)) for name in reversed(_STYLES)]
    told = ", ".join(f"{count} {_plural(name, count)}" for name, count in counts if count)
    verdict = "Something stops a start" if diagnosis.exit_code else "Nothing stops a start"
    yield None, f"{verdict}: {told}."


def _finding(one: Finding, width: int) -> Iterator[tuple[str, str]]:
    first, *more = _wrapped(one.message, width)
    yield str(one.level), first
    for line in more:
        yield "", line
    if one.remedy:
        for index, line in enumerate(_wrapped(one.remedy, width - 3)):
            yield "", f"{'-> ' if index == 0 else '   '}{line}"


def _wrapped(text: str, width: int) -> list[str]:
    return [
        piece
        for line in text.splitlines() or [""]
        for piece in textwrap.wrap(
            line, width, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
        )
        or [""]
    ]


def _show_in_colour(diagnosis: Diagnosis, width: int) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for level, line in lines(diagnosis, width):
        if level is None:
            console.print(Text(line, style="bold"))
        else:
            label = Text(f"  {level:<{_LABEL}}", style=_STYLES.get(level, ""))
            console.print(label.append(line, style="default"))


def _count(diagnosis: Diagnosis, level: str) -> int:
    return sum(str(one.level) == level for each in diagnosis.outcomes for one in each.findings)


def _plural(name: str, count: int) -> str:
    return name if count == 1 or name == "ok" else f"{name}s"
