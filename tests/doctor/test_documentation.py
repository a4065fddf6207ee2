"""The documentation shows every finding, with the words of the code."""

from __future__ import annotations

from pathlib import Path

from container_manager.doctor.catalogue import ADVICE, as_table
from container_manager.doctor.table import CHECKS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "doctor.md"


def test_the_page_holds_the_catalogue() -> None:
    """Where it does not: paste what ``catalogue.as_table()`` says."""
    assert as_table() in PAGE.read_text(encoding="utf-8")


def test_every_row_says_what_was_seen_and_what_to_do() -> None:
    for code, advice in ADVICE.items():
        assert advice.seen, code
        assert "|" not in advice.seen + advice.remedy, code


def test_names_of_checks_are_told_apart() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
