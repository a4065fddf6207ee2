"""What is started and restarted, as labels tell it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from tests.lifecycle.containers import container

from container_manager import identity as labels
from container_manager.compose.model import COMPLETED, HEALTHY, STARTED, Stack
from container_manager.lifecycle.daily.controlling import to_start
from container_manager.lifecycle.daily.labelled import stack_of
from container_manager.lifecycle.daily.restarting import to_restart
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState

DB = container("db", owner="framework.db", timeout=7)
INIT = container("init", after=("db",), status="exited", one_shot=True)
WEB = container("web", after=("db", "init"))
SIDE = container("side", after=("web",), shares=["web"])
THIRD = container("third", after=("side",), shares=["side"])
ALL = [DB, INIT, WEB, SIDE, THIRD]


@pytest.fixture
def lab(tmp_path: Path) -> Project:
    """What the labels are read for: a project's name and places."""
    return cast(
        Project,
        SimpleNamespace(
            name="lab",
            root=tmp_path,
            config_path=tmp_path / "config.yml",
            state_dir=tmp_path / ".container-manager",
            environment=None,
        ),
    )


def stack(lab: Project, *containers: ContainerState) -> Stack:
    return stack_of(lab, containers or ALL)


def restarted(lab: Project, *names: str, fresh: tuple[str, ...] = ()) -> set[str]:
    meant = [one for one in ALL if one.service in names] if names else ALL
    return to_restart(stack(lab), meant, fresh=fresh, jobs=bool(names))


def test_labels_tell_how_a_service_starts(lab: Project) -> None:
    web = container("web", after=("db", "side"), shares=["side"], timeout=2.5)
    found = stack(lab, web, DB, container("side")).services["web"]
    assert (found.owner, found.start_timeout, found.one_shot) == ("framework.web", 2.5, False)
    assert (found.depends_on, found.implied) == ({"db": STARTED}, ("side",))


def test_the_conditions_are_known(lab: Project) -> None:
    conditions = {"db": HEALTHY, "init": COMPLETED}
    web = container("web", after=("db", "init"), more=starts(after=conditions))
    assert stack(lab, web, DB, INIT).services["web"].depends_on == conditions


def test_who_is_gone_is_not_waited_for(lab: Project) -> None:
    assert stack(lab, WEB, DB).services["web"].depends_on == {"db": STARTED}


def test_what_the_last_up_said_is_newer_than_the_labels_of_a_container(lab: Project) -> None:
    path = lab.state_dir / "compose/lab.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "services:\n"
        "  db:\n"
        "    environment: {X: !reset null}\n"
        "    labels: {io.container-manager.starts: '{\"timeout\": 9}'}\n"
    )
    assert stack(lab).services["db"].start_timeout == 9
    path.write_text("services: [")
    assert stack(lab).services["db"].start_timeout == 7


def test_a_restart_takes_along_who_lives_in_its_namespace_and_nobody_else(lab: Project) -> None:
    assert restarted(lab, "db") == {"db"}
    assert restarted(lab, "web") == {"web", "side", "third"}
    assert restarted(lab, "side") == {"side", "third"}


def test_a_restart_leaves_what_was_started_just_now_and_jobs_that_are_done(lab: Project) -> None:
    assert restarted(lab) == {"db", "web", "side", "third"}
    assert restarted(lab, fresh=("db", "side")) == {"web", "third"}
    assert restarted(lab, "init") == {"init"}


@pytest.mark.parametrize(
    ("web", "again", "expected"),
    [
        ("running", (), set()),
        ("running", ("init",), {"init"}),
        ("exited", (), {"web", "init"}),
    ],
)
def test_a_job_runs_again_for_who_waits_for_its_end(
    lab: Project, web: str, again: tuple[str, ...], expected: set[str]
) -> None:
    waits = container("web", after=("init",), status=web, more=starts(after={"init": COMPLETED}))
    states = {one.service: one for one in (DB, INIT, waits)}
    assert to_start(stack(lab, *states.values()), states, again) == expected


def starts(**told: object) -> dict[str, str]:
    """The label that says how a container starts."""
    return {labels.STARTS: json.dumps(told)}
