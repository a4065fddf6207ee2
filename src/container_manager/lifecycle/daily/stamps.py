"""The times that Podman says of what a container has printed, and what was printed between them.

Podman's logs know pieces: a line that was printed bit by bit, or is longer than 8 KiB, is several,
and ``podman logs --timestamps`` puts the time of each right in the middle of the line.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_ZONE = r"(?:Z|[+-]\d\d:\d\d)"
_SECOND = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_FIRST = re.compile(rf"({_SECOND}(?:\.\d{{1,9}})?{_ZONE})(?: |$)")
_WITHIN = re.compile(rf"({_SECOND}\.\d{{7,9}}{_ZONE}) ")
"""Podman counts nanoseconds, and leaves zeros at the end out. Programs rarely write that much."""

Piece = tuple[str, str]
"""A time as Podman says it, empty where it says none; and what was printed then."""


def pieces(line: str) -> list[Piece]:
    """What a line of ``podman logs --timestamps`` consists of.

    A time within a line is Podman's where it is later than the one before: a program that prints
    the present time does so before Podman notes it.

    >>> pieces("2026-11-26T18:27:18.868881636Z done")
    [('2026-11-26T18:27:18.868881636Z', 'done')]
    >>> pieces("2026-11-26T18:27:18.868881636Z do2026-11-26T18:27:18.869001495Z ne")
    [('2026-11-26T18:27:18.868881636Z', 'do'), ('2026-11-26T18:27:18.869001495Z', 'ne')]
    >>> pieces("2026-11-26T18:27:18.868881636Z at 2026-11-26T18:27:18.867001495Z it ended")
    [('2026-11-26T18:27:18.868881636Z', 'at 2026-11-26T18:27:18.867001495Z it ended')]
    >>> pieces("without")
    [('', 'without')]
    """
    first = _FIRST.match(line)
    if first is None:
        return [("", line)]
    when, begins = first[1], first.end()
    found: list[Piece] = []
    for later in _WITHIN.finditer(line, begins):
        if nanoseconds(later[1]) > nanoseconds(when):
            found.append((when, line[begins : later.start()]))
            when, begins = later[1], later.end()
    return [*found, (when, line[begins:])]


def nanoseconds(when: str) -> int:
    """A time that Podman says, since 1970; 0 where there is none.

    >>> nanoseconds("1970-01-01T01:00:01.5+01:00")
    1500000000
    """
    if not when:
        return 0
    second, zone = when[:19], when[19:].lstrip(".0123456789")
    fraction = when[20 : len(when) - len(zone)]
    try:
        whole = int(datetime.fromisoformat(second + zone).timestamp())
    except ValueError:  # it only looks like one
        return 0
    return whole * 10**9 + int(f"{fraction:0<9}")


def just_before(moment: int) -> str:
    """A time for ``podman logs --since`` with which the lines of a moment (in ns) are shown.

    Podman leaves out those of the very moment that it is told.
    """
    exact = datetime.fromtimestamp(moment // 10**9, UTC)
    exact += timedelta(microseconds=moment % 10**9 // 1000 - 2)
    return exact.isoformat()
