"""Which messages of the catalogue tests have seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from docs.errors.codes import WARNING, Codes
from docs.errors.reading import REASON, Message, Reading, shown
from docs.errors.texts import Piece

_AS_HEAVY = 2
"""Letters by which a message may be lighter than the heaviest: dots and quotes tell nothing."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A message as it is looked for.

    Attributes:
        message: it.
        key: how it is listed.
        chunk: its longest words without a hole, which are looked for first.
        regex: all of it.
        weight: how many letters are its own: of several that fit, the heaviest was meant.
    """

    message: Message
    key: str
    chunk: str
    regex: re.Pattern[str]
    weight: int


@dataclass(slots=True)
class Seen:
    """What tests have seen.

    Attributes:
        keys: the messages.
        wrong: messages that came with an exit code of which the catalogue says nothing.
    """

    keys: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)


def key_of(message: Message) -> str:
    """A message in a list: its module and its text."""
    return f"{message.module}: {' '.join(shown(message.pieces).split())}"


@dataclass(frozen=True, slots=True)
class Compared:
    """What tests have seen, beside the catalogue; each a list of :func:`key_of`.

    Attributes:
        lacking: seen by no test.
        wrong: came with an exit code that the catalogue does not tell, which stands before it.
    """

    lacking: tuple[str, ...]
    wrong: tuple[str, ...]


def compared(reading: Reading, folder: Path) -> Compared:
    """Compare a run of all tests with the catalogue.

    Args:
        reading: the package.
        folder: where the recorders wrote.
    """
    messages = list(reading.messages())
    found = seen(reading, messages, folder)
    lacking = {key_of(message) for message in messages} - found.keys
    return Compared(lacking=tuple(sorted(lacking)), wrong=tuple(sorted(found.wrong)))


def seen(reading: Reading, messages: list[Message], folder: Path) -> Seen:
    """What the recorders of all processes have noted, as messages of the catalogue.

    Of what our program printed, only the heaviest message of each paragraph counts.

    Args:
        reading: the package.
        messages: all its messages.
        folder: where the recorders wrote.
    """
    patterns = [_pattern(one) for one in messages]
    reasons = [one for one in patterns if one.message.error == REASON]
    by_module: dict[str, list[_Pattern]] = {}
    for one in patterns:
        if one.message.error != REASON:
            by_module.setdefault(one.message.module, []).append(one)
    found = Seen()
    by_text: dict[str, set[_Pattern]] = {}
    noted = [json.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))]
    for module, text in {(str(m), str(t)) for one in noted for m, t in one["made"]}:
        flat = " ".join(text.split())
        fitting = _heaviest(by_module.get(module, ()), flat)
        by_text.setdefault(flat, set()).update(fitting)
        found.keys.update(one.key for one in (*fitting, *_heaviest(reasons, flat)))
    for text in {str(text) for one in noted for text in one["reasons"]}:
        found.keys.update(one.key for one in _heaviest(reasons, " ".join(text.split())))
    for text in {str(text) for one in noted for text in one["said"]}:
        found.keys.update(one.key for one in _heaviest(patterns, " ".join(text.split())))
    raised = {(int(code), str(text)) for one in noted for code, text in one["raised"]}
    found.wrong = set(_wrong(raised, by_text, Codes(reading, messages)))
    return found


def _wrong(
    raised: Iterable[tuple[int, str]], by_text: Mapping[str, set[_Pattern]], codes: Codes
) -> Iterable[str]:
    for code, text in raised:
        fitting = by_text.get(" ".join(text.split()), ())
        # Warnings stand beside errors, too, and an error that is raised again may change its class.
        known = [{*codes.of(one.message)} for one in fitting if one.message.error is None]
        if known and len(known) == len(fitting) and not any({code, WARNING} & one for one in known):
            yield f"{code}: {min(one.key for one in fitting)}"


def _heaviest(patterns: Iterable[_Pattern], text: str) -> list[_Pattern]:
    fitting = [one for one in patterns if one.chunk in text and one.regex.search(text)]
    most = max((one.weight for one in fitting), default=0)
    return [one for one in fitting if one.weight >= most - _AS_HEAVY]


def _pattern(message: Message) -> _Pattern:
    parts = [_flat(piece) for piece in message.pieces]
    own = [part for part in parts if part is not None]
    written = "".join(".*?" if part is None else re.escape(part) for part in parts)
    return _Pattern(
        message=message,
        key=key_of(message),
        chunk=max(own, key=len, default="").strip(),
        regex=re.compile(written.strip("\\ "), re.DOTALL),
        weight=sum(map(len, own)),
    )


def _flat(piece: Piece) -> str | None:
    """A piece with each run of white space as one blank; None for a hole."""
    return re.sub(r"\s+", " ", piece) if isinstance(piece, str) else None
