"""Which way each line takes: through the channels between cells, never over one.

A *net* is all lines of one kind to one target; they flow together, like tracks of a railway, and
share what they can. Vertical channel ``i`` lies left of column ``i``, horizontal channel ``j``
above row ``j``; a way is found from crossing to crossing.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from container_manager.picture.cells import Cell, Grid
from container_manager.picture.model import Kind, Link

_ACROSS, _DOWN, _BEND = 290, 80, 30
_USED = 12
_AGAINST = 45
"""What it costs to leave a card on its left or to reach one on its right."""


class Spot(NamedTuple):
    """A point of the channels: in vertical channel ``channel``, at height ``rank``.

    An even rank is the crossing with horizontal channel ``rank / 2``; an odd one lies beside the
    cells of row ``(rank - 1) / 2``.
    """

    channel: int
    rank: int

    @property
    def is_crossing(self) -> bool:
        """Whether a horizontal channel begins here."""
        return self.rank % 2 == 0


class Pin(NamedTuple):
    """Where a line touches a card: the spot beside it, and on which side of the card that is."""

    spot: Spot
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One line, from its source to its target."""

    link: Link
    start: Pin
    end: Pin
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """All lines of one kind to one target."""

    target: str
    kind: Kind
    ways: tuple[Way, ...]


def nets_of(grid: Grid, links: Sequence[Link]) -> tuple[Net, ...]:
    """All lines with their ways, short nets first: they have the least choice."""
    gathered: dict[tuple[str, Kind], list[Link]] = {}
    for link in links:
        gathered.setdefault((link.target, link.kind), []).append(link)
    order = sorted(gathered.items(), key=lambda one: sum(_distance(grid, link) for link in one[1]))
    used: dict[tuple[Spot, Spot], int] = {}
    found: dict[tuple[str, Kind], Net] = {}
    for (target, kind), own in order:
        nearest_first = sorted(own, key=lambda link: _distance(grid, link))
        router = _Router(grid, grid.cells[target], used)
        ways = {link.source: router.way(link) for link in nearest_first}
        for step in router.steps:
            used[step] = used.get(step, 0) + 1
        found[target, kind] = Net(
            target=target, kind=kind, ways=tuple(ways[link.source] for link in own)
        )
    return tuple(found[key] for key in gathered)


def _distance(grid: Grid, link: Link) -> int:
    source, target = grid.cells[link.source], grid.cells[link.target]
    across = abs(source.column + 1 - target.column) * _ACROSS
    return across + abs(source.row - target.row) * 2 * _DOWN


def pins_of(cell: Cell) -> tuple[Pin, Pin]:
    """The two pins of a cell: left and right."""
    rank = 2 * cell.row + 1
    left, right = Spot(cell.column, rank), Spot(cell.column + 1, rank)
    return Pin(left, False), Pin(right, True)


class _Router:
    """Finds the ways of one net, each joining those before it as soon as that is shorter."""

    def __init__(self, grid: Grid, target: Cell, used: Mapping[tuple[Spot, Spot], int]) -> None:
        self._grid, self._used = grid, used
        self._ends = pins_of(target)
        self._onward: dict[Spot, Spot | None] = {}
        self._end: Pin | None = None
        self.steps: set[tuple[Spot, Spot]] = set()

    def way(self, link: Link) -> Way:
        """The way of one line."""
        pins = pins_of(self._grid.cells[link.source])
        spots = self._shortest(pins)
        if self._end is None:
            self._end = next(pin for pin in self._ends if pin.spot == spots[-1])
            self._onward[spots[-1]] = None
        for here, there in itertools.pairwise(spots):
            self._onward.setdefault(here, there)
            self.steps.add(_step(here, there))
        while (onward := self._onward[spots[-1]]) is not None:
            spots.append(onward)
        start = next(pin for pin in pins if pin.spot == spots[0])
        return Way(link=link, start=start, end=self._end, spots=tuple(spots))

    def _shortest(self, pins: Sequence[Pin]) -> list[Spot]:
        queue: list[tuple[int, Spot, bool, tuple[Spot, ...]]] = []
        for pin in pins:
            heapq.heappush(queue, (0 if pin.right else _AGAINST, pin.spot, True, (pin.spot,)))
        done: set[tuple[Spot, bool]] = set()
        goals = self._goals()
        best: tuple[int, tuple[Spot, ...]] | None = None
        while queue:
            cost, spot, across, path = heapq.heappop(queue)
            if best is not None and cost >= best[0]:
                break
            if (spot, across) in done:
                continue
            done.add((spot, across))
            if spot in goals and (best is None or cost + goals[spot] < best[0]):
                best = (cost + goals[spot], path)
            for other in self._beside(spot):
                turned = other.channel != spot.channel
                price = self._price(spot, other) + (_BEND if turned != across else 0)
                heapq.heappush(queue, (cost + price, other, turned, (*path, other)))
        assert best is not None  # every spot is reached from every other
        return list(best[1])

    def _goals(self) -> dict[Spot, int]:
        """Where a way may end, and what it costs to end there."""
        if self._onward:
            return dict.fromkeys(self._onward, 0)
        return {pin.spot: _AGAINST if pin.right else 0 for pin in self._ends}

    def _price(self, here: Spot, there: Spot) -> int:
        length = _DOWN if here.channel == there.channel else _ACROSS
        return length + _USED * self._used.get(_step(here, there), 0)

    def _beside(self, spot: Spot) -> Iterator[Spot]:
        if spot.rank > 0:
            yield Spot(spot.channel, spot.rank - 1)
        if spot.rank < 2 * self._grid.rows:
            yield Spot(spot.channel, spot.rank + 1)
        if spot.is_crossing and spot.channel > 0:
            yield Spot(spot.channel - 1, spot.rank)
        if spot.is_crossing and spot.channel < self._grid.columns:
            yield Spot(spot.channel + 1, spot.rank)


def _step(here: Spot, there: Spot) -> tuple[Spot, Spot]:
    return (here, there) if here < there else (there, here)
