"""What is said before something is removed, and what is asked, of whom."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from container_manager.errors import InterruptedByUser, PreconditionError
from container_manager.lifecycle.previews import Preview, VolumeRow
from container_manager.report.removing import confirmer, preview_data, preview_text

LOSS = VolumeRow(name="lab_data", size=3 << 20, saved=True)
CLEAN = Preview(
    verb="clean",
    project="lab",
    config=Path("/lab/config.yml"),
    containers=("lab_web_1", "lab_db_1"),
    networks=("lab_default",),
    secrets=2,
    volumes=(LOSS,),
    backups=Path("/lab/backups"),
    keeps=("external volumes", "what was built", "backups"),
)
DOWN = replace(CLEAN, verb="down", volumes=())
UNSAVED = replace(CLEAN, volumes=(replace(LOSS, saved=False),))


class Terminal(io.StringIO):
    """Standard input as a person types it."""

    def isatty(self) -> bool:
        return True


def test_everything_that_goes_or_stays_is_named() -> None:
    assert preview_text(CLEAN).splitlines() == [
        "'clean' removes, of the project 'lab' (/lab/config.yml):",
        "  containers  lab_web_1, lab_db_1",
        "  networks    lab_default",
        "  secrets     2",
        "  volume      lab_data (3.0 MiB) goes, saved in /lab/backups first",
        "  and keeps external volumes, what was built and backups",
    ]
    assert "lab_data (3.0 MiB) goes, NOT SAVED" in preview_text(UNSAVED)
    assert preview_data(CLEAN)["volumes"] == [{"name": "lab_data", "size": 3 << 20, "saved": True}]


def test_nothing_is_said_to_be_nothing() -> None:
    empty = Preview(verb="down", project="lab", config=Path("/lab/config.yml"))
    assert "nothing" in preview_text(empty)


def answered(
    preview: Preview, typed: str, monkeypatch: pytest.MonkeyPatch, *, yes: bool = False
) -> str:
    """What is said on a terminal where somebody types; raises where the answer is no."""
    said = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", said)
    confirmer(yes=yes)(preview)
    return said.getvalue()


@pytest.mark.parametrize("typed", ["y\n", "Yes\n"])
def test_data_that_are_saved_are_asked_about(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answered(CLEAN, typed, monkeypatch).endswith("Go on? [y/N] ")


@pytest.mark.parametrize("typed", ["n\n", "\n", "", "lab\n"])
def test_anything_else_declines(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PreconditionError, match="nothing was removed") as caught:
        answered(CLEAN, typed, monkeypatch)
    assert caught.value.exit_code == 2


def test_data_that_are_not_saved_take_the_projects_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "type the project's name, lab" in answered(UNSAVED, "lab\n", monkeypatch)
    for typed in ("y\n", "yes\n", "LAB\n", ""):
        with pytest.raises(PreconditionError, match="Declined"):
            answered(UNSAVED, typed, monkeypatch)


def test_without_data_or_with_yes_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answered(DOWN, "", monkeypatch) == preview_text(DOWN) + "\n"
    assert answered(UNSAVED, "", monkeypatch, yes=True) == preview_text(UNSAVED) + "\n"


def test_a_script_is_told_and_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    confirmer(yes=False)(CLEAN)
    assert capsys.readouterr() == ("", preview_text(CLEAN) + "\n")


def test_ctrl_c_declines(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pressed(Terminal):
        def readline(self, *_: object) -> str:  # type: ignore[override]
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Pressed())
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(InterruptedByUser, match="nothing was removed"):
        confirmer(yes=False)(CLEAN)
