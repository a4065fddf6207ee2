"""``TASK --help``: every task is told with examples, and each of them is understood."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from invoke.parser import Parser
from tests.conftest import Project

from container_manager.careful import CarefulTask
from container_manager.cli import run
from container_manager.tasks import namespace
from container_manager.words import with_trailing_services

TASKS = {str(context.name): context for context in namespace.to_contexts()}
EXAMPLES = [(name, words) for name in sorted(TASKS) for words in (namespace[name].examples or {})]


def test_every_task_has_an_example() -> None:
    assert [name for name in TASKS if not (namespace[name].examples or {})] == []
    assert all(isinstance(namespace[name], CarefulTask) for name in TASKS)


@pytest.mark.parametrize(("task", "example"), EXAMPLES, ids=[words for _, words in EXAMPLES])
def test_examples_are_understood_as_what_they_illustrate(task: str, example: str) -> None:
    words = with_trailing_services(shlex.split(example), list(TASKS.values()), {"--dry": False})
    words = [word for word in words if word != "--dry"]  # invoke's own, in front of all tasks
    parsed = Parser(contexts=list(TASKS.values())).parse_argv(words)
    assert [context.name for context in parsed] == [task]


@pytest.mark.parametrize("task", sorted(TASKS))
def test_help_shows_them_and_fits_a_terminal_of_80_columns(
    task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run([task, "--help"])
    told = capsys.readouterr().out
    for words, what in namespace[task].examples.items():
        assert f"  container-manager {words}\n      {what}\n" in told
    assert [line for line in told.splitlines() if len(line) > 80] == []


def help_of(task: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        run([task, "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("task", sorted(TASKS))
def test_values_of_options_have_names(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of each option that takes one: ``--timeout=SECONDS``, not ``--timeout=STRING``."""
    told = help_of(task, capsys)
    for option in TASKS[task].args.values():
        long = f"--{str(option.name).replace('_', '-')}"
        assert (f"{long}=" in told.partition("\nOptions:")[2]) == option.takes_value, long
    assert "STRING" not in told


@pytest.mark.parametrize(
    ("task", "usage"),
    [
        ("up", "up [options] [SERVICE ...] [other tasks ...]"),
        ("exec", "exec [options] SERVICE -- COMMAND ..."),
        ("cp", "cp [options] FROM TO [other tasks ...]"),
        ("explain", "explain [options] KEY [other tasks ...]"),
        ("down", "down [options] [other tasks ...]"),
        ("completion", "completion [options] SHELL [other tasks ...]"),
    ],
)
def test_the_words_of_a_task_are_in_its_usage(
    task: str, usage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert help_of(task, capsys).splitlines()[0] == f"Usage: container-manager {usage}"


def test_an_option_that_means_something_else_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--project=FOLDER " in help_of("new", capsys)
    assert "--project=NAME " in help_of("adopt", capsys)


def test_tasks_that_can_be_tried_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\n  --dry  " in help_of("up", capsys)
    assert "--dry" not in help_of("backup", capsys)


def test_an_option_that_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--nope"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "No idea what '--nope' is!\n  See --list for all tasks, TASK --help for one.\n"
    )


def test_a_list_of_what_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--list", "nothing"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "Sub-collection 'nothing' not found!\n  See --list for all tasks, TASK --help for one.\n"
    )


def test_stock_invoke_shows_them_too(project: Project) -> None:
    project.write("tasks.py", "from container_manager.tasks import namespace\n")
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "up", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "    container-manager up -d jupyter\n" in done.stdout


@pytest.mark.parametrize(
    ("words", "same"), [(["help"], ["--help"]), (["help", "up"], ["up", "--help"])]
)
def test_help_may_be_a_word(
    words: list[str], same: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for typed in (words, same):
        with pytest.raises(SystemExit) as ended:
            run(typed)
        assert ended.value.code in (0, None)
        said.append(capsys.readouterr().out)
    assert said[0].startswith("Usage: container-manager ")
    assert said[0] == said[1]
