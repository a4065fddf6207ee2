"""What ``./run coverage`` shows: how much of each package was run, the lowest first.

Reads the report that ``coverage json`` writes from standard input.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

_PACKAGE = "container_manager"
_TOP = "(modules)"
"""The modules that lie in no package of ours."""


@dataclass(frozen=True)
class Row:
    """What was run of a package.

    Attributes:
        package: its name, below ours.
        lines: statements that were run, and all.
        branches: ways out of a line with several that were taken, and all.
    """

    package: str
    lines: tuple[int, int]
    branches: tuple[int, int]

    @property
    def per_cent(self) -> float:
        """Of lines and branches together, as coverage counts; 100 where there is none."""
        covered, of = (sum(pair) for pair in zip(self.lines, self.branches, strict=True))
        return 100 * covered / of if of else 100.0


def rows(report: Mapping[str, Any]) -> list[Row]:
    """The packages of a report, the lowest first.

    Args:
        report: what ``coverage json`` writes of a measurement of branches.
    """
    counted: dict[str, Counter[str]] = {}
    for name, file in report["files"].items():
        counted.setdefault(_package(PurePosixPath(name)), Counter()).update(
            {key: n for key, n in file["summary"].items() if isinstance(n, int)}
        )
    found = [_row(package, counts) for package, counts in counted.items()]
    return sorted(found, key=lambda row: (row.per_cent, row.package))


def _package(file: PurePosixPath) -> str:
    below = file.parts[file.parts.index(_PACKAGE) + 1 :]
    return below[0] if len(below) > 1 else _TOP


def _row(package: str, counts: Mapping[str, int]) -> Row:
    return Row(
        package,
        (counts["covered_lines"], counts["num_statements"]),
        (counts["covered_branches"], counts["num_branches"]),
    )


def table(found: Iterable[Row]) -> Iterator[str]:
    """The lines of the table: a head, a row a package, and what holds of all."""
    found = list(found)
    total = Row(
        "all",
        (sum(row.lines[0] for row in found), sum(row.lines[1] for row in found)),
        (sum(row.branches[0] for row in found), sum(row.branches[1] for row in found)),
    )
    yield f"{'package':<12} {'lines':>13} {'branches':>13} {'per cent':>9}"
    for row in (*found, total):
        lines, branches = (f"{covered}/{of}" for covered, of in (row.lines, row.branches))
        yield f"{row.package:<12} {lines:>13} {branches:>13} {row.per_cent:>9.1f}"


if __name__ == "__main__":
    print(*table(rows(json.load(sys.stdin))), sep="\n")
