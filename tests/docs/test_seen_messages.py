"""After a run of all tests, each message of the catalogue was seen by one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.recording import Recorder

from container_manager.compose.values import duration
from container_manager.errors import Problem
from docs.errors.reading import Message, Reading
from docs.errors.seen import compared, key_of, seen

TWICE = "config.source: The key <key> stands twice in this mapping."
NO_TASK = "words: No idea what '<word>' is!"


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder(tmp_path / "noted")
    recorder.start(monkeypatch)
    return recorder


def load_key_twice(project: Project) -> None:
    project.write("config.yml", "name: one\nname: two\n")
    with project.refuses():
        project.config()


def test_a_message_that_a_test_caused_was_seen_and_no_other(
    project: Project,
    reading: Reading,
    messages: list[Message],
    recorder: Recorder,
    tmp_path: Path,
) -> None:
    load_key_twice(project)
    recorder.pytest_unconfigure()
    assert seen(reading, messages, tmp_path / "noted").keys == {TWICE}


def test_what_our_program_says_counts(
    reading: Reading, messages: list[Message], recorder: Recorder, tmp_path: Path
) -> None:
    program = [sys.executable, "-m", "container_manager", "frobnicate"]
    ended = subprocess.run(program, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    recorder.pytest_unconfigure()
    assert NO_TASK in seen(reading, messages, tmp_path / "noted").keys


def test_a_message_that_a_test_writes_itself_does_not_count(
    reading: Reading, messages: list[Message], recorder: Recorder, tmp_path: Path
) -> None:
    Problem(message="The key 'name' stands twice in this mapping.")
    recorder.pytest_unconfigure()
    assert seen(reading, messages, tmp_path / "noted").keys == set()


def test_what_no_test_has_seen_is_told(
    project: Project,
    reading: Reading,
    messages: list[Message],
    recorder: Recorder,
    tmp_path: Path,
) -> None:
    load_key_twice(project)
    recorder.pytest_unconfigure()
    found = compared(reading, tmp_path / "noted")
    everything = {key_of(message) for message in messages}
    assert (set(found.lacking), found.wrong) == (everything - {TWICE}, ())


def test_a_reason_that_a_test_expects_was_seen(
    reading: Reading, messages: list[Message], recorder: Recorder, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        duration("soon")
    recorder.pytest_unconfigure()
    (key,) = seen(reading, messages, tmp_path / "noted").keys
    assert key.startswith("compose.values: <value> is no duration;")


def test_an_exit_code_that_the_catalogue_does_not_tell_is_wrong(
    reading: Reading, messages: list[Message], tmp_path: Path
) -> None:
    text = "The key 'name' stands twice in this mapping."
    noted = {"made": [["config.source", text]], "raised": [[1, text]], "said": [], "reasons": []}
    (tmp_path / "1.json").write_text(json.dumps(noted), encoding="utf-8")
    assert seen(reading, messages, tmp_path).wrong == {f"1: {TWICE}"}
