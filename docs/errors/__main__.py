"""Writes the catalogue of errors, or looks which messages tests have seen.

``python -m docs.errors`` writes the page. ``python -m docs.errors --seen FOLDER`` compares what the
recorders of a run of all tests have left in a folder with the messages there are.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docs.errors.page import PAGE, page
from docs.errors.reading import Reading
from docs.errors.seen import KNOWN, complaints
from docs.errors.source import Package


def _main(words: list[str]) -> int:
    reading = Reading(Package())
    if words[:1] == ["--seen"]:
        known = KNOWN.read_text(encoding="utf-8").splitlines()
        told = complaints(reading, Path(words[1]), known)
        print(*told, sep="\n")
        return 1 if told else 0
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(reading), encoding="utf-8")
    return 0


sys.exit(_main(sys.argv[1:]))
