"""Verdicts about containers, from what Podman says alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from container_manager.compose.model import ComposeService, Stack
from container_manager.compose.stack import read_stack
from container_manager.config.environment import Environment
from container_manager.config.source import parse_yaml
from container_manager.health import (
    Phase,
    Verdict,
    check_is_due,
    judge,
    last_exit_code,
    ready_to_start,
)
from container_manager.model import ComposeFile
from container_manager.podman.state import ContainerState, HealthState

UP = Verdict(phase=Phase.UP)
DONE = Verdict(phase=Phase.DONE)
PENDING = Verdict(phase=Phase.PENDING)
FAILED = Verdict(phase=Phase.FAILED, reason="it broke")


def stack(text: str) -> Stack:
    path = Path("/b/docker-compose.yml")
    document = parse_yaml(text, path, compose=True)
    assert document is not None
    file = ComposeFile(path=path, template=path, service=None, load=lambda: document)
    return read_stack([file], {}, Environment(process={}), project_name="lab")


def service(*, one_shot: bool = False) -> ComposeService:
    plain = stack("services: {web: {image: a/b}}").services["web"]
    return replace(plain, one_shot=one_shot)


def container(**changes: Any) -> ContainerState:
    values: dict[str, Any] = {
        "id": "1" * 64,
        "name": "lab_web_1",
        "service": "web",
        "project": "lab",
        "labels": {},
        "status": "running",
        "exit_code": 0,
        "started_at": 1000.0,
        "finished_at": None,
        "health": None,
        "image_id": "i",
        "image": "a/b",
        "ports": (),
        "volumes": (),
        "networks": (),
        "restart_policy": "",
        "restart_count": 0,
        "oom_killed": False,
        "error": "",
        **changes,
    }
    return ContainerState(**values)


def health(status: str = "starting", **changes: Any) -> HealthState:
    values: dict[str, Any] = {
        "status": status,
        "failing_streak": 0,
        "checked_at": None,
        "output": "",
        "interval": 10.0,
        "timeout": 5.0,
        "start_period": 5.0,
        "retries": 3,
        **changes,
    }
    return HealthState(**values)


@pytest.mark.parametrize(
    ("state", "age", "restarts", "phase"),
    [
        (None, 0, 0, Phase.PENDING),
        (container(status="created", started_at=None), 0, 0, Phase.PENDING),
        (container(), 0.5, 0, Phase.PENDING),
        (container(), 1.0, 0, Phase.UP),
        (container(status="paused"), 50, 0, Phase.PENDING),
        (container(), 5.0, 1, Phase.PENDING),
        (container(), 10.0, 1, Phase.UP),
        (container(), 5.0, 3, Phase.FAILED),
        (container(health=health()), 50, 0, Phase.PENDING),
        (container(health=health("healthy")), 0.1, 0, Phase.UP),
        (container(health=health("unhealthy")), 34.0, 0, Phase.PENDING),
        (container(health=health("unhealthy")), 35.0, 0, Phase.FAILED),
        (container(status="exited"), 0, 0, Phase.FAILED),
        (container(status="exited", exit_code=3), 0, 0, Phase.FAILED),
        (container(status="exited", restart_policy="always"), 1, 1, Phase.PENDING),
        (container(status="stopped", restart_policy="always"), 1, 3, Phase.FAILED),
        (container(status="exited", restart_policy="always"), 11, 0, Phase.FAILED),
        (container(status="exited", restart_policy="on-failure"), 1, 0, Phase.FAILED),
        (container(status="exited", restart_policy="on-failure", exit_code=1), 1, 0, Phase.PENDING),
    ],
)
def test_a_lasting_service(
    state: ContainerState | None, age: float, restarts: int, phase: Phase
) -> None:
    assert judge(service(), state, age=age, restarts=restarts).phase is phase


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (container(), Phase.PENDING),
        (container(status="exited"), Phase.DONE),
        (container(status="exited", exit_code=1), Phase.FAILED),
    ],
)
def test_a_one_shot(state: ContainerState, phase: Phase) -> None:
    assert judge(service(one_shot=True), state, age=100).phase is phase


def test_reasons_say_what_to_know() -> None:
    ended = judge(replace(service(), owner="framework.web"), container(status="exited"), age=0)
    assert "'one_shot: [web]' in the definition of framework.web" in ended.reason
    oom = judge(service(), container(status="exited", exit_code=137, oom_killed=True), age=0)
    assert "memory" in oom.reason
    sick = judge(service(), container(health=health("unhealthy", output="a\nno luck")), age=99)
    assert sick.reason == "its health check fails: no luck"


def test_a_loop_names_the_exit_code_only_where_it_was_seen() -> None:
    again = {"restart_policy": "always", "restart_count": 3}
    up = container(**again, exit_code=0)
    loop = "it ends and is restarted again and again (3 times"
    assert judge(service(), up, age=0, restarts=3).reason == f"{loop})"
    seen = judge(service(), up, age=0, restarts=3, last_exit=137)
    assert seen.reason == f"{loop}, last exit code 137)"
    down = container(**again, status="exited", exit_code=1)
    assert judge(service(), down, age=0, restarts=3).reason == f"{loop}, last exit code 1)"
    between = container(**again, status="initialized", exit_code=0)
    assert judge(service(), between, age=0, restarts=3).reason == f"{loop})"


def test_the_last_exit_code_is_remembered_while_the_container_runs_again() -> None:
    seen = last_exit_code(container(status="stopped", exit_code=137))
    assert seen == 137
    assert last_exit_code(container(exit_code=0), seen) == 137
    assert last_exit_code(container(exit_code=0)) is None


SHOP = """
services:
  web: {image: a/b, depends_on: {db: {condition: service_healthy}, job: {condition: \
service_completed_successfully}, log: {condition: service_started}}}
  db: {image: a/b}
  job: {image: a/b}
  log: {image: a/b}
  top: {image: a/b, depends_on: [web]}
