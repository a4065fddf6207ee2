"""The catalogue of errors is read from the source, and holds all of it."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from docs.errors.codes import WARNING, Codes
from docs.errors.page import PAGE, Entry, entries, page
from docs.errors.reading import ELSEWHERE, REASON, Message, Reading, shown
from docs.errors.source import Package

ERRORS = """
    class ManagerError(Exception): ...
    class ConfigError(ManagerError): ...
    class RuntimeFailure(ManagerError): ...
    class Problem: ...
    def raise_all(error, problems): ...
"""


@pytest.fixture(scope="module")
def everything(reading: Reading) -> list[Entry]:
    return entries(reading)


def read(folder: Path, source: str) -> tuple[Reading, list[Message]]:
    """A package with one module, and its messages."""
    (folder / "errors.py").write_text(textwrap.dedent(ERRORS))
    head = "from container_manager.errors import ConfigError, Problem, RuntimeFailure, raise_all\n"
    (folder / "room.py").write_text(head + textwrap.dedent(source))
    reading = Reading(Package(folder))
    return reading, list(reading.messages())


def told(messages: list[Message]) -> list[tuple[str, list[str]]]:
    """Each message, and its remedies."""
    return [(shown(one.pieces), [shown(one) for one in one.remedies]) for one in messages]


class TestThePage:
    def test_is_what_the_source_says_now(self, reading: Reading) -> None:
        again = "write it anew: .venv/bin/python -m docs.errors"
        assert PAGE.read_text(encoding="utf-8") == page(reading), again

    def test_leaves_out_only_what_stands_in_no_source(self, reading: Reading) -> None:
        """Whoever adds a message that cannot be read writes its words where it is made."""
        list(reading.messages())
        assert set(reading.unclear) == set(ELSEWHERE)

    def test_has_an_anchor_of_its_own_for_each_message(self, everything: list[Entry]) -> None:
        anchors = Counter(re.findall(r'<a id="([^"]+)">', PAGE.read_text(encoding="utf-8")))
        assert len(anchors) == len(everything)
        assert set(anchors.values()) == {1}

    @pytest.mark.parametrize(
        ("text", "codes"),
        [
            ("The key <key> stands twice in this mapping.", {2}),
            ("The volume <volume> could not be saved: <error>", {1}),
            ("'deployed_services' names no service: there is nothing to run.", {WARNING}),
            ("Declined: nothing was removed, and no container was touched.", {2}),
            ("Interrupted: the containers are stopped and kept.", {130}),
        ],
    )
    def test_tells_the_exit_code(self, everything: list[Entry], text: str, codes: set[int]) -> None:
        assert [one.codes for one in everything if one.text == text] == [codes]


class TestReading:
    def test_values_are_holes_that_are_called_as_in_the_code(self, tmp_path: Path) -> None:
        _, messages = read(
            tmp_path,
            """
            def check(service):
                raise ConfigError(f"The service {service.name} has no {service.what()!r} here.",
                                  remedy="Give it one.")
            """,
        )
        assert told(messages) == [
            ("The service <service> has no <service> here.", ["Give it one."])
        ]

    def test_a_helper_says_what_its_callers_give(self, tmp_path: Path) -> None:
        _, messages = read(
            tmp_path,
            """
            def check(problems, folder):
                if folder.file:
                    note(problems, f"The folder {folder} is a file.", "Move it away.")
                note(problems, "There is no folder.")

            def note(problems, message, remedy=None):
                problems.append(Problem(message=message, remedy=remedy))
            """,
        )
        assert told(messages) == [
            ("The folder <folder> is a file.", ["Move it away."]),
            ("There is no folder.", []),
        ]

    def test_every_branch_is_a_message_with_the_remedy_of_that_branch(self, tmp_path: Path) -> None:
        _, messages = read(
            tmp_path,
            """
            def check(port):
                if port < 1:
                    message, remedy = "A port is above zero.", "Take a larger one."
                else:
                    message = f"The port {port} is taken."
                    remedy = "Take another."
                raise ConfigError(message, remedy=remedy)
            """,
        )
        assert told(messages) == [
            ("A port is above zero.", ["Take a larger one."]),
            ("The port <port> is taken.", ["Take another."]),
        ]

    def test_what_a_function_returns_or_yields_is_followed(self, tmp_path: Path) -> None:
        _, messages = read(
            tmp_path,
            """
            def check(node):
                for message, remedy in wrong(node):
                    yield Problem(message=message, remedy=remedy)

            def wrong(node):
                if not node:
                    yield "This must be a list.", None
                yield f"The key {node} stands twice.", hint(node)

            def hint(node):
                return f"Remove {node}."
            """,
        )
        assert told(messages) == [
            ("This must be a list.", []),
            ("The key <node> stands twice.", ["Remove <node>."]),
        ]

    def test_a_reason_that_messages_quote_is_one_of_its_own(self, tmp_path: Path) -> None:
        _, messages = read(
            tmp_path,
            """
            def size(text):
                raise ValueError(f"{text!r} is no size")

            def check(text):
                try:
                    size(text)
                except ValueError as error:
                    raise ConfigError(f"'mem_limit': {error}.") from error
            """,
        )
        assert [(one.error, shown(one.pieces)) for one in messages] == [
            (REASON, "<text> is no size")
        ]

    def test_a_text_that_cannot_be_found_is_named(self, tmp_path: Path) -> None:
        reading, messages = read(
            tmp_path, "def check(words):\n    raise ConfigError(words[0].title())\n"
        )
        assert messages == []
        assert reading.unclear == ["room: words[0].title()"]


class TestCodes:
    def test_a_problem_has_the_code_of_the_error_that_it_ends_in(self, tmp_path: Path) -> None:
        reading, messages = read(
            tmp_path,
            """
            def start(stack):
                raise_all(RuntimeFailure, failures(stack))

            def failures(stack):
                yield Problem(message=f"The container {stack} has failed.")

            def look(stack):
                warn_all([Problem(message="Nothing is running here.")])
            """,
        )
        codes = Codes(reading, messages)
        assert [(shown(one.pieces), set(codes.of(one))) for one in messages] == [
            ("The container <stack> has failed.", {1}),
            ("Nothing is running here.", {WARNING}),
        ]
