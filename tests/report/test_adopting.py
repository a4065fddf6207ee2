"""What people see of volumes under former names, and what they are asked."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable

import pytest

from container_manager.errors import PreconditionError
from container_manager.report.adopting import (
    confirmer,
    settler,
    show_adopted,
    show_former,
    show_ignored,
)
from container_manager.verbs.adopting import FormerRow


def row(state: str = "undecided", whose: str | None = None) -> FormerRow:
    return FormerRow(
        volume="services_data",
        actual="lab_data",
        project="services",
        size=3 << 20,
        state=state,
        whose=whose,
    )


class Terminal(io.StringIO):
    """Standard input or error as a person has it."""

    def isatty(self) -> bool:
        return True


Types = Callable[[str], Terminal]


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Types:
    """A person who types that; what is shown to them."""

    def typing(text: str) -> Terminal:
        shown = Terminal()
        monkeypatch.setattr(sys, "stdin", Terminal(text))
        monkeypatch.setattr(sys, "stderr", shown)
        return shown

    return typing


@pytest.mark.parametrize(
    ("state", "whose", "said"),
    [
        ("undecided", None, "undecided: --copy, or --ignore"),
        ("cut short", None, "half a copy: --copy begins it anew"),
        ("decided", None, "decided before"),
        ("replaced", None, "this project has a volume of its own"),
        ("doubtful", "started from /als", "left alone, being another's: started from /als"),
    ],
)
def test_the_list_says_what_becomes_of_each(
    state: str, whose: str | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_former([row(state, whose)], json=False)
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["FORMER", "HERE", "SIZE", "STATE"]
    assert line.startswith("services_data  lab_data  3.0 MiB  ")
    assert said in line


def test_programs_are_told_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    show_former([row()], json=True)
    assert json.loads(capsys.readouterr().out) == [
        {
            "volume": "services_data",
            "target": "lab_data",
            "project": "services",
            "size": 3 << 20,
            "state": "undecided",
            "whose": None,
        }
    ]


@pytest.mark.parametrize(
    ("show", "said"),
    [
        (lambda: show_former([], json=False), "There is no volume that another tool has left"),
        (lambda: show_adopted([], json=False), "Copied: nothing"),
        (lambda: show_adopted(["lab_data"], json=False), "Copied: lab_data\n"),
        (lambda: show_ignored([], json=False), "nothing was there"),
        (lambda: show_ignored(["services_data"], json=False), "where they are: services_data"),
    ],
    ids=["no volume", "none copied", "copied", "none ignored", "ignored"],
)
def test_what_was_done_is_said(
    show: Callable[[], None], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show()
    assert said in capsys.readouterr().out


def test_a_start_asks_a_person(types: Types) -> None:
    shown = types("y\n")
    assert settler(copy=False)([row()])
    assert "services_data (3.0 MiB), to be copied to lab_data" in shown.getvalue()
    types("\n")
    assert not settler(copy=False)([row()])


def test_a_start_that_was_told_or_that_nobody_sees_asks_nothing(
    types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    types("n\n")
    assert settler(copy=True)([row()])
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert not settler(copy=False)([row()])


def test_copying_asks_a_person_unless_that_is_answered(types: Types) -> None:
    types("no\n")
    with pytest.raises(PreconditionError, match="Declined: nothing was copied"):
        confirmer(yes=False)([row()])
    types("yes\n")
    confirmer(yes=False)([row()])
    types("")
    confirmer(yes=True)([row()])
