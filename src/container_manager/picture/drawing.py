"""Elements of SVG as text; whatever is written into one is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from container_manager.picture.layout import Point
from container_manager.picture.text import printable

_RADIUS = 7.0


def element(tag: str, *content: str, **attributes: str | float | None) -> str:
    """An element; its content is SVG already, its attributes are not.

    An underscore at the end of an attribute's name is left out, others are hyphens.

    >>> element("text", words("a < b"), class_="name", x=1.50, font_size=None)
    '<text class="name" x="1.5">a &lt; b</text>'
    """
    given = "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_value(value))}"
        for name, value in attributes.items()
        if value is not None
    )
    inner = "".join(content)
    return f"<{tag}{given}>{inner}</{tag}>" if inner else f"<{tag}{given}/>"


def _value(value: str | float) -> str:
    return printable(value) if isinstance(value, str) else number(value)


def words(text: str) -> str:
    """Text, to stand in an element."""
    return escape(printable(text))


def number(value: float) -> str:
    """A length, as short as it can be.

    >>> number(12.0), number(0.25), number(-3.96)
    ('12', '0.2', '-4')
    """
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # the sum is never -0.0


def line(points: Sequence[Point]) -> str:
    """The ``d`` of a line with round bends."""
    parts = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_RADIUS, _length(before, corner) / 2, _length(corner, after) / 2)
        parts.append(f"L{_at(shifted(corner, before, radius))}")
        parts.append(f"Q{_at(corner)} {_at(shifted(corner, after, radius))}")
    parts.append(f"L{_at(points[-1])}")
    return "".join(parts)


def lines(parts: Iterable[str]) -> str:
    """Elements, each on a line of its own."""
    return "".join(f"{part}\n" for part in parts)


def _at(point: Point) -> str:
    return f"{number(point.x)} {number(point.y)}"


def _length(one: Point, other: Point) -> float:
    return abs(one.x - other.x) + abs(one.y - other.y)


def shifted(start: Point, goal: Point, distance: float) -> Point:
    """The point at a distance from one point towards another, on a line that is straight."""
    whole = _length(start, goal)
    part = distance / whole if whole else 0
    return Point(start.x + (goal.x - start.x) * part, start.y + (goal.y - start.y) * part)
