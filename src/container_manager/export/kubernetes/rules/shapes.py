"""What a value may look like: small checks that are put together to those of objects."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Shape = Callable[[Any, str], Iterator[str]]
"""Gives what is wrong with a value at a path."""


def text(pattern: str = r"(?s:.*)", *, longest: int | None = None) -> Shape:
    """A text of this form."""
    form = re.compile(pattern)

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{path} must be a text."
        elif form.fullmatch(value) is None or (longest is not None and len(value) > longest):
            yield f"{path} cannot be {value[:80]!r}."

    return check


def address(value: Any, path: str) -> Iterator[str]:
    """An address of IP."""
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        yield f"{path} cannot be {str(value)[:80]!r}."


def number(least: int = 0, most: int = 2**31 - 1) -> Shape:
    """A whole number in a range."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"{path} must be a whole number from {least} to {most}."

    return check


def flag(value: Any, path: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield f"{path} must be true or false."


def one_of(*known: str) -> Shape:
    """One of some texts."""

    def check(value: Any, path: str) -> Iterator[str]:
        if value not in known:
            yield f"{path} must be one of {', '.join(known)}."

    return check


def listing(each: Shape, *, least: int = 0) -> Shape:
    """A list."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list) or len(value) < least:
            yield f"{path} must be a list{' with something in it' if least else ''}."
            return
        for index, item in enumerate(value):
            yield from each(item, f"{path}[{index}]")

    return check


def mapping(keys: Shape, values: Shape) -> Shape:
    """Names to values."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{path} must be a mapping."
            return
        for key, child in value.items():
            yield from keys(key, f"the key {str(key)[:80]!r} of {path}")
            yield from values(child, f"{path}.{key}")

    return check


def fields(needed: Mapping[str, Shape], further: Mapping[str, Shape] | None = None) -> Shape:
    """A mapping with known keys; those that are needed have to be there."""
    known = {**needed, **(further or {})}

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{path} must be a mapping."
            return
        for key in needed:
            if key not in value:
                yield f"{path}.{key} is missing."
        for key, child in value.items():
            if key not in known:
                yield f"{path}.{key} is no key that is known."
            else:
                yield from known[key](child, f"{path}.{key}")

    return check


def any_of(*shapes: Shape) -> Shape:
    """What one of them takes; what is wrong is told by the one that comes nearest."""

    def check(value: Any, path: str) -> Iterator[str]:
        told = [list(shape(value, path)) for shape in shapes]
        if all(told):
            yield from min(told, key=len)

    return check
