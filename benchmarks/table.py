"""The numbers as Markdown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.cases import CASES, COMMANDS, MIB, RIVALS, Case, Kind, Quantity
from benchmarks.process import Timing
from benchmarks.session import Results, row_sizes

_PER_CENT = 100
_SHOWN = 5
"""Files that are named where many differ."""


@dataclass(frozen=True)
class Row:
    """One case at one size.

    Attributes:
        case: what is compared.
        services: the size of the project.
        ours: our number, in seconds or bytes.
        theirs: the rival's; None where there is none.
        ratio: in the unit that the case's aims have.
        aim: the limit; None where the aim is for another size.
        is_met: whether the ratio keeps it; None where it is not judged.
    """

    case: Case
    services: int
    ours: float
    theirs: float | None
    ratio: float
    aim: float | None
    is_met: bool | None


def rows(results: Results, sizes: Collection[int], *, judge: bool = True) -> list[Row]:
    """All cases, at the sizes that can be shown.

    Args:
        results: what was measured.
        sizes: the sizes that were asked for.
        judge: whether ratios are held against their aims.
    """
    found = []
    for case in CASES:
        for services in row_sizes(case, sizes):
            ours = results.figure(case.ours, services)
            theirs = None if case.theirs is None else results.figure(case.theirs, services)
            if ours is not None and (theirs is not None or case.theirs is None):
                found.append(_row(case, services, ours, theirs, judge=judge))
    return found


def _row(case: Case, services: int, ours: float, theirs: float | None, *, judge: bool) -> Row:
    ratio = _ratio(case.kind, ours, theirs)
    aim = next((aim.limit for aim in case.aims if aim.services == services), None)
    is_met = None
    if judge and aim is not None:
        is_met = ratio >= aim if case.kind is Kind.FASTER else ratio <= aim
    return Row(case, services, ours, theirs, ratio, aim, is_met)


def _ratio(kind: Kind, ours: float, theirs: float | None) -> float:
    if theirs is None:
        return ours / MIB
    if kind is Kind.FASTER:
        return theirs / ours
    return ours / theirs * (_PER_CENT if kind is Kind.SHARE else 1)


_UNITS = {Kind.FASTER: "times faster", Kind.TIMES: "times", Kind.SHARE: "%", Kind.LIMIT: "MiB"}


def ratios(found: Iterable[Row]) -> str:
    """The table of ratios and aims."""
    return _table(
        ("measured", "compared with", "services", "ours", "theirs", "ratio", "aim", "result"),
        [
            (
                row.case.title,
                row.case.rival,
                f"{row.services:,}",
                _number(row.ours, row.case.ours.quantity),
                "" if row.theirs is None else _number(row.theirs, row.case.ours.quantity),
                f"{row.ratio:.3g} {_UNITS[row.case.kind]}",
                "; ".join(_aims(row.case, row.services)),
                {True: "met", False: "**missed**", None: "not judged"}[row.is_met],
            )
            for row in found
        ],
    )


def _aims(case: Case, services: int) -> Iterator[str]:
    """The aims for this size, or else all, with the sizes that they are for."""
    here = [aim for aim in case.aims if aim.services == services]
    for aim in here or case.aims:
        words = case.kind.value.format(f"{aim.limit:g}")
        yield words if here else f"{words} at {aim.services:,}"


def _number(value: float, quantity: Quantity) -> str:
    return f"{value / MIB:.1f} MiB" if quantity is Quantity.MEMORY else _seconds(value)


def _seconds(value: float) -> str:
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"


def medians(results: Results) -> str:
    """The table of all times, by command and size."""
    sizes = results.sizes()
    return _table(
        ("seconds of wall time (of processor time)", *(f"{size:,}" for size in sizes)),
        [
            (command.name, *(_median(results.median(command, size)) for size in sizes))
            for command in COMMANDS
        ],
    )


def _median(timing: Timing | None) -> str:
    return "" if timing is None else f"{timing.wall:.3f} ({timing.cpu:.3f})"


def machine(facts: Iterable[tuple[str, str]]) -> str:
    """The table of what was measured on."""
    return _table(("measured on", ""), list(facts))


def sameness(results: Results) -> list[str]:
    """A sentence for each rival and size: are its files ours?"""
    return [
        f"{rival.name}, {services:,} services: {_same(results.compared[key], different)}"
        for rival in RIVALS
        for key, different in results.different.items()
        for services in [key[1]]
        if key[0] is rival
    ]


def _same(compared: int, different: Sequence[str]) -> str:
    if not different:
        return f"the same {compared:,} files as ours."
    more = ", …" if len(different) > _SHOWN else ""
    return f"{len(different):,} files differ from ours: {', '.join(different[:_SHOWN])}{more}."


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