"""


def test_a_service_starts_when_all_conditions_hold() -> None:
    shop = stack(SHOP)
    everything = ["web", "db", "job", "log", "top"]
    assert ready_to_start(shop, everything, {}, []) == (["db", "job", "log"], {})
    waiting = ["web", "top"]
    verdicts = {"db": PENDING, "job": PENDING, "log": PENDING, "web": PENDING}
    assert ready_to_start(shop, waiting, verdicts, ["log", "db", "job"]) == ([], {})
    verdicts |= {"db": UP, "job": DONE}
    assert ready_to_start(shop, waiting, verdicts, ["log", "db", "job"]) == (["web"], {})
    # "started" holds as soon as it was started, whatever became of it since.
    verdicts["log"] = FAILED
    assert ready_to_start(shop, waiting, verdicts, ["log", "db", "job"]) == (["web"], {})


def test_a_lost_dependency_is_named_through_the_chain() -> None:
    shop = stack(SHOP)
    verdicts = {"db": FAILED, "job": DONE, "log": UP, "web": PENDING}
    _, blocked = ready_to_start(shop, ["web", "top"], verdicts, ["log"])
    assert blocked == {"web": "because db failed: it broke"}
    verdicts["web"] = Verdict(phase=Phase.BLOCKED, reason=blocked["web"])
    assert ready_to_start(shop, ["top"], verdicts, [])[1] == {"top": "because web was not started"}


def test_a_condition_that_can_never_hold_does_not_hang() -> None:
    shop = stack(SHOP)
    verdicts = {"db": DONE, "job": DONE, "log": UP}
    _, blocked = ready_to_start(shop, ["web"], verdicts, ["db", "job", "log"])
    assert "can never be 'service_healthy'" in blocked["web"]


def test_checks_are_run_at_once_then_less_often_and_never_beside_somebody_else() -> None:
    def due(state: ContainerState, age: float, since_ours: float | None = None) -> bool:
        return check_is_due(state, now=1000.0 + age, age=age, since_ours=since_ours)

    starting = container(health=health(interval=30.0))
    assert due(starting, 0.0)
    assert not due(starting, 0.4, since_ours=0.4)
    assert due(starting, 0.6, since_ours=0.6)
    assert not due(starting, 20.0, since_ours=9.0)
    assert due(starting, 20.0, since_ours=10.0)
    assert due(starting, 500.0, since_ours=30.0)
    healthy = container(health=health("healthy", interval=30.0, checked_at=1100.0))
    assert not due(healthy, 110.0)
    assert due(healthy, 131.0)
    by_timer = container(health=health(interval=30.0, checked_at=1099.0))
    assert not due(by_timer, 100.0)
    assert not due(container(), 100.0)
    assert not due(container(status="exited", health=health()), 100.0)
    # A clock that goes ahead of ours must not silence us.
    assert due(container(health=health(checked_at=9999.0)), 100.0)
