"""Where everything stands, in pixels: cards, frames and the bends of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from container_manager.picture.cards import SIDE, SMALL_SIZE, height_of, width_for
from container_manager.picture.cells import Cell, Frame, Grid, grid_of
from container_manager.picture.channels import Channels, channels_of
from container_manager.picture.model import Group, Kind, Link, Node, Picture
from container_manager.picture.routing import Pin, Spot, Way, nets_of
from container_manager.picture.text import fitted, width_of

PAD = 12
"""Between a frame and its cards."""

HEADING = 30
"""Above the cards of a frame, for its title."""

TITLE_SIZE = 12.5
SPACING = 9
"""Between two tracks."""

SLOT = 12
_CLEAR = 10
"""Between a frame and the first track."""

_SLOT_MARGIN = 16
_SWATCH = 15
_NOTE_GAP = 8


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A place in pixels, from the upper left."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right border."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower border."""
        return self.y + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A node and its box."""

    node: Node
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFrame:
    """A frame, what is shown of its title and note, and the room of that."""

    group: Group
    title: str
    note: str
    box: Box
    heading: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A line from the border of one node to that of another."""

    link: Link
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All lines of one kind to one target, which end in the same point."""

    target: str
    kind: Kind
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A picture with places."""

    width: float
    height: float
    nodes: tuple[Placed, ...]
    frames: tuple[PlacedFrame, ...]
    bundles: tuple[Bundle, ...]


def layout_of(picture: Picture) -> Layout:
    """Where everything of a picture stands; the same picture always has the same layout."""
    if not picture.groups:
        return Layout(width=0, height=0, nodes=(), frames=(), bundles=())
    grid = grid_of(picture)
    nets = nets_of(grid, picture.links)
    scale = _Scale.of(picture, grid, channels_of(nets))
    return Layout(
        width=scale.lefts[-1] + scale.channel_widths[-1],
        height=scale.tops[-1] + scale.channel_heights[-1],
        nodes=tuple(
            Placed(node=node, box=scale.box(grid.cells[key], grid.cells[key]))
            for key, node in picture.nodes.items()
        ),
        frames=tuple(_frame(frame, scale) for frame in grid.frames),
        bundles=tuple(
            Bundle(
                target=net.target,
                kind=net.kind,
                paths=tuple(
                    Path(link=way.link, points=tuple(scale.points(number, way))) for way in net.ways
                ),
            )
            for number, net in enumerate(nets)
        ),
    )


