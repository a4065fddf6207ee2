"""Problems as they fit the terminal that shows them, and whether that one takes colours.

Lines are broken on terminals only: programs search what they read, and files are made narrow by
whoever reads them. What people copy from it, paths and commands, is never broken.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import IO

from container_manager.errors import Problem

_LEAST = 40
"""Columns below which a text is left to the terminal."""

_PROGRAMS = (
    *("podman", "kubectl", "apt-get", "dnf", "sudo", "systemctl", "loginctl", "git"),
    *("python", "python3", "pip", "container-manager"),
)
"""What a command begins with that stands without quotes at the end of a sentence."""

_WHOLE = re.compile(
    r"(?:^|(?<=: ))(?:\S*/)?(?:" + "|".join(_PROGRAMS) + r") .*"  # to the end of the line
    r"|[(\[]?'[^'\n]*'\S*"  # what is quoted, and the mark behind it
    r"|\S+"
)


def told(problem: Problem, stream: IO[str], *, before: str = "") -> str:
    """A problem as it is shown on a stream.

    Args:
        problem: it.
        stream: where it goes; where that is no terminal, nothing is broken.
        before: what stands before it on its first line, ``- `` say.

    Returns:
        Lines, without one break at the end.
    """
    width = columns(stream)
    text = f"{before}{problem}"
    if width is None:
        return text
    place = f"{before}{problem.where}:" if problem.where else ""
    lines = text.removeprefix(place).split("\n")
    first, *more = fitted(lines[0].lstrip() if place else lines[0], width, place=place)
    for line in lines[1:]:
        more += fitted(line, width)
    return "\n".join([first, *more])


def fitted(line: str, width: int, *, place: str = "") -> list[str]:
    """A line broken between words, so that none is wider than ``width``, if words allow that.

    >>> fitted("Remove it: 'podman rm -f web'.", 24)
    ['Remove it:', "    'podman rm -f web'."]
    >>> fitted("  Log in: podman login registry.example.org", 24)
    ['  Log in:', '  podman login registry.example.org']

    Args:
        line: it; where it begins with blanks, so does what follows.
        width: of the terminal.
        place: what comes first, and is never broken.
    """
    text = line.lstrip(" ")
    indent = line[: len(line) - len(text)]
    whole = f"{place} {line}" if place else line
    # Indented deeper it is no sentence, but what a program printed, or an excerpt of a file.
    if len(whole) <= width or len(indent) > len("  "):
        return [whole]
    margin = indent or "    "
    lines, current = [], indent
    for word in filter(None, [place, *_WHOLE.findall(text)]):
        gap = " " if current.strip() else ""
        if current.strip() and len(current) + len(gap) + len(word) > width:
            lines.append(current)
            current, gap = margin, ""
        current += gap + word
    return [*lines, current]


def columns(stream: IO[str]) -> int | None:
    """How wide the terminal of a stream is; None where it is none, or too narrow for sentences.

    ``COLUMNS`` says it otherwise, as everywhere.
    """
    try:
        if not stream.isatty():
            return None
        said = os.environ.get("COLUMNS", "")
        width = int(said) if said.isdecimal() else os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        width = shutil.get_terminal_size().columns
    return width if width >= _LEAST else None


def takes_colours(stream: IO[str]) -> bool:
    """Whether colours are welcome on a stream.

    ``NO_COLOR`` (https://no-color.org) forbids them, ``FORCE_COLOR`` (https://force-color.org)
    wants them even where there is no terminal; else a terminal has them.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
