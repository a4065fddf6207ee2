"""The key ``hooks``: what it may hold, and what is told where it holds something else."""

from __future__ import annotations

import json

import pytest
from tests.conftest import Project

from container_manager.config.hooks import HOOKS
from container_manager.errors import ConfigError


def hooks(
    project: Project, given: object, **environ: str
) -> list[tuple[str, tuple[str, ...], float]]:
    project.write("config.yml", f"a: 1\nhooks: {json.dumps(given)}\n")
    return [(one.name, one.argv, one.timeout) for one in project.config(**environ).hooks]


@pytest.mark.parametrize(
    ("given", "commands"),
    [
        (["make", "all"], [(("make", "all"), 300.0)]),
        ([["make"], ["x", "y"]], [(("make",), 300.0), (("x", "y"), 300.0)]),
        ({"command": ["make"], "timeout": 5}, [(("make",), 5.0)]),
        ([{"command": ["make"], "timeout": 5}, ["x"]], [(("make",), 5.0), (("x",), 300.0)]),
        (["echo", "${WHO} owes $$5"], [(("echo", "ann owes $5"), 300.0)]),
        (None, []),
    ],
)
def test_a_command_may_be_written_in_these_ways(
    project: Project, given: object, commands: list[tuple[tuple[str, ...], float]]
) -> None:
    found = hooks(project, {"after_up": given}, WHO="ann")
    assert found == [("after_up", *command) for command in commands]


def test_they_are_listed_in_the_order_in_which_they_run(project: Project) -> None:
    given = {name: ["x"] for name in reversed(list(HOOKS))}
    assert [name for name, _, _ in hooks(project, given)] == list(HOOKS)


@pytest.mark.parametrize(
    "wrong",
    [
        *("make all", [], [[]], [["make"], "x"], ["make", 1], [""], ["a\0"]),
        *({"command": "make"}, {"timeout": 5}),
        {"command": ["make"], "shell": True},
    ],
)
def test_anything_else_is_refused_with_its_place(project: Project, wrong: object) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        hooks(project, {"after_up": wrong})
    (message,) = refusal.messages
    assert message.startswith("config.yml:2:21: 'hooks.after_up' must be a command as a list")


@pytest.mark.parametrize("timeout", [0, -1, True, None, "60s", float("inf"), 1e9, 10**400])
def test_a_timeout_that_is_none_is_told_with_its_place(project: Project, timeout: object) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        hooks(project, {"after_up": [["make"], {"command": ["make"], "timeout": timeout}]})
    (message,) = refusal.messages
    assert message.startswith("config.yml:2:")
    assert (
        "The timeout of a command of 'hooks.after_up' must be seconds, more than 0 and" in message
    )


def test_an_unknown_hook_is_told_with_a_near_one(project: Project) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        hooks(project, {"pre_build": ["x"], "afterup": ["x"]})
    assert refusal.messages == [
        "config.yml:2:22: There is no hook 'pre_build'.",
        "config.yml:2:40: There is no hook 'afterup'.",
    ]
    assert refusal.remedies[1] == "Did you mean 'after_up'?"


def test_a_secret_in_a_command_is_refused(project: Project) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        hooks(project, {"after_up": ["curl", "-u", "me:${API_TOKEN}"]}, API_TOKEN="t0ken")
    (message,) = refusal.messages
    assert "The secret variable API_TOKEN stands in a command of 'hooks'" in message
    assert "t0ken" not in refusal.text