def _frame(frame: Frame, scale: _Scale) -> PlacedFrame:
    inner = scale.box(frame.first, frame.last)
    room = scale.card - SIDE - _SWATCH
    title = fitted(frame.group.title, room, TITLE_SIZE, bold=True)
    end = width_of(title, TITLE_SIZE, bold=True) + _NOTE_GAP
    note = frame.group.note
    return PlacedFrame(
        group=frame.group,
        title=title,
        note=note if end + width_of(note, SMALL_SIZE) <= room else "",
        box=Box(
            x=inner.x - PAD,
            y=inner.y - HEADING,
            width=inner.width + 2 * PAD,
            height=inner.height + HEADING + PAD,
        ),
        heading=Box(x=inner.x, y=inner.y - HEADING, width=scale.card, height=HEADING),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From cells, spots and tracks to pixels.

    Attributes:
        channels: the tracks.
        lefts: where each vertical channel begins; one more than there are columns.
        channel_widths: how wide each of them is.
        tops: where each horizontal channel begins.
        channel_heights: how high each of them is.
        heights: how high the cards of each row are.
        card: how wide all cards are.
    """

    channels: Channels
    lefts: Sequence[float]
    channel_widths: Sequence[float]
    tops: Sequence[float]
    channel_heights: Sequence[float]
    heights: Sequence[float]
    card: float

    @classmethod
    def of(cls, picture: Picture, grid: Grid, channels: Channels) -> _Scale:
        """The scale that gives each track its room."""
        headed = frozenset(frame.first.row for frame in grid.frames)
        widths = [
            _room(channels.columns.get(i, 0), PAD if i else 0, PAD if i < grid.columns else 0)
            for i in range(grid.columns + 1)
        ]
        across = [
            _room(channels.rows.get(j, 0), PAD if j else 0, HEADING if j in headed else 0)
            for j in range(grid.rows + 1)
        ]
        card = width_for(picture.nodes.values())
        heights = _heights(picture, grid, channels)
        lefts = _running(width + card for width in widths)
        tops = _running(a + h for a, h in zip(across, [*heights, 0.0], strict=True))
        return cls(
            channels=channels,
            lefts=lefts,
            channel_widths=widths,
            tops=tops,
            channel_heights=across,
            heights=heights,
            card=card,
        )

    def box(self, first: Cell, last: Cell) -> Box:
        """What a rectangle of cells covers."""
        x, y = self._left(first.column), self._top(first.row)
        right = self._left(last.column) + self.card
        bottom = self._top(last.row) + self.heights[last.row]
        return Box(x=x, y=y, width=right - x, height=bottom - y)

    def _left(self, column: int) -> float:
        return self.lefts[column] + self.channel_widths[column]

    def _top(self, row: int) -> float:
        return self.tops[row] + self.channel_heights[row]

    def points(self, net: int, way: Way) -> Iterator[Point]:
        """The bends of a line, from border to border."""
        start, end = self._at(net, way.start), self._at(net, way.end)
        corners = [start]
        for spot, other in pairwise(way.spots):
            if spot.channel == other.channel:
                # Points between the ends of a straight piece may lie anywhere on it: they go.
                corners += [self._upright(net, spot, start), self._upright(net, other, end)]
        yield from _without_straight([*corners, end])

    def _upright(self, net: int, spot: Spot, pinned: Point) -> Point:
        """Where a vertical run passes a spot; beside a card, at the height of its pin."""
        x = self._x(spot.channel, self.channels.vertical[net, spot])
        if not spot.is_crossing:
            return Point(x, pinned.y)
        track = self.channels.horizontal.get((net, spot))
        return Point(x, pinned.y if track is None else self._y(spot.rank // 2, track))

    def _x(self, channel: int, track: int) -> float:
        return self.lefts[channel] + (PAD if channel else 0) + _CLEAR + SPACING * track

    def _y(self, channel: int, track: int) -> float:
        return self.tops[channel] + (PAD if channel else 0) + _CLEAR + SPACING * track

    def _at(self, net: int, pin: Pin) -> Point:
        """Where a line touches a card."""
        row = (pin.spot.rank - 1) // 2
        slots = self.channels.slots[pin.spot]
        middle = self._top(row) + self.heights[row] / 2
        y = middle + SLOT * (slots.index(net) - (len(slots) - 1) / 2)
        column = pin.spot.channel - 1 if pin.right else pin.spot.channel
        return Point(self._left(column) + (self.card if pin.right else 0), y)


def _room(tracks: int, before: float, after: float) -> float:
    """What a channel takes, with the parts of frames on either side of its tracks."""
    if not tracks and not (before and after):
        return before + after
    return before + 2 * _CLEAR + SPACING * max(tracks - 1, 0) + after


def _heights(picture: Picture, grid: Grid, channels: Channels) -> list[float]:
    """All cards of a row are as high as the highest, or as the lines beside them need."""
    heights = [0.0] * grid.rows
    for key, node in picture.nodes.items():
        row = grid.cells[key].row
        heights[row] = max(heights[row], height_of(node))
    for spot, slots in channels.slots.items():
        row = (spot.rank - 1) // 2
        heights[row] = max(heights[row], 2 * _SLOT_MARGIN + SLOT * (len(slots) - 1))
    return heights


def _running(sizes: Iterator[float]) -> list[float]:
    """Where each of several things begins that follow one another."""
    starts = [0.0]
    for size in sizes:
        starts.append(starts[-1] + size)
    return starts[:-1]


def _without_straight(corners: Sequence[Point]) -> Iterator[Point]:
    """The same line without points at which it goes straight on."""
    kept: list[Point] = []
    for point in corners:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    yield from kept


def _straight(a: Point, b: Point, c: Point) -> bool:
    return (a.x == b.x == c.x) or (a.y == b.y == c.y)
