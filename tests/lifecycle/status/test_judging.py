"""What is said of containers that were looked at: decided without Podman."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.lifecycle.containers import container

from container_manager import identity as labels
from container_manager.lifecycle.daily.labelled import stack_of
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.status.judging import Drift, other_stacks, status_rows
from container_manager.lifecycle.status.model import StatusRow
from container_manager.podman.answers import timestamp
from container_manager.podman.state import ContainerState, ListedContainer

STARTED = timestamp("2026-01-02T03:04:05Z") or 0.0
CHECK = {"Test": ["CMD", "true"], "Interval": 10_000_000_000, "Timeout": 5_000_000_000}


def rows_of(*containers: ContainerState, age: float = 60.0, **more: Any) -> list[StatusRow]:
    """What is told of containers, that many seconds after their start."""
    project = cast(
        "Project",
        SimpleNamespace(
            name="lab",
            root=Path("/lab"),
            state_dir=Path("/lab/.none"),
            config_path=Path("/lab/config.yml"),
            environment=None,
        ),
    )
    given: dict[str, Any] = {"usage": {}, "drift": Drift(), **more}
    stack = stack_of(project, containers)
    return list(status_rows(containers, stack, now=STARTED + age, **given))


def checked(status: str, *, at: str, output: str = "") -> dict[str, Any]:
    """A state in which a health check ran at a time of that day."""
    log = [{"Start": f"2026-01-02T{at}Z", "Output": output}]
    return {"Health": {"Status": status, "FailingStreak": 0, "Log": log}}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, None),
        ({"status": "exited", "one_shot": True}, None),
        ({"status": "exited", "exit_code": 3, "one_shot": True}, "it ended with exit code 3"),
        ({"status": "exited", "exit_code": 137}, "it ended with exit code 137"),
        ({"status": "created"}, "it is not started"),
        ({"status": "paused"}, "it is paused"),
    ],
    ids=["runs", "job done", "job failed", "killed", "never started", "paused"],
)
def test_what_should_run_and_does_not_is_wrong(given: dict[str, Any], wrong: str | None) -> None:
    (row,) = rows_of(container("web", **given))
    assert row.wrong == wrong


def test_what_ended_well_although_it_should_go_on_is_wrong() -> None:
    (row,) = rows_of(container("web", status="exited"))
    assert row.wrong is not None
    assert "although it is meant to keep running" in row.wrong


def test_what_ends_again_and_again_is_wrong() -> None:
    looping = replace(container("web"), restart_count=5, restart_policy="always")
    (row,) = rows_of(looping, age=2.0)
    assert row.wrong == "it ends and is restarted again and again (5 times)"
    (later,) = rows_of(looping, age=60.0)
    assert (later.wrong, later.restarts) == (None, 5)


def test_a_failing_health_check_is_wrong_and_what_it_printed_obeys_nobody() -> None:
    sick = checked("unhealthy", at="03:05:00", output="first\n\x1b[31mlast")
    (row,) = rows_of(container("web", state=sick, check=CHECK))
    assert (row.health, row.stale, row.health_age) == ("unhealthy", False, 5.0)
    assert row.wrong == "its health check fails:  [31mlast"
    fresh = checked("starting", at="03:05:00")
    (row,) = rows_of(container("web", state=fresh, check=CHECK))
    assert (row.health, row.wrong) == ("starting", None)


@pytest.mark.parametrize(("at", "stale"), [("03:04:46", False), ("03:04:44", True)])
def test_health_older_than_two_intervals_is_stale(at: str, stale: bool) -> None:
    """Ten seconds between checks: twenty are the most."""
    (row,) = rows_of(container("web", state=checked("healthy", at=at), check=CHECK))
    assert row.stale is stale


def test_what_was_just_started_has_no_stale_health() -> None:
    (row,) = rows_of(container("web", check=CHECK), age=1.0)
    assert (row.health, row.health_age, row.stale) == ("starting", None, False)
    (row,) = rows_of(container("web", check=CHECK), age=30.0)
    assert row.stale


def test_a_container_of_run_may_end_as_it_likes() -> None:
    once = {"com.docker.compose.oneoff": "True"}
    (row,) = rows_of(container("web", status="exited", exit_code=1, more=once))
    assert (row.wrong, row.one_off) == (None, True)


def test_drift_is_told_of_the_container_that_differs() -> None:
    drift = Drift(containers={"id-web": ("'image' changed",)})
    told = {
        row.service: row.drift for row in rows_of(container("web"), container("db"), drift=drift)
    }
    assert told == {"web": ("'image' changed",), "db": ()}


def test_other_stacks_are_counted_by_project() -> None:
    def listed(project: str, *, running: bool, config: str = "") -> ListedContainer:
        told = {labels.COMPOSE_PROJECT: project, labels.CONFIG: config}
        return ListedContainer(name="x", labels=told, running=running, ports=())

    found = other_stacks(
        [
            listed("lab", running=True),
            listed("zoo", running=True, config="/zoo/config.yml"),
            listed("zoo", running=False),
            listed("arc", running=False),
            ListedContainer(name="alone", labels={}, running=True, ports=()),
        ],
        "lab",
    )
    assert [(one.project, one.config, one.containers, one.running) for one in found] == [
        ("arc", "", 1, 0),
        ("zoo", "/zoo/config.yml", 2, 1),
    ]
