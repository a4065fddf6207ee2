"""What people and programs see of a stack that was looked at."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from container_manager.fitting import takes_colours
from container_manager.report import print_json, print_json_line, table
from container_manager.report.daily import ago
from container_manager.report.removing import size_text
from container_manager.report.status_json import as_json

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from container_manager.lifecycle.status.model import Status, StatusRow

_DIGEST = len("sha256:") + 12
_GAP = 2
_ALL_COLUMNS = 10_000
"""Wide enough for whatever stands in a table."""
_GOOD, _BAD, _ODD, _QUIET = "green", "bold red", "yellow", "dim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the table.

    Attributes:
        head: its title.
        rank: columns with the highest go first where the terminal is too narrow.
        right: whether it is set to the right.
    """

    head: str
    rank: int
    right: bool = False


COLUMNS = (
    Column(head="SERVICE", rank=0),
    Column(head="STATE", rank=0),
    Column(head="HEALTH", rank=1),
    Column(head="SINCE", rank=2),
    Column(head="RESTARTS", rank=5, right=True),
    Column(head="MEMORY", rank=3, right=True),
    Column(head="CPU", rank=4, right=True),
    Column(head="ADDRESS", rank=1),
    Column(head="IMAGE", rank=6),
    Column(head="DIGEST", rank=7),
)


def show_status(status: Status, *, json: bool) -> None:
    """A stack as a table, or as JSON."""
    if json:
        print_json(as_json(status))
        return
    if not sys.stdout.isatty() and not takes_colours(sys.stdout):
        print(written(status))
        return
    from rich.console import Console

    width = None if sys.stdout.isatty() else _ALL_COLUMNS
    console = Console(highlight=False, width=width)
    console.print(drawn(status, console.width))


def follow_status(statuses: Iterable[Status], *, json: bool) -> None:
    """A stack, redrawn in place; where there is no terminal, told anew whenever it has changed.

    As JSON: one object a line, whenever something has changed.
    """
    from rich.console import Console
    from rich.live import Live

    if not json and sys.stdout.isatty():
        console, last = Console(highlight=False), None
        try:
            with Live(console=console, screen=True, auto_refresh=False) as live:
                for status in statuses:
                    last = status
                    live.update(drawn(status, console.width, summary_first=True), refresh=True)
        finally:
            if last is not None:  # what was seen last stays on the screen
                console.print(drawn(last, console.width))
        return
    for status in _changing(statuses):
        if json:
            print_json_line(as_json(status))
        else:
            print(datetime.now().astimezone().isoformat(timespec="seconds"))
            show_status(status, json=False)
            print(flush=True)


def _changing(statuses: Iterable[Status]) -> Iterator[Status]:
    """Those in which something is another thing than before; what is used is not looked at."""
    before: Any = None
    for status in statuses:
        rows = [
            (r.container, r.state, r.health, r.stale, r.exit_code, r.restarts, r.drift, r.wrong)
            for r in status.rows
        ]
        now = (rows, status.missing, status.problems, status.drift_known)
        if now != before:
            yield status
        before = now


def written(status: Status) -> str:
    """A stack as text, where there is no terminal: all columns, each line whole."""
    lines = [f"{status.project}  {status.config}", ""]
    if status.rows:
        heads = [column.head for column in COLUMNS]
        lines.append(table(heads, [cells(row, status.taken_at) for row in status.rows]))
    return "\n".join([*lines, *(text for text, _ in notes(status)), summary(status)[0]])


def drawn(status: Status, width: int, *, summary_first: bool = False) -> RenderableType:
    """A stack as people see it on a terminal.

    Args:
        status: what was seen.
        width: of the terminal.
        summary_first: whether what matters most stands above the table, which may be too long.
    """
    from rich.console import Group
    from rich.text import Text

    title = Text.assemble((status.project, "bold"), "  ", (status.config, _QUIET))
    told = [Text(text, style=style) for text, style in (*notes(status), summary(status))]
    shown: list[RenderableType] = [_table(status, width)] if status.rows else []
    below = [*told[::-1], Text(), *shown] if summary_first else [*shown, *told]
    return Group(title, Text(), *below)


