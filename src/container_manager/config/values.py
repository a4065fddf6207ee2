"""The values that several keys of the configuration have: texts, flags, numbers, lists of these."""

from __future__ import annotations

import math
import re
from typing import Any

from container_manager.config.shapes import ListOf, Value


def choice(*known: str, expected: str = "") -> Value:
    """One of these texts."""
    return Value(
        expected=expected or "one of " + ", ".join(known),
        fine=lambda value: value in known,
        json={"enum": list(known)},
    )


def matching(pattern: str, expected: str) -> Value:
    """A text that a regular expression describes as a whole.

    Args:
        pattern: of the kind that Python and JavaScript read alike.
        expected: what it describes.
    """
    return Value(
        expected=expected,
        fine=lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value)),
        json={"type": "string", "pattern": f"^(?:{pattern})$"},
    )


def or_variable(value: Value) -> Value:
    """The same, or a text with a variable in it, which is looked at once that is filled in."""

    def fine(said: Any) -> bool:
        return value.fine(said) or (isinstance(said, str) and "${" in said)

    json = {"anyOf": [value.schema(), {"type": "string", "pattern": r"\$\{"}]}
    return Value(expected=value.expected, fine=fine, json=json)


def is_number(value: Any) -> bool:
    """Whether it is a number, and no truth value, which Python takes for one."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def whole_number(least: int, most: int | None, expected: str) -> Value:
    """A whole number within these bounds."""

    def fine(value: Any) -> bool:
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return least <= value and (most is None or value <= most)

    bounds = {"minimum": least} | ({"maximum": most} if most is not None else {})
    return Value(expected=expected, fine=fine, json={"type": "integer"} | bounds)


TEXT = Value(
    expected="a text",
    fine=lambda value: isinstance(value, str) and value != "",
    json={"type": "string", "minLength": 1},
)
FLAG = Value(
    expected="true or false",
    fine=lambda value: isinstance(value, bool),
    json={"type": "boolean"},
)
SECONDS = Value(
    expected="a number of seconds above 0",
    fine=lambda value: is_number(value) and 0 < float(str(value)) < math.inf,
    json={"type": "number", "exclusiveMinimum": 0},
)
COUNT = whole_number(0, None, "a whole number from 0 on")
AMOUNT = Value(
    expected="a number or a text",
    fine=lambda value: TEXT.fine(value) or is_number(value),
    json={"type": ["number", "string"], "minLength": 1},
)
WORD = matching(r"[^\u0000]+", "a text without a NUL byte")
TEXTS = ListOf(expected="a list of texts", each=TEXT)
FOLDER = matching(r"(?!\.{1,2}$)[^/]+", "the name of a folder")
