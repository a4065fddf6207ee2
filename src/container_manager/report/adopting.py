"""What people and programs see of volumes under former names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from container_manager.errors import PreconditionError
from container_manager.report import print_json, table
from container_manager.report.removing import answer, size_text

if TYPE_CHECKING:
    from container_manager.verbs.adopting import FormerRow

_STATES = {
    "undecided": "undecided: --copy, or --ignore",
    "cut short": "half a copy: --copy begins it anew",
    "decided": "decided before",
    "replaced": "this project has a volume of its own",
}


def show_former(rows: Sequence[FormerRow], *, json: bool) -> None:
    """All of them."""
    if json:
        print_json([_data(one) for one in rows])
    elif rows:
        print(_table(rows))
    else:
        print("There is no volume that another tool has left for this stack.")


def show_adopted(made: Sequence[str], *, json: bool) -> None:
    """What was copied."""
    if json:
        print_json({"copied": list(made)})
    else:
        print(f"Copied: {', '.join(made) or 'nothing, for nothing is left to copy'}")


def show_ignored(volumes: Sequence[str], *, json: bool) -> None:
    """What stops no start any more."""
    if json:
        print_json({"ignored": list(volumes)})
    else:
        print(f"Left where they are: {', '.join(volumes) or 'nothing was there'}")


def confirmer(*, yes: bool) -> Callable[[Sequence[FormerRow]], None]:
    """What tells the volumes that will be copied, and asks where a person sits there.

    Args:
        yes: whether that is answered already.

    Returns:
        A function that raises :class:`PreconditionError` where the answer is no.
    """

    def confirm(rows: Sequence[FormerRow]) -> None:
        _tell(rows)
        if not yes and _somebody_there() and not _agrees():
            raise PreconditionError("Declined: nothing was copied.", remedy="--yes answers.")

    return confirm


def settler(*, copy: bool) -> Callable[[Sequence[FormerRow]], bool]:
    """What decides at a start whether they are copied: as was said, or as a person answers.

    Args:
        copy: whether it was said that they are to be.
    """

    def settle(rows: Sequence[FormerRow]) -> bool:
        if not copy and not _somebody_there():
            return False
        _tell(rows)
        return copy or _agrees()

    return settle


def _tell(rows: Sequence[FormerRow]) -> None:
    lines = [
        "Another tool has left data for this stack, under other names:",
        *(f"  {one.volume} ({size_text(one.size)}), to be copied to {one.actual}" for one in rows),
        "The originals stay as they are.",
    ]
    print("\n".join(lines), file=sys.stderr, flush=True)


def _somebody_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _agrees() -> bool:
    return answer("Copy now? [y/N] ").lower() in ("y", "yes")


def _table(rows: Sequence[FormerRow]) -> str:
    cells = [
        (one.volume, one.actual, size_text(one.size) if one.size else "-", _state(one))
        for one in rows
    ]
    return table(("FORMER", "HERE", "SIZE", "STATE"), cells)


def _state(one: FormerRow) -> str:
    if one.state == "doubtful":
        return f"left alone, being another's: {one.whose}"
    return _STATES[one.state]


def _data(one: FormerRow) -> dict[str, object]:
    return {
        "volume": one.volume,
        "target": one.actual,
        "project": one.project,
        "size": one.size,
        "state": one.state,
        "whose": one.whose,
    }
