"""The syntax of ``${VAR}``: parsed once into tokens, resolved by whoever knows the variables.

``$VAR``, ``${VAR}``, ``${VAR:-default}``, ``${VAR-default}``, ``${VAR:?message}``,
``${VAR?message}``, ``${VAR:+other}``, ``${VAR+other}``; ``$$`` is a dollar. A default may hold
references itself. A dollar that starts none of these is a dollar.
The rules are those of the Compose specification, chapter "Interpolation".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OPERATOR = re.compile(r":?[-?+]")

MAX_NESTING = 16
"""References inside the defaults of references: more is no text that a person wrote."""


class InterpolationError(ValueError):
    """The text holds ``${`` that is not closed, or something that is no variable reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One reference to a variable.

    Attributes:
        name: the variable.
        operator: ``:-``, ``-``, ``:?``, ``?``, ``:+``, ``+``, or empty.
        operand: what follows the operator, unparsed.
        spelled: the reference as it was written, always in braces.
    """

    name: str
    operator: str
    operand: str
    spelled: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """A reference that stays in the text, for the provider or the container to fill in."""

    name: str
    spelled: str
    secret: bool


class Text(str):
    """A string that came out of expansion and holds a dollar; it remembers what each one is.

    Attributes:
        parts: literal strings and placeholders, in order.
    """

    __slots__ = ("parts",)
    parts: tuple[str | Placeholder, ...]

    def __new__(cls, parts: tuple[str | Placeholder, ...]) -> Self:
        text = "".join(part if isinstance(part, str) else part.spelled for part in parts)
        self = super().__new__(cls, text)
        self.parts = parts
        return self

    def __getnewargs__(self) -> tuple[tuple[str | Placeholder, ...]]:  # type: ignore[override]
        return (self.parts,)

    @property
    def secrets(self) -> tuple[Placeholder, ...]:
        """The placeholders of secret variables."""
        return tuple(p for p in self.parts if isinstance(p, Placeholder) and p.secret)

    @property
    def escaped(self) -> str:
        """As it is written where a provider interpolates: literal dollars doubled."""
        return "".join(
            part.replace("$", "$$") if isinstance(part, str) else part.spelled
            for part in self.parts
        )


def tokens(text: str) -> Iterator[str | Reference]:
    """Split ``text`` into literal strings (``$$`` undone) and references.

    Raises:
        InterpolationError: a ``${`` that is not closed or names no variable.
    """
    position = 0
    while True:
        dollar = text.find("$", position)
        if dollar < 0:
            if position < len(text):
                yield text[position:]
            return
        if dollar > position:
            yield text[position:dollar]
        following = text[dollar + 1 : dollar + 2]
        name = _NAME.match(text, dollar + 1)
        if following == "{":
            reference, position = _braced(text, dollar)
            yield reference
        elif name:
            position = name.end()
            # In braces, for what follows may change: $A before an expanded "b" is not $Ab.
            yield Reference(name=name[0], operator="", operand="", spelled=f"${{{name[0]}}}")
        else:
            yield "$"
            position = dollar + (2 if following == "$" else 1)


def _braced(text: str, start: int) -> tuple[Reference, int]:
    end = _closing_brace(text, start)
    spelled = text[start : end + 1]
    inner = text[start + 2 : end]
    name = _NAME.match(inner)
    if not name:
        raise InterpolationError(f"{spelled!r} names no variable")
    rest = inner[name.end() :]
    operator = _OPERATOR.match(rest)
    if rest and not operator:
        raise InterpolationError(f"{spelled!r} is not a form of ${{NAME}} that is known")
    return (
        Reference(
            name=name[0],
            operator=operator[0] if operator else "",
            operand=rest[operator.end() :] if operator else "",
            spelled=spelled,
        ),
        end + 1,
    )


def _closing_brace(text: str, start: int) -> int:
    depth = 0
    position = start
    while position < len(text):
        if text.startswith("${", position):
            depth += 1
            if depth > MAX_NESTING:
                raise InterpolationError("The defaults of variables are nested too deeply")
            position += 2
            continue
        if text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise InterpolationError(f"{text[start : start + 20]!r} is not closed by '}}'")
