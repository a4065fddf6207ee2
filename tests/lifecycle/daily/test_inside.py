"""What cannot be run in a container, copied or shown of it: told before Podman is asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.containers import container
from tests.lifecycle.daily.boxes import lab, said

from container_manager.config.environment import Environment
from container_manager.errors import ManagerError, PreconditionError, UsageError
from container_manager.lifecycle.daily.handling import copy, processes
from container_manager.lifecycle.daily.inside import Inside, execute, shell
from container_manager.lifecycle.project import Project

STATES = (
    container("web"),
    container("job", owner="framework.job", status="exited", exit_code=3),
    container("new", owner="framework.new", status="created"),
)


@pytest.mark.parametrize(
    ("order", "error", "told"),
    [
        (lambda lab: execute(lab, "web", []), UsageError,
         "There is no command to run.\n  Write it after --: exec web -- ls -l"),
        (lambda lab: execute(lab, "", []), UsageError,
         "There is no command to run.\n  Write it after --: exec SERVICE -- ls -l"),
        (lambda lab: execute(lab, "", ["ls"]), PreconditionError,
         "Which service is meant was not said.\n  Services with containers: job, new, web."),
        (lambda lab: execute(lab, "new", ["ls"]), PreconditionError,
         "new does not run: it is created."),
        (lambda lab: execute(lab, "job", ["ls"]), PreconditionError,
         "job does not run: it is exited with exit code 3."),
        (lambda lab: execute(lab, "web", ["ls"], Inside(variables=["NOTHING"])), UsageError,
         "The variable 'NOTHING' has no value here."),
        (lambda lab: execute(lab, "web", ["ls"], Inside(variables=["=x"])), UsageError,
         "The variable '' has no value here."),
        (lambda lab: execute(lab, "web", ["ls"], Inside(variables=["A_TOKEN=hunter-4711"])),
         UsageError, "A_TOKEN is a secret, and what stands in a command line can be read"),
        (lambda lab: shell(lab, "web"), PreconditionError,
         "The container lab_web_1 has no shell (looked for bash, zsh, sh)."),
        (lambda lab: processes(lab, ["job"]), PreconditionError, "None of these containers runs."),
        (lambda lab: copy(lab, "a.txt", "b.txt"), UsageError,
         "One of the two has to be in a container, and the other here."),
        (lambda lab: copy(lab, "web:/a", "job:/b"), UsageError,
         "One of the two has to be in a container, and the other here."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told(
    tmp_path: Path, order: Callable[[Project], Any], error: type[ManagerError], told: str
) -> None:
    stack = lab(
        tmp_path, *STATES, environment=Environment(process={"HOME": "/"}), exec=said("", 127)
    )
    with pytest.raises(error, match=re.escape(told)) as caught:
        order(stack.project)
    assert caught.value.exit_code == 2
    assert "hunter-4711" not in str(caught.value)


def test_a_service_whose_container_is_gone_is_told_from_one_that_nobody_knows(
    tmp_path: Path,
) -> None:
    stack = lab(tmp_path, container("web", owner="framework.web"))
    stack.project.state_dir.joinpath("compose").mkdir(parents=True)
    written = "services: {gone: {labels: {}}}\n"
    (stack.project.state_dir / "compose/lab.yml").write_text(written)
    with pytest.raises(PreconditionError, match="The service 'gone' has no container") as caught:
        execute(stack.project, "gone", ["ls"])
    assert "'up --service gone' makes it." in str(caught.value)
    with pytest.raises(PreconditionError, match="No service 'wbe' has a container here") as caught:
        execute(stack.project, "wbe", ["ls"])
    assert "Did you mean" in str(caught.value)


def test_containers_of_one_service_are_listed_where_one_is_meant(tmp_path: Path) -> None:
    both = container("api", owner="framework.web"), container("side", owner="framework.web")
    stack = lab(tmp_path, *both, replace(both[1], id="other", name="lab_side_2"))
    with pytest.raises(PreconditionError, match=r"web' has several containers: api, side"):
        execute(stack.project, "framework.web", ["ls"])
