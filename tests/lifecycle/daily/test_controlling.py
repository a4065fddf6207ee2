"""Containers that do not do what they were told: what is said then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.containers import container
from tests.lifecycle.daily.boxes import lab, said

from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.lifecycle.daily import controlling
from container_manager.lifecycle.project import Project

REFUSAL = said("Error: the runtime refuses: hunter-4711", 125)


@pytest.mark.parametrize(
    ("order", "status", "told"),
    [
        (controlling.stop, "running", "These containers still run: lab_web_1."),
        (controlling.kill, "running", "These containers still run: lab_web_1.\nError: the runtime"),
        (controlling.pause, "running", "These containers go on: lab_web_1.\nError: the runtime"),
        (controlling.unpause, "paused", "These containers are still paused: lab_web_1.\nError: "),
    ],
)
def test_containers_that_go_on_as_before_are_named(
    tmp_path: Path,
    order: Callable[[Project], Any],
    status: str,
    told: str,
) -> None:
    states = container("web", status=status), container("done", status="exited")
    stack = lab(tmp_path, *states, kill=REFUSAL, pause=REFUSAL, unpause=REFUSAL)
    with pytest.raises(RuntimeFailure) as caught:
        order(stack.project)
    assert str(caught.value).startswith(told)
    assert "hunter-4711" not in str(caught.value)
    assert "podman inspect lab_web_1" in str(caught.value)


def test_a_signal_that_podman_does_not_send_is_told(tmp_path: Path) -> None:
    stack = lab(tmp_path, container("web"), kill=said("Error: no such process", 125))
    with pytest.raises(RuntimeFailure, match="The signal hup was not sent: Error: no such process"):
        controlling.kill(stack.project, signal="hup")


def test_who_waits_for_what_is_not_there_is_not_started(tmp_path: Path) -> None:
    stack = lab(tmp_path, container("web", after=("db",), status="exited"))
    with pytest.raises(PreconditionError, match="web waits for db, which has no container") as told:
        controlling.start(stack.project)
    assert "'up' makes it." in str(told.value)
    assert stack.box.calls == []
