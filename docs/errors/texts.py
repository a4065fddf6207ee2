"""What an expression can say: texts with holes where values go."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from docs.errors.scopes import Scope, Site, arguments

ENOUGH = 3
"""A text with so many words of its own tells people, and us, which one it is."""

_LETTERS = re.compile(r"[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A function at work.

    Attributes:
        scope: the function.
        given: what it was called with, in the frame of the caller; None where any call is meant.
        caller: that frame.
    """

    scope: Scope
    given: Mapping[str, ast.expr] | None = None
    caller: Frame | None = None

    @property
    def outermost(self) -> Frame:
        """The frame that nobody is known to have called."""
        return self if self.caller is None else self.caller.outermost

    def called_by(self, site: Site) -> Frame:
        """The same, with one call of the outermost function."""
        if self.caller is not None:
            return Frame(self.scope, self.given, self.caller.called_by(site))
        return Frame(self.scope, arguments(self.scope, site.call), Frame(site.scope))


@dataclass(frozen=True, slots=True)
class Hole:
    """A value in a text, whose name in the code is ``name``."""

    name: str
    value: ast.expr = field(compare=False)
    frame: Frame = field(compare=False)


Piece = str | Hole


@dataclass(frozen=True, slots=True)
class Text:
    """One thing that an expression can say, and the branches in which it says so."""

    pieces: tuple[Piece, ...]
    branches: frozenset[object] = frozenset()

    @property
    def own(self) -> str:
        """Its own words."""
        return " ".join(piece for piece in self.pieces if isinstance(piece, str))

    @property
    def tells(self) -> bool:
        """Whether it has words enough."""
        return len(_LETTERS.findall(self.own)) >= ENOUGH

    @property
    def words(self) -> int:
        """How many words are its own."""
        return len(_LETTERS.findall(self.own))

    @property
    def holes(self) -> list[Hole]:
        """Its holes."""
        return [piece for piece in self.pieces if isinstance(piece, Hole)]


def joined(texts: Iterable[Text]) -> Text:
    """Texts one after the other."""
    listed = list(texts)
    pieces = [piece for text in listed for piece in text.pieces]
    return Text(tuple(pieces), frozenset().union(*(text.branches for text in listed)))


_GENERAL = ("name", "path", "text", "value", "key", "message", "strerror", "file", "id", "said")


def label(value: ast.expr) -> str:
    """What a value is called in the code, in few words."""
    match value:
        case ast.Name():
            found = value.id.strip("_").lower()
        case ast.Constant():
            found = str(value.value)
        case ast.Attribute():
            found = _of_attribute(value)
        case ast.BoolOp(values=[first, *_]) | ast.IfExp(body=first):
            found = label(first)
        case ast.Call(args=[first, *_]):
            found = label(first)
        case ast.Call(func=ast.Attribute(value=base)) | ast.Subscript(value=base):
            found = label(base)
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
            found = label(value.generators[0].iter)
        case _:
            found = next(_names(value), "…").lower()
    return found.strip()


def _of_attribute(value: ast.Attribute) -> str:
    base = label(value.value)
    if value.attr in _GENERAL and base not in ("self", "cls"):
        return base if value.attr in ("name", "strerror") else f"{base} {value.attr}"
    return value.attr.strip("_").replace("_", " ")


def _names(value: ast.expr) -> Iterator[str]:
    return (part.id for part in ast.walk(value) if isinstance(part, ast.Name))
