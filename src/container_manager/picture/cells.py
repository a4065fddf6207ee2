"""Which cell of a grid each thing takes: those that need others on the left, what they need right.

Each group is a rectangle of cells. Several shapes are tried, and the one is taken that is well
proportioned, wastes little, and keeps linked things near each other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from container_manager.picture.model import Group, Link, Picture

MAX_COLUMNS = 6
"""A page shows about this many cards side by side at a legible size."""

_MAX_ROWS = 8
_CELL_WIDTH, _CELL_HEIGHT = 290, 165
_PROPORTION = 1.4
_AROUND = 150
"""How high the title and the legend are, about."""

_SPARSE = (0.5, 0.75, 1)
"""A group keeps its layers as columns while at least this part of its cells is used; what is best
for all groups is tried."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A place in the grid, counted from the upper left."""

    row: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The rectangle of cells that a group takes; the last row and column are its own."""

    group: Group
    first: Cell
    last: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Where everything stands.

    Attributes:
        cells: key of a node -> its cell.
        frames: one a group.
        columns: how many there are.
        rows: how many there are.
    """

    cells: Mapping[str, Cell]
    frames: tuple[Frame, ...]
    columns: int
    rows: int


def grid_of(picture: Picture) -> Grid:
    """The best of the grids that were tried; the first of several equals."""
    return min(_candidates(picture), key=lambda grid: _badness(grid, picture.links))


def _candidates(picture: Picture) -> Iterator[Grid]:
    for high, sparse in itertools.product(range(1, _MAX_ROWS + 1), _SPARSE):
        shapes = [_Shape.of(group, picture.links, high, sparse) for group in picture.groups]
        for columns in range(1, MAX_COLUMNS + 1):
            if all(shape.columns <= columns for shape in shapes):
                yield _packed(picture.groups, shapes, columns)


def _badness(grid: Grid, links: Sequence[Link]) -> float:
    width, height = grid.columns * _CELL_WIDTH, grid.rows * _CELL_HEIGHT
    off = abs(math.log(width / (height + _AROUND) / _PROPORTION)) if width and height else 0
    length = 0
    for link in links:
        source, target = grid.cells[link.source], grid.cells[link.target]
        length += abs(source.column + 1 - target.column) * _CELL_WIDTH
        length += abs(source.row - target.row) * _CELL_HEIGHT
    return width * height * (1 + off / 2) + length * _CELL_HEIGHT / 2


@dataclass(frozen=True, slots=True)
class _Shape:
    """The cells of a group, counted from its own corner."""

    cells: Mapping[str, Cell]

    @property
    def columns(self) -> int:
        return 1 + max((cell.column for cell in self.cells.values()), default=0)

    @property
    def rows(self) -> int:
        return 1 + max((cell.row for cell in self.cells.values()), default=0)

    @classmethod
    def of(cls, group: Group, links: Sequence[Link], high: int, sparse: float) -> _Shape:
        """Columns of at most ``high`` cells, more where too many columns would be needed."""
        layers = _layers(group, links)
        columns = [part for layer in layers for part in _parts(layer, high)]
        size = len(columns) * max(map(len, columns))
        if len(columns) > MAX_COLUMNS or len(group.nodes) < sparse * size:
            in_order = [key for layer in layers for key in layer]
            high = max(high, math.ceil(len(in_order) / MAX_COLUMNS))
            columns = list(_parts(in_order, high))
        return cls(
            {
                key: Cell(row, column)
                for column, keys in enumerate(columns)
                for row, key in enumerate(keys)
            }
        )


def _parts(keys: Sequence[str], high: int) -> Iterator[list[str]]:
    """Columns that are filled evenly."""
    count = math.ceil(len(keys) / high)
    start = 0
    for left in range(count, 0, -1):
        size = math.ceil((len(keys) - start) / left)
        yield list(keys[start : start + size])
        start += size


def _layers(group: Group, links: Sequence[Link]) -> list[list[str]]:
    """The nodes by how many others stand before them in the longest chain within the group."""
    keys = [node.key for node in group.nodes]
    known = set(keys)
    needed_by: dict[str, list[str]] = {key: [] for key in keys}
    for link in links:
        if link.source in known and link.target in known:
            needed_by[link.target].append(link.source)
    depth: dict[str, int] = {}
    while len(depth) < len(keys):
        ready = [k for k in keys if k not in depth and all(n in depth for n in needed_by[k])]
        for key in ready or keys:  # a circle is refused where stacks are read
            depth.setdefault(key, 1 + max((depth.get(n, 0) for n in needed_by[key]), default=-1))
    layers: list[list[str]] = [[] for _ in range(1 + max(depth.values()))]
    for key in keys:
        layers[depth[key]].append(key)
    place: dict[str, float] = {}
    for layer in layers:
        own = {key: _mean([place[n] for n in needed_by[key] if n in place]) for key in layer}
        layer.sort(key=lambda key: own[key])  # what nobody needs stays in its order
        place.update({key: index / len(layer) for index, key in enumerate(layer)})
    return layers


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.5


def _packed(groups: Sequence[Group], shapes: Sequence[_Shape], columns: int) -> Grid:
    """Each group as high up as there is room, in order."""
    filled = [0] * columns
    cells: dict[str, Cell] = {}
    frames = []
    for group, shape in zip(groups, shapes, strict=True):
        starts = range(columns - shape.columns + 1)
        row, left = min((max(filled[at : at + shape.columns]), at) for at in starts)
        for at in range(left, left + shape.columns):
            filled[at] = row + shape.rows
        for key, cell in shape.cells.items():
            cells[key] = Cell(row + cell.row, left + cell.column)
        last = Cell(row + shape.rows - 1, left + shape.columns - 1)
        frames.append(Frame(group=group, first=Cell(row, left), last=last))
    used = [frame.last.column + 1 for frame in frames]
    return Grid(cells=cells, frames=tuple(frames), columns=max(used, default=0), rows=max(filled))
