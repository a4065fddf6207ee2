"""The catalogue as a page of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from docs.errors.codes import WARNING, Codes
from docs.errors.reading import REASON, Reading, shown
from docs.errors.source import Package
from docs.errors.subjects import SUBJECTS, subject_of
from docs.errors.texts import Hole, Piece

PAGE = Path(__file__).parent.parent / "reference" / "errors.md"

_INTRODUCTION = """\
# Errors

Every message that Container Manager can give, with its exit code and what to do about it. Search
this page for words of the message that do not depend on your project: `<names in brackets>` stand
for what is yours. Where a message is about a file, its place stands before it: `config.yml:12:5:`.

One run tells all that it finds, not only the first; what depends on something wrong is told once
that is mended. [Exit codes](exit-codes.md) say whether a container was touched; a warning stops
nothing. What `doctor` finds on a machine has
[a table of its own](../doctor.md).

<!-- Written by 'python -m docs.errors' from the source; changes here are lost. -->
"""

_SLUG = re.compile(r"[^a-z0-9]+")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>{}|#~])")
_ANCHOR_WORDS = 9


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the page.

    Attributes:
        subject: the title that it stands under.
        text: it, with its holes in angle brackets.
        codes: exit codes; empty for a reason that messages quote.
        remedies: what to do about it.
    """

    subject: str
    text: str
    codes: frozenset[int]
    remedies: tuple[tuple[Piece, ...], ...]


def entries(reading: Reading) -> list[Entry]:
    """All messages, those of one subject that read alike as one."""
    messages = list(reading.messages())
    codes = Codes(reading, messages)
    found: dict[tuple[str, str, bool], Entry] = {}
    for message in messages:
        subject, text = subject_of(message.module), " ".join(shown(message.pieces).split())
        key = (subject, text, message.error == REASON)
        other = found.get(key)
        found[key] = Entry(
            subject=subject,
            text=text,
            codes=codes.of(message) | (other.codes if other else frozenset()),
            remedies=tuple(dict.fromkeys([*(other.remedies if other else ()), *message.remedies])),
        )
    return sorted(found.values(), key=lambda one: _SLUG.sub(" ", one.text.casefold()))


def page(reading: Reading | None = None) -> str:
    """The whole page."""
    everything = entries(reading or Reading(Package()))
    anchors: set[str] = set()
    parts = [_INTRODUCTION, *_contents(everything)]
    for subject in SUBJECTS:
        of_subject = [one for one in everything if one.subject == subject]
        if of_subject:
            parts.append(f"\n## {subject}\n")
            parts += [_item(one, anchors) for one in of_subject if one.codes]
            reasons = [one for one in of_subject if not one.codes]
            if reasons:
                parts.append("\nReasons that such messages quote:\n")
                parts += [_item(one, anchors) for one in reasons]
    return "\n".join(parts) + "\n"


def _contents(everything: Iterable[Entry]) -> Iterator[str]:
    there = {one.subject for one in everything}
    for subject in SUBJECTS:
        if subject in there:
            yield f"- [{subject}](#{_SLUG.sub('-', subject.casefold())})"


def _item(entry: Entry, anchors: set[str]) -> str:
    said = [f'- <a id="{_anchor(entry.text, anchors)}"></a>{_code_span(entry.text)}']
    if entry.codes:
        said.append(f"  {_codes(entry.codes)}")
    remedies = " Or: ".join(_in_markdown(one) for one in entry.remedies)
    if remedies:
        said.append(f"  {remedies}")
    return "<br>\n".join(said)


def _codes(codes: frozenset[int]) -> str:
    numbers = sorted(codes - {WARNING})
    told = [f"Exit code {' or '.join(map(str, numbers))}"] if numbers else []
    if WARNING in codes:
        told.append("a warning")
    text = ", or ".join(told)
    return f"{text[0].upper()}{text[1:]}."


def _code_span(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _in_markdown(pieces: Iterable[Piece]) -> str:
    """A remedy as running text, its holes in italics."""
    parts = [
        f"*{piece.name}*" if isinstance(piece, Hole) else _MARKDOWN.sub(r"\\\1", piece)
        for piece in pieces
    ]
    return " ".join("".join(parts).split())


def _anchor(text: str, taken: set[str]) -> str:
    slug = "-".join(_SLUG.sub(" ", text.casefold()).split()[:_ANCHOR_WORDS])
    number, name = 1, slug
    while name in taken:
        number += 1
        name = f"{slug}-{number}"
    taken.add(name)
    return name
