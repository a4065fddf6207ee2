"""What is noted, over all blocks within a block."""

from __future__ import annotations

from pathlib import Path

import pytest

from container_manager.inputs import (
    UNSETTLED,
    look,
    note,
    note_variable,
    noting,
    noting_overall,
)


def test_blocks_within_are_noted_overall(tmp_path: Path) -> None:
    outer, inner, later = (tmp_path / name for name in ("outer", "inner", "later"))
    with noting_overall() as seen:
        note(outer)
        with noting() as apart:
            note(inner)
            note_variable("A", "b")
        with noting():
            note(inner)
    note(later)
    assert seen.stamps == {str(outer): None, str(inner): None}
    assert (seen.variables, list(apart.stamps)) == ({"A": "b"}, [str(inner)])


def test_what_changes_meanwhile_is_like_nothing_that_there_is(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with noting_overall() as seen:
        note(file)
        file.write_text("more")
        with noting():
            note(file)
    assert seen.stamps == {str(file): UNSETTLED}
    assert look(str(file)) != UNSETTLED


def test_what_failed_is_noted_too(tmp_path: Path) -> None:
    def fails() -> None:
        with noting():
            note(tmp_path / "absent")
            raise ValueError

    with noting_overall() as seen, pytest.raises(ValueError):  # noqa: PT011 - the one above
        fails()
    assert seen.stamps == {str(tmp_path / "absent"): None}
