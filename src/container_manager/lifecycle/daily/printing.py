"""How lines of logs look: after their service, in colour, harmless to a terminal; and which do."""

from __future__ import annotations

import json
import re
import sys
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from container_manager.errors import UsageError
from container_manager.fitting import takes_colours
from container_manager.lifecycle.daily.gathering import LogLine
from container_manager.streams import knows_all_letters

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
"""SGR codes; red is left to what went wrong."""

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # what moves the cursor, clears, and sets colours
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # strings: titles, clipboards, links
    r"|\x1b[ -/]*[0-~]?"  # all others, and pieces of them
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]"
)
"""ECMA-48's escape sequences and control characters, but for the tabulator."""

_SETS_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How lines are to look.

    Attributes:
        timestamps: each after its time.
        pattern: only those in which it is found; None for all.
        as_json: an object a line, for programs.
    """

    timestamps: bool = False
    pattern: re.Pattern[str] | None = None
    as_json: bool = False


def pattern_of(text: str, *, ignore_case: bool = False) -> re.Pattern[str] | None:
    """A regular expression as somebody typed it; None where it is empty.

    Raises:
        UsageError: it is none.
    """
    if not text:
        if ignore_case:
            raise UsageError("--ignore-case says how --grep looks, and there is no --grep.")
        return None
    try:
        return re.compile(text, re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise UsageError(
            f"--grep takes a regular expression, and {text!r} is none: {error}.",
            remedy=f"As plain text it is: --grep '{re.escape(text)}'",
        ) from None


def harmless(text: str, *, colours: bool = False) -> str:
    r"""A text without what would steer a terminal: titles, the cursor, the clipboard.

    Args:
        text: what a container said.
        colours: whether colours stay; they end with the text.

    >>> harmless("\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\ttab")
    'red\ttab'
    >>> harmless("10 %\r20 %")
    '10 % 20 %'
    >>> harmless("\x1b[31mred\x1b[2J", colours=True)
    '\x1b[31mred\x1b[0m'
    """
    if text.isprintable():
        return text
    set_colour = False

    def instead(found: re.Match[str]) -> str:
        nonlocal set_colour
        if colours and _SETS_COLOUR.fullmatch(found[0]):
            set_colour = True
            return found[0]
        return " " if found[0] in "\r\x0b\x0c" else ""

    clean = _SEQUENCE.sub(instead, text)
    return f"{clean}\x1b[0m" if set_colour else clean


def colour_of(service: str) -> int:
    """The colour of a service: the same each time, whichever others there are."""
    return _COLOURS[zlib.crc32(service.encode()) % len(_COLOURS)]


class Printer:
    """Writes whole lines to standard output, one at a time, each after its service.

    Args:
        redact: takes secrets out: hidden among control characters, they come forth here.
        width: of the column with the services, at first.
        look: how lines are to look.
    """

    def __init__(
        self, redact: Callable[[str], str], *, width: int = 0, look: Look | None = None
    ) -> None:
        self._redact = redact
        self._width = width
        self._look = look or Look()
        self._coloured = takes_colours(sys.stdout) and not self._look.as_json
        self._lock = threading.Lock()

    def line(self, line: LogLine) -> None:
        """Write a line, if it is one that is looked for."""
        plain = self._redact(harmless(line.text))
        look = self._look
        if look.pattern is not None and not look.pattern.search(plain):
            return
        if look.as_json:
            written = json.dumps(
                {
                    "service": line.service,
                    "container": line.container,
                    "time": line.when,
                    "text": plain,
                },
                ensure_ascii=not knows_all_letters(),
            )
        else:
            text = self._redact(harmless(line.text, colours=True)) if self._coloured else plain
            written = f"{line.when} {text}" if look.timestamps else text
        with self._lock:
            if not look.as_json:
                written = self._head(line.service) + written
            try:
                print(written, flush=True)
            except UnicodeEncodeError:  # a terminal that knows fewer letters, in somebody's script
                known = sys.stdout.encoding
                print(written.encode(known, "replace").decode(known), flush=True)

    def _head(self, service: str) -> str:
        self._width = max(self._width, len(service))
        head = f"{service:<{self._width}} |"
        return f"\x1b[{colour_of(service)}m{head}\x1b[0m " if self._coloured else f"{head} "
