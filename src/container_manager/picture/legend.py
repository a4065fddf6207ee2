"""What lines and marks mean, and which networks there are: below the picture, only what occurs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from container_manager.picture.cards import SMALL_SIZE
from container_manager.picture.drawing import element, words
from container_manager.picture.layout import Point
from container_manager.picture.marks import MARK_SIZE, icon, mark_id
from container_manager.picture.model import Kind, Network, Picture, State
from container_manager.picture.telling import counted
from container_manager.picture.text import fitted, width_of

_ROW = 24
_GAP = 26
_SAMPLE = 40
_MEANINGS = {
    Kind.HEALTHY: "waits until healthy",
    Kind.STARTED: "waits until started",
    Kind.COMPLETED: "waits until it has ended well",
    Kind.MOUNTS: "shares the volume",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    kind: Kind | State | None
    text: str

    @property
    def lead(self) -> float:
        """What stands before the text takes so much."""
        return _SAMPLE + 8 if isinstance(self.kind, Kind) else MARK_SIZE + 6


class Legend:
    """The legend of a picture.

    Args:
        picture: what it explains.
        room: how wide it may be.
        with_states: whether states are shown.
    """

    def __init__(self, picture: Picture, room: float, *, with_states: bool) -> None:
        kinds = {link.kind for link in picture.links}
        rows: list[list[_Item]] = [
            [_Item(kind=kind, text=text) for kind, text in _MEANINGS.items() if kind in kinds],
            [_Item(kind=state, text=str(state)) for state in State if with_states],
            [_Item(kind=None, text=_told(network)) for network in picture.networks],
        ]
        self._placed = list(_flowed(rows, room))

    @property
    def height(self) -> float:
        """How high it is."""
        return (1 + max((row for row, _, _ in self._placed), default=-1)) * _ROW

    def drawn(self, left: float, top: float) -> Iterator[str]:
        """Its elements, from a place on."""
        for row, x, item in self._placed:
            yield from _drawn(item, left + x, top + row * _ROW + _ROW / 2)


def _flowed(rows: list[list[_Item]], room: float) -> Iterator[tuple[int, float, _Item]]:
    at = -1
    for items in rows:
        x = room
        for item in items:
            text = fitted(item.text, room - item.lead, SMALL_SIZE)
            width = item.lead + width_of(text, SMALL_SIZE)
            if x + width > room:
                at, x = at + 1, 0
            yield at, x, _Item(kind=item.kind, text=text)
            x += width + _GAP


def _told(network: Network) -> str:
    who = "every service" if network.of_all else counted(network.members, "service")
    notes = [note for note, is_so in _notes(network) if is_so]
    return f"{network.name}: {', '.join([who, *notes])}"


def _notes(network: Network) -> Iterator[tuple[str, bool]]:
    yield "internal", network.internal
    yield "external", network.external


def _drawn(item: _Item, x: float, y: float) -> Iterator[str]:
    if isinstance(item.kind, Kind):
        end = Point(x + _SAMPLE, y)
        way = f"M{x:g} {y:g}H{end.x - 7:g}"
        sample = element("path", class_="line sample", d=way)
        tip = head(item.kind, end, forward=True, classes="head sample-head")
        yield element("g", sample, tip, class_=str(item.kind))
    elif isinstance(item.kind, State):
        yield element(
            "use", href=f"#{mark_id(item.kind)}",
            x=x, y=y - MARK_SIZE / 2, width=MARK_SIZE, height=MARK_SIZE,
        )  # fmt: skip
    else:
        yield icon("network", x + 2, y - 6)
    yield element("text", words(item.text), class_="muted", x=x + item.lead, y=y + 4)


def head(kind: Kind, tip: Point, *, forward: bool, classes: str) -> str:
    """The end of a line; its shape says what the line means, as its dashes do.

    Args:
        kind: what the line means.
        tip: where it ends.
        forward: whether it comes from the left.
        classes: of the element.
    """
    back = -1 if forward else 1
    x, y = tip.x + back, tip.y
    if kind is Kind.MOUNTS:
        return element("circle", class_=classes, cx=x + 3 * back, cy=y, r=2.6)
    triangle = f"M{x:g} {y:g}L{x + 8 * back:g} {y - 4:g}V{y + 4:g}Z"
    if kind is Kind.STARTED:
        return element("path", class_=f"{classes} open", d=triangle)
    if kind is Kind.COMPLETED:
        return element("path", class_=classes, d=f"M{x:g} {y - 4.5:g}V{y + 4.5:g}{triangle}")
    return element("path", class_=classes, d=triangle)
