"""What ``quiesce`` of a service may hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from container_manager.config.quiesce import EXPECTED, SHAPE, Quiesce, declared
from container_manager.config.source import parse_yaml
from container_manager.errors import ConfigError


def check(text: str) -> str | None:
    node = parse_yaml(f"quiesce: {text}\n", Path("config.yml"), error=ConfigError)
    value = node.find(("quiesce",)) if node is not None else None
    assert value is not None
    return next((misfit.shape.expected for misfit in SHAPE.misfits(value)), None)


@pytest.mark.parametrize(
    "text",
    [
        "{before: [lock]}",
        "{after: [sh, -c, unlock]}",
        "{before: [lock], after: [unlock], container: db, timeout: 2.5}",
        "{before: [lock], after: null}",
    ],
)
def test_what_it_may_be(text: str) -> None:
    assert check(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "lock",
        "{}",
        "null",
        "[lock]",
        "{before: lock}",
        "{before: []}",
        "{before: [1]}",
        "{before: ['']}",
        '{before: ["a\\0b"]}',
        "{before: [lock], during: [x]}",
        "{before: [lock], timeout: 0}",
        "{before: [lock], timeout: true}",
        "{before: [lock], timeout: .inf}",
        pytest.param("{before: [lock], timeout: 1" + "0" * 400 + "}", id="a number too large"),
        "{before: [lock], container: [db]}",
        "{timeout: 3}",
    ],
)
def test_what_it_may_not_be(text: str) -> None:
    assert check(text) == EXPECTED


def test_what_is_declared() -> None:
    assert declared({}) is None
    assert declared({"quiesce": {"before": ["a"], "timeout": 3, "container": "db"}}) == Quiesce(
        before=("a",), after=(), container="db", timeout=3.0
    )