def notes(status: Status) -> Iterator[tuple[str, str]]:
    """What is to be said below the table, each with its style."""
    for row in status.wrong:
        yield f"✗ {_named(row)}: {row.wrong}", _BAD
    for name in status.missing:
        yield f"✗ {name}: it has no container; 'up' makes it", _BAD
    for row in status.rows:
        if row.stale:
            yield f"? {_named(row)}: its health was last checked {_checked(row)}", _ODD
        for cause in row.drift:
            yield f"~ {_named(row)}: {cause}; 'up' applies it", _ODD
    if status.problems:
        yield "? The configuration cannot be compared with what runs:", _ODD
    for problem in status.problems:
        yield str(problem), _ODD
    if status.others:
        told = ", ".join(
            f"{one.project} ({one.running} of {one.containers} running)" for one in status.others
        )
        yield f"Other stacks on this machine: {told}", _QUIET


def summary(status: Status) -> tuple[str, str]:
    """The last line: whether all is well; with its style."""
    count = len([row for row in status.rows if not row.one_off]) + len(status.missing)
    bad = len(status.wrong) + len(status.missing)
    if bad:
        them = "The one service does not do what it should."
        return them if count == 1 else f"{bad} of {count} do not do what they should.", _BAD
    if not count and not status.drift_known:
        return "There are no containers, and nobody can tell what should run.", _BAD
    if not count:
        return "There is nothing that should run.", _QUIET
    drifted = len(status.drifted)
    well, differ = f"All {count} do what they should.", f" {drifted} differ from the configuration."
    if count == 1:
        well, differ = "The one service does what it should.", " It differs from the configuration."
    return f"{well}{differ if drifted else ''}", _ODD if drifted else _GOOD


def cells(row: StatusRow, now: float) -> tuple[str, ...]:
    """What stands in the columns of :data:`COLUMNS`.

    Args:
        row: the container.
        now: seconds since the epoch.
    """
    state = row.state if row.exit_code is None else f"{row.state} {row.exit_code}"
    health = row.health or "-"
    return (
        _named(row),
        state,
        f"{health} (old)" if row.stale else health,
        "-" if row.since is None else ago(now - row.since),
        str(row.restarts),
        "-" if row.usage is None else size_text(row.usage.memory),
        "-" if row.usage is None else f"{row.usage.cpu:.0%}",
        ", ".join(row.addresses) or "-",
        row.image,
        row.digest[:_DIGEST],
    )


def fitting(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The numbers of the columns that a terminal has room for.

    Args:
        rows: the cells of each row.
        width: of the terminal.
    """
    widths = [
        max([len(column.head), *(len(row[number]) for row in rows)])
        for number, column in enumerate(COLUMNS)
    ]
    shown = list(range(len(COLUMNS)))
    while sum(widths[n] + _GAP for n in shown) - _GAP > width:
        least = max(shown, key=lambda number: COLUMNS[number].rank)
        if COLUMNS[least].rank == 0:
            break
        shown.remove(least)
    return shown


def _table(status: Status, width: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    rows = [cells(row, status.taken_at) for row in status.rows]
    shown = fitting(rows, width)
    drawn_table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for number in shown:
        column = COLUMNS[number]
        justify = "right" if column.right else "left"
        drawn_table.add_column(column.head, no_wrap=True, overflow="ellipsis", justify=justify)  # type: ignore[arg-type]
    for row, texts in zip(status.rows, rows, strict=True):
        styles = _styles(row)
        drawn_table.add_row(*(Text(texts[n], style=styles.get(COLUMNS[n].head, "")) for n in shown))
    return drawn_table


def _styles(row: StatusRow) -> Mapping[str, str]:
    """Title of a column -> its style."""
    health = {"healthy": _GOOD, "unhealthy": _BAD}.get(row.health or "", "")
    link = next((one for one in row.addresses if one.startswith("http")), "")
    return {
        "SERVICE": _ODD if row.drift else "",
        "STATE": _BAD if row.wrong else _GOOD if row.state == "running" else "",
        "HEALTH": _ODD if row.stale else health,
        "RESTARTS": _ODD if row.restarts else _QUIET,
        "ADDRESS": f"link {link}" if link else "",
        "IMAGE": _QUIET,
        "DIGEST": _QUIET,
    }


def _named(row: StatusRow) -> str:
    return row.service if row.service and not row.one_off else row.container


def _checked(row: StatusRow) -> str:
    return "never" if row.health_age is None else f"{ago(row.health_age)} ago"
