"""What is written on a card, line by line, each fitted to its room."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from container_manager.picture.model import Card, Node, SharedVolume
from container_manager.picture.text import fitted, fitted_path, printable, width_of

_WIDTHS = (196, 264)
"""Cards are as wide as the longest name needs, between these."""

SIDE = 14
"""Between the border of a card and its text."""

INDENT = 18
"""What an icon takes, to the left of a line."""

NAME_SIZE, SMALL_SIZE, MONO_SIZE = 13.5, 11.5, 11.0
STATE_ROOM = 98
"""Kept free at the right of the second line, for the state of a running service."""

_HEAD, _LINE, _FOOT = 48, 18, 12
_VOLUME_HEIGHT = 76
_MOST_PORTS = 3
_MOST_VOLUMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One line: what is shown, and all of it."""

    icon: str
    shown: str
    whole: str
    mono: bool = False


def width_for(nodes: Iterable[Node]) -> float:
    """How wide all cards of a picture are, in pixels."""
    needed = [2 * SIDE + _lead(node) + width_of(printable(node.name), NAME_SIZE, bold=True)
              for node in nodes]  # fmt: skip
    return min(max([_WIDTHS[0], *(math.ceil(one / 4) * 4 for one in needed)]), _WIDTHS[1])


def _lead(node: Node) -> float:
    return INDENT if node.is_volume else 0


def height_of(node: Node) -> float:
    """How high the card of a node is at least, in pixels."""
    if isinstance(node.shown, SharedVolume):
        return _VOLUME_HEIGHT
    return _HEAD + _LINE * len(lines_of(node.shown, _WIDTHS[1])) + _FOOT


def baseline_of(index: int) -> float:
    """Where a line below the head of a card stands."""
    return _HEAD + _LINE * index + 13


def name_of(node: Node, width: float) -> str:
    """The name that is shown on a card of some width."""
    return fitted(node.name, width - 2 * SIDE - _lead(node), NAME_SIZE, bold=True)


def lines_of(card: Card, width: float) -> tuple[Written, ...]:
    """What stands below the head of a card of some width."""
    room = width - 2 * SIDE - INDENT
    return (
        _image(card, room),
        *_several("port", card.ports, _MOST_PORTS, room),
        *_several("volume", card.volumes, _MOST_VOLUMES, room),
        *([_line("network", ", ".join(card.networks), room)] if card.networks else []),
    )


def _image(card: Card, room: float) -> Written:
    if card.built:
        return Written(icon="build", shown="built here", whole="built here")
    # What everybody knows is left out first: where images are that name no registry.
    short = card.image.removeprefix("docker.io/").removeprefix("library/")
    shown = fitted_path(short, room, MONO_SIZE, mono=True)
    return Written(icon="image", shown=shown, whole=printable(card.image), mono=True)


def _several(icon: str, texts: Sequence[str], most: int, room: float) -> Iterator[Written]:
    """As many lines as there is room for; the last one counts what is left out."""
    kept = texts if len(texts) <= most else texts[: most - 1]
    for text in kept:
        yield _line(icon, text, room)
    left = texts[len(kept) :]
    if left:
        yield Written(icon=icon, shown=f"and {len(left)} more", whole=", ".join(left))


def _line(icon: str, text: str, room: float) -> Written:
    mono = icon == "port"
    size = MONO_SIZE if mono else SMALL_SIZE
    return Written(
        icon=icon, shown=fitted(text, room, size, mono=mono), whole=printable(text), mono=mono
    )
