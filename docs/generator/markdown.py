"""Markdown as text: the links in it, and how generated parts are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_TITLE = re.compile(r"^#{1,6} +(.+?)[ #]*$")
_CODE_OR_LINK = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|\[(?P<label>[^\[\]]*)\]\((?P<target>[^)\s]+)\)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"<[a-z][^<>]*?\b(?:src|srcset|href)=\"(?P<target>[^\"]+)\"")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a text: the words that are shown, and where they lead."""

    label: str
    target: str


def prose(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces, each with whether it is prose; what stands in fences is not."""
    fence = ""
    piece: list[str] = []
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if not fence and found:
            yield True, "".join(piece)
            fence, piece = found[1], [line]
        elif fence and found and line.strip().startswith(fence) and not line.strip(" `~\n"):
            yield False, "".join([*piece, line])
            fence, piece = "", []
        else:
            piece.append(line)
    yield not fence, "".join(piece)


def with_links(text: str, change: Callable[[Link], str | None]) -> str:
    """The text, with each link replaced by what ``change`` returns; None keeps it.

    What stands in code is no link.
    """

    def changed(found: re.Match[str]) -> str:
        if found["code"] is not None:
            return found[0]
        new = change(Link(found["label"], found["target"]))
        return found[0] if new is None else new

    return "".join(
        _CODE_OR_LINK.sub(changed, piece) if is_prose else piece for is_prose, piece in prose(text)
    )


def links(text: str) -> list[str]:
    """Where the links of a text lead, those in HTML included, in order."""
    found: list[str] = []

    def note(link: Link) -> None:
        found.append(link.target)

    with_links(text, note)
    for is_prose, piece in prose(text):
        if is_prose:
            found.extend(match["target"] for match in _ATTRIBUTE.finditer(piece))
    return found


def titles(text: str) -> list[str]:
    """The words of all headings, in order."""
    return [
        match[1]
        for is_prose, piece in prose(text)
        if is_prose
        for line in piece.splitlines()
        if (match := _TITLE.match(line))
    ]


def without_title(text: str) -> str:
    """A page without its first heading, to stand below another."""
    return re.sub(r"\A\s*# [^\n]*\n+", "", text)


def escaped(text: str) -> str:
    """Words that shall stand as they are."""
    return _SPECIAL.sub(r"\\\1", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown without line breaks."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
