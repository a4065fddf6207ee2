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


def test_stock_invoke_shows_them_too(project: Project) -> None:
    project.write("tasks.py", "from container_manager.tasks import namespace\n")
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "up", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "    container-manager up -d jupyter\n" in done.stdout
