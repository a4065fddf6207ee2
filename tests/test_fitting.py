"""Errors on a terminal: as wide as it is, and what is to be copied in one piece."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container_manager.errors import ConfigError, Location, Problem
from container_manager.fitting import columns, fitted, takes_colours, told
from container_manager.progress import PlainProgress
from container_manager.report import tell, warn_all


class Terminal(io.StringIO):
    """A terminal that keeps what it is shown; ``COLUMNS`` says how wide it is."""

    def isatty(self) -> bool:
        return True


LONG = Problem(
    message="This value cannot be used, for a reason that takes more than one line of a terminal "
    "to be told in full.",
    where=Location(Path("services/framework/a service with blanks/config.yml"), 12, 3),
    remedy="Ask whoever wrote it, then remove what is left of it from this machine: "
    "podman volume rm lab_data-of-a-service lab_data-of-another lab_data-of-the-last",
)


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_lines_are_broken_between_words_and_what_is_copied_is_not() -> None:
    assert told(LONG, Terminal(), before="- ").splitlines() == [
        "- services/framework/a service with blanks/config.yml:12:3: This value cannot be",
        "    used, for a reason that takes more than one line of a terminal to be told in",
        "    full.",
        "  Ask whoever wrote it, then remove what is left of it from this machine:",
        "  podman volume rm lab_data-of-a-service lab_data-of-another lab_data-of-the-last",
    ]


def test_nothing_is_broken_where_programs_read() -> None:
    assert told(LONG, io.StringIO(), before="- ") == f"- {LONG}"


def test_what_fits_stays_as_it_is() -> None:
    short = Problem(message="There is  none.", remedy="Write one.")
    assert told(short, Terminal()) == str(short)


def test_what_a_program_printed_stays_as_it_is() -> None:
    printed = "    " + "x y " * 40
    assert told(Problem(message=f"It failed:\n{printed}"), Terminal()).splitlines()[1] == printed


@pytest.mark.parametrize(
    "kept", ["'podman rm -f a b'", "('docker compose' and more')", "/a/path/that/is/long.yml:1:2"]
)
def test_quoted_commands_and_paths_are_in_one_line(kept: str) -> None:
    lines = fitted(f"{'word ' * 5}{kept} {'word ' * 9}", 40)
    assert any(kept.split(" and ", maxsplit=1)[0] in line for line in lines)
    assert len(lines) > 1


@given(st.text(alphabet="ab' :-/.(podman git", max_size=200), st.integers(40, 90))
def test_no_letter_is_lost_and_words_keep_to_the_width(text: str, width: int) -> None:
    lines = fitted(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        if len(line) > width and not line.startswith("   "):  # then it is one piece
            assert line.lstrip() in text


@pytest.mark.parametrize("said", ["39", "0", "wide", ""])
def test_a_terminal_without_a_sensible_width_breaks_lines_itself(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", said)
    assert columns(Terminal()) in (None, 80)  # 80 is what Python takes where nothing tells


def test_errors_and_warnings_come_through_here(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    tell(ConfigError([LONG, LONG]))
    warn_all([LONG])
    PlainProgress().warn(LONG)
    lines = shown.getvalue().splitlines()
    assert all(len(line) <= 80 or "podman volume rm" in line for line in lines)
    assert sum(line.startswith("  podman volume rm") for line in lines) == 4


@pytest.mark.parametrize(
    ("variables", "terminal", "welcome"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({}, True, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "xterm", "FORCE_COLOR": "1"}, False, True),
        ({"TERM": "xterm", "FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
    ids=str,
)
def test_colours(
    variables: dict[str, str], terminal: bool, welcome: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert takes_colours(Terminal() if terminal else io.StringIO()) is welcome
