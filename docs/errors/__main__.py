"""Writes the catalogue of errors, or looks which messages tests have seen.

``python -m docs.errors`` writes the page. ``python -m docs.errors --seen FOLDER`` compares what the
recorders of a run of all tests have left in a folder with the messages there are: exit code 1 where
a message was seen by no test, where one of ``never_seen.txt`` was seen after all, or where one came
with another exit code than the catalogue says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docs.errors.page import PAGE, page
from docs.errors.reading import Reading
from docs.errors.seen import KNOWN, key_of, seen
from docs.errors.source import Package


def _compare(folder: Path) -> int:
    reading = Reading(Package())
    messages = list(reading.messages())
    found = seen(reading, messages, folder)
    everything = {key_of(message) for message in messages}
    known = set(KNOWN.read_text(encoding="utf-8").splitlines())
    told = {
        "No test has seen these; write one for each": everything - found.keys - known,
        f"These were seen, or are gone; take them out of {KNOWN.name}": known
        - (everything - found.keys),
        "These came with another exit code than docs/reference/errors.md says": found.wrong,
    }
    for title, keys in told.items():
        if keys:
            print(f"{title}:", *sorted(keys), sep="\n  ")
    print(f"{len(everything & found.keys)} of {len(everything)} messages were seen by tests.")
    return 1 if any(told.values()) else 0


if sys.argv[1:2] == ["--seen"]:
    sys.exit(_compare(Path(sys.argv[2])))
PAGE.parent.mkdir(exist_ok=True)
PAGE.write_text(page(), encoding="utf-8")
