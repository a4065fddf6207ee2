"""Values that know which line they come from, so that a failing assertion can say it.

They are the ordinary types (``dict``, ``list``, ``str``, ``int``, ``float``) and compare as these
do. ``True``, ``False`` and ``None`` cannot know anything; the mapping or list around them does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container_manager.build.trace import template_line
from container_manager.errors import Location
from container_manager.model import Node

_SHOWN = 3
"""Places that one explanation names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value was written.

    Attributes:
        file: the template, or the configuration file.
        line: the line of ``rendered``, or of ``file`` where nothing was rendered; None: all of it.
        rendered: what the template gave; None where ``file`` was read as it is.
    """

    file: Path
    line: int | None = None
    rendered: str | None = field(default=None, repr=False)

    def told(self) -> list[str]:
        """The place, and below it the line itself."""
        if self.line is None:
            return [f"It comes from {Location(self.file)}"]
        try:
            source = self.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            source = ""
        line = self.line
        if self.rendered is not None:
            line = template_line(source, self.rendered, line)
        lines = source.splitlines()
        shown = [f"    {lines[line - 1].strip()}"] if line <= len(lines) else []
        return [f"It comes from {Location(self.file, line)}", *shown]


class Traced:
    """What all values with an origin have in common."""

    origin: Origin | None = None


class TracedStr(Traced, str):
    """A text that knows its place."""


class TracedInt(Traced, int):
    """A whole number that knows its place."""


class TracedFloat(Traced, float):
    """A number that knows its place."""


class TracedList(Traced, list[Any]):
    """A list that knows the places of its items."""

    def __init__(self, items: Any = (), origins: tuple[Origin, ...] = ()) -> None:
        super().__init__(items)
        self.origins = dict(enumerate(origins))


class TracedDict(Traced, dict[Any, Any]):
    """A mapping that knows the places of its values."""

    what = "key"

    def __init__(self, items: Any = (), origins: dict[Any, Origin] | None = None) -> None:
        super().__init__(items)
        self.origins = origins or {}

    def __missing__(self, key: object) -> Any:
        __tracebackhide__ = True
        raise KeyError(f"no {self.what} {key!r}; there are: {', '.join(map(str, self)) or 'none'}")


def traced(node: Node, origin: Callable[[Location], Origin]) -> Any:
    """A parsed document as plain values that know their places.

    Args:
        node: the document.
        origin: tells where something that stands at a place was written.
    """
    return _traced(node.plain(), node, origin, origin(node.where))


def with_places(value: Any, node: Node, origin: Callable[[Location], Origin]) -> Any:
    """Values that were made from a document, and know the places in it."""
    return _traced(value, node, origin, origin(node.where))


def _traced(
    value: Any, node: Node | None, origin: Callable[[Location], Origin], place: Origin
) -> Any:
    result: Any
    if isinstance(value, dict):
        children = {key: node.find((key,)) if node else None for key in value}
        places = {key: origin(at.where) if at else place for key, at in children.items()}
        items = {k: _traced(v, children[k], origin, places[k]) for k, v in value.items()}
        result = TracedDict(items, places)
    elif isinstance(value, (list, tuple)):
        nodes = [node.find((index,)) if node else None for index in range(len(value))]
        spots = tuple(origin(at.where) if at else place for at in nodes)
        result = TracedList(
            (_traced(v, n, origin, p) for v, n, p in zip(value, nodes, spots, strict=True)), spots
        )
    elif isinstance(value, bool) or value is None:
        return value
    else:
        kinds = ((int, TracedInt), (float, TracedFloat), (str, TracedStr))
        made = next((kind(value) for base, kind in kinds if isinstance(value, base)), None)
        if made is None:
            return value
        result = made
    result.origin = place
    return result


def plain(value: Any) -> Any:
    """The same without places: what ``yaml.safe_dump`` takes, for example."""
    if isinstance(value, dict):
        return {plain(key): plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [plain(child) for child in value]
    if isinstance(value, tuple):
        children = map(plain, value)
        return type(value)(*children) if hasattr(value, "_fields") else tuple(children)
    if isinstance(value, (set, frozenset)):
        return type(value)(map(plain, value))
    for kind, base in ((TracedStr, str), (TracedInt, int), (TracedFloat, float)):
        if isinstance(value, kind):
            return base(value)
    return value


def explain(left: Any, right: Any) -> list[str]:
    """Where the parts of two compared values that differ were written, a few of them."""
    origins = [*_differing(left, right), *_differing(right, left)]
    lines: list[str] = []
    for origin in list(dict.fromkeys(origins))[:_SHOWN]:
        lines += origin.told()
    return lines


def _differing(value: Any, other: Any) -> Iterator[Origin]:
    """The origins of the deepest parts of ``value`` that are not in ``other``."""
    if not isinstance(value, Traced):
        return
    deeper: list[Origin] = []
    if isinstance(value, TracedDict) and isinstance(other, dict):
        for key, child in value.items():
            if key not in other or other[key] != child:
                deeper += _child(value, key, child, other.get(key))
    elif isinstance(value, TracedList) and isinstance(other, (list, tuple)):
        for index, child in enumerate(value):
            if index >= len(other) or other[index] != child:
                deeper += _child(value, index, child, other[index] if index < len(other) else None)
    if deeper:
        yield from deeper
    elif value.origin is not None:
        yield value.origin


def _child(parent: TracedDict | TracedList, key: Any, child: Any, other: Any) -> list[Origin]:
    if isinstance(child, Traced) and child.origin is not None:
        return list(_differing(child, other))
    place = parent.origins.get(key)
    return [place] if place is not None else []
