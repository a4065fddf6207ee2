"""Words of docker compose that are called otherwise here."""

from __future__ import annotations

import re

import pytest

from container_manager.cli import run
from container_manager.hints import HINTS, OPTIONS
from container_manager.tasks import namespace

TASKS = {name for context in namespace.to_contexts() for name in (context.name, *context.aliases)}

COMPOSE = (
    *("attach", "build", "commit", "config", "cp", "create", "down", "events", "exec", "export"),
    *("images", "kill", "logs", "ls", "pause", "port", "ps", "publish", "pull", "push", "restart"),
    *("rm", "run", "scale", "start", "stats", "stop", "top", "unpause", "up", "version"),
    *("volumes", "wait"),
)
"""The commands of docker compose 2."""


def test_every_command_of_docker_compose_is_a_task_or_has_a_hint() -> None:
    assert [word for word in COMPOSE if word not in TASKS | HINTS.keys()] == []


def test_no_hint_hides_a_task() -> None:
    assert HINTS.keys() & TASKS == set()


def test_hints_name_tasks_that_there_are() -> None:
    said = {
        match
        for hint in HINTS.values()
        for match in re.findall(r"'([a-z-]+)[^']*'", hint)
        if not match.startswith(("podman", "--"))
    }
    assert said - TASKS == set()


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["logs", "-n", "5"], "--tail N"),
        (["up", "--build"], "'up' builds"),
        (["down", "-v"], "'clean' removes volumes"),
        (["exec", "-it", "web", "--", "sh"], "There is a terminal"),
        (["run", "--rm", "web"], "removed in any case"),
        (["exec", "web", "ls"], "A command goes after --: exec web -- ls"),
        (["down", "web"], "'stop NAME' stops a service"),
        (["clean", "web"], "'clean' takes no name, and 'web' is no task"),
        (["up", "--detach"], "Did you mean '--detached'"),
        (["ps", "--no-such-thing=1"], "'ps' has no option --no-such-thing"),
        (["clean", "--no-backpu"], "Did you mean '--no-backup'"),
        (["up", "--", "web"], "Names of services and options stand before --."),
    ],
)
def test_options_of_docker_compose_are_told_what_they_are_called(
    typed: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(typed)
    assert ended.value.code == 2
    assert hint in capsys.readouterr().err


def test_no_hint_hides_an_option() -> None:
    flags = {str(context.name): context.flags for context in namespace.to_contexts()}
    for task, options in OPTIONS.items():
        assert [option for option in options if option in flags[task]] == []


@pytest.mark.parametrize("word", ["rm", "scale"])
def test_typing_one_says_what_to_use(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run([word, "web", "--force"])
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert HINTS[word] in told.err


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        (["dokter"], "Did you mean 'doctor'?"),
        (["halp"], None),
        (["docs"], None),
        (["up", "--detatch"], "Did you mean '--detached'?"),
        (["up", "--foo"], None),
        (["up", "--color"], None),
        (["clean", "--force"], None),
        (["logs", "--all"], None),
        (["logs", "--tial", "5"], "Did you mean '--tail'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_only_what_is_near_is_suggested(
    typed: list[str], near: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(typed)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert near in told if near else "Did you mean" not in told
