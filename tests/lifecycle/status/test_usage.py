"""What containers use, from answers of Podman 4.3 and 5."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from container_manager.lifecycle.status.usage import Meter
from container_manager.podman.engine import Engine
from container_manager.run import Finished

ID = "48fcf589aeec" + 52 * "0"
ANSWER = {
    "id": "48fcf589aeec",
    "cpu_time": "1.5s",
    "avg_cpu": "12.50%",
    "mem_usage": "647.2kB / 25.33GB",
}


def meter(*answers: str) -> Meter:
    """One that gets these answers, one after the other."""
    left = iter(answers)

    def call(*argv: str) -> Finished:
        return Finished(argv=("podman", *argv), returncode=0, stdout=next(left), stderr="")

    return Meter(cast("Engine", SimpleNamespace(call=call)))


def test_the_first_look_tells_the_average_and_later_ones_what_was_used_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([10.0, 12.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    measured = meter(json.dumps([ANSWER]), json.dumps([{**ANSWER, "cpu_time": "2.5s"}]))
    first = measured.measure([ID])[ID]
    assert (first.memory, first.memory_limit, first.cpu) == (647200, 25330000000, 0.125)
    assert measured.measure([ID])[ID].cpu == 0.5


@pytest.mark.parametrize(
    "answer",
    ["", "Error: rootless containers need cgroups v2", "[]", "[7]", json.dumps([{"id": "x"}])],
    ids=["nothing", "an error", "none", "a number", "no memory"],
)
def test_what_podman_cannot_tell_is_left_out(answer: str) -> None:
    assert meter(answer).measure([ID]) == {}


def test_nothing_is_asked_where_nothing_runs() -> None:
    answers: tuple[Any, ...] = ()
    assert meter(*answers).measure([]) == {}
