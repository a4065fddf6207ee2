"""Names that some file systems cannot keep apart: they differ in case or in composed letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from unicodedata import normalize

from container_manager.errors import Problem
from container_manager.model import Output


def clashes(outputs: Mapping[str, Output]) -> list[tuple[Output, Output]]:
    """Pairs of files that would be one where case or composition of letters does not count."""
    first: dict[str, Output] = {}
    found = []
    for path, output in outputs.items():
        other = first.setdefault(_folded(path), output)
        if other is not output:
            found.append((other, output))
    return found


def clash_problems(pairs: Iterable[tuple[Output, Output]]) -> list[Problem]:
    """What people are told about them."""
    return [
        Problem(
            message=f"{one.path} and {other.path} would be one file where upper and lower case, or "
            "composed letters, make no difference, as on most machines with macOS or Windows.",
            where=other.where,
            remedy=f"Rename one of them: {one.reason}, or {other.reason}.",
        )
        for one, other in pairs
    ]


def folds_case(folder: Path) -> bool:
    """Whether the file system of a folder takes such names for one; it need not be there yet."""
    for place in (folder, *folder.parents):
        swapped = place.with_name(place.name.swapcase()) if place.name else place
        if swapped != place and place.exists():
            return swapped.exists() and swapped.samefile(place)
    return False


def _folded(path: str) -> str:
    """What such file systems compare.

    >>> _folded("src/Readme.MD") == _folded("src/README.md")
    True
    """
    return path.lower() if path.isascii() else normalize("NFC", normalize("NFC", path).casefold())
