"""Writes the catalogue of errors, or looks which messages tests have seen.

``python -m docs.errors`` writes the page. ``python -m docs.errors --seen FOLDER`` compares what the
recorders of a run of all tests have left in a folder with the messages there are.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docs.errors.page import PAGE, page
from docs.errors.reading import Reading
from docs.errors.seen import compared
from docs.errors.source import Package


def _compare(reading: Reading, folder: Path) -> int:
    found = compared(reading, folder)
    told = {
        "No test has seen these messages. Write one that is told each of them": found.lacking,
        "These came with an exit code that the catalogue does not tell": found.wrong,
    }
    for title, keys in told.items():
        if keys:
            print(f"{title}:", *keys, sep="\n  ")
    return 1 if found.lacking or found.wrong else 0


def _main(words: list[str]) -> int:
    reading = Reading(Package())
    if words[:1] == ["--seen"]:
        return _compare(reading, Path(words[1]))
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(reading), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
