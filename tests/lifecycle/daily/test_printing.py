"""How lines of logs look."""

from __future__ import annotations

import io
import json
import sys

import pytest

from container_manager.errors import UsageError
from container_manager.lifecycle.daily.gathering import LogLine
from container_manager.lifecycle.daily.printing import (
    Look,
    Printer,
    colour_of,
    harmless,
    pattern_of,
)


def line(text: str, service: str = "web") -> LogLine:
    """A line of a service."""
    when = "2026-11-26T18:27:18.868881636Z"
    return LogLine(service=service, container=f"x_{service}_1", when=when, text=text)


class Terminal(io.StringIO):
    """A standard output that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def become_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """From here on, standard output is a terminal with colours."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return stream


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain ü 漢 🙂", "plain ü 漢 🙂"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;aGk=", ""),  # never ended: the clipboard
        ("a\x1b[2J\x1b[1;1Hb", "ab"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("a\x1bcb", "ab"),
        ("a\x9b31mb", "a31mb"),
        ("a\x1b", "a"),
        ("50 %\r100 %", "50 % 100 %"),
        ("a\x00\x07\x08b\tc", "ab\tc"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_nothing_that_a_container_says_steers_a_terminal(said: str, shown: str) -> None:
    assert harmless(said) == shown


def test_colours_stay_on_a_terminal_and_end_with_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = become_terminal(monkeypatch)
    printer = Printer(str)
    printer.line(line("\x1b[31mred\x1b[2J"))
    head = f"\x1b[{colour_of('web')}mweb |\x1b[0m "
    assert terminal.getvalue() == f"{head}\x1b[31mred\x1b[0m\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_where_colours_are_not_welcome_there_are_none(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    terminal = become_terminal(monkeypatch)
    monkeypatch.setenv(name, value)
    Printer(str).line(line("\x1b[31mred"))
    assert terminal.getvalue() == "web | red\n"


def test_no_terminal_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(str, width=5).line(line("\x1b[31mred"))
    assert capsys.readouterr().out == "web   | red\n"


def test_a_service_has_one_colour_and_few_share_one() -> None:
    names = [f"service{number}" for number in range(40)]
    assert [colour_of(name) for name in names] == [colour_of(name) for name in names]
    assert len({colour_of(name) for name in names}) > 5


def test_times_patterns_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(str, look=Look(timestamps=True)).line(line("a"))
    assert capsys.readouterr().out == "web | 2026-11-26T18:27:18.868881636Z a\n"
    look = Look(pattern=pattern_of("^err.r", ignore_case=True), as_json=True)
    printer = Printer(str, look=look)
    printer.line(line("an error"))
    printer.line(line("\x1b[31mERROR\x1b[0m ü"))
    said = capsys.readouterr().out
    assert json.loads(said) == {
        "service": "web",
        "container": "x_web_1",
        "time": "2026-11-26T18:27:18.868881636Z",
        "text": "ERROR ü",
    }


def test_a_secret_among_control_characters_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(lambda text: text.replace("hunter22", "***")).line(line("hun\x00ter22"))
    assert capsys.readouterr().out == "web | ***\n"


def test_the_column_grows_with_longer_names(capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer(str, width=3)
    for service in ("web", "database", "web"):
        printer.line(line("a", service))
    assert capsys.readouterr().out == "web | a\ndatabase | a\nweb      | a\n"


def test_letters_that_the_terminal_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    Printer(str).line(line("ü"))
    assert raw.getvalue() == b"web | ?\n"


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'\(' is none: missing \), unterminated") as caught:
        pattern_of("(")
    assert r"--grep '\('" in str(caught.value)
    with pytest.raises(UsageError, match="there is no --grep"):
        pattern_of("", ignore_case=True)
    assert pattern_of("") is None
