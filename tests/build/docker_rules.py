"""The rules of ``.dockerignore``, written down from Docker's own implementation.

https://github.com/moby/patternmatcher: a pattern becomes a regular expression for a whole path; it
also matches what lies in a folder that it matches; the last pattern that matches counts.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One line."""

    expression: re.Pattern[str]
    brings_back: bool


def rules(text: str, first: tuple[str, ...] = ()) -> list[Rule]:
    """The rules of a file, after some others."""
    found = [Rule(compiled(pattern), brings_back=False) for pattern in first]
    for line in text.split("\n"):
        pattern = line.strip()
        if line.startswith("#") or not pattern:
            continue
        brings_back = pattern.startswith("!")
        cleaned = posixpath.normpath(pattern.removeprefix("!").strip() or ".").lstrip("/")
        if cleaned not in ("", "."):
            found.append(Rule(compiled(cleaned), brings_back))
    return found


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression, character by character as Docker does it."""
    result, place = "", 0
    while place < len(pattern):
        character = pattern[place]
        place += 1
        if character == "*" and pattern[place : place + 1] == "*":
            place += 1
            if pattern[place : place + 1] == "/":
                place += 1
            result += ".*" if place >= len(pattern) else "(.*/)?"
        elif character == "*":
            result += "[^/]*"
        elif character == "?":
            result += "[^/]"
        elif character in "[]^":
            result += character
        elif character == "\\" and place < len(pattern):
            result += re.escape(pattern[place])
            place += 1
        else:
            result += re.escape(character)
    return re.compile(result, re.DOTALL)


def is_left_out(path: str, all_rules: list[Rule]) -> bool:
    """Whether a file is left out."""
    parts = path.split("/")
    around = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    left_out = False
    for rule in all_rules:
        if any(rule.expression.fullmatch(one) for one in around):
            left_out = not rule.brings_back
    return left_out
