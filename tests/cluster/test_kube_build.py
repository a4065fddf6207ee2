"""A real API server takes what ``kube.build`` makes, and finds no difference the second time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.conftest import Project
from tests.export.kubernetes.full_stacks import EXAMPLES, everything, shipped
from tests.export.kubernetes.stacks import Cluster

from container_manager.cluster.api import Api
from container_manager.cluster.applying import apply
from container_manager.cluster.contexts import Target
from container_manager.cluster.planning import plan
from container_manager.cluster.wanted import Secret, Wanted

pytestmark = pytest.mark.timeout(3600)  # in CI the first one waits until the server is built


STACKS = {"everything": everything, "shipped": shipped, **EXAMPLES}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_it_is_accepted_and_makes_no_difference_when_it_is_applied_again(
    project: Project, api: Api, target: Target, stack: Callable[[Project], Cluster]
) -> None:
    made = stack(project).manifests
    wanted = Wanted(
        project=made.project,
        objects=made.objects,
        secrets=tuple(
            Secret(name=need.name, values=dict.fromkeys(need.values, "a value"))
            for need in made.secrets
        ),
    )
    planned = plan(api, target, wanted)
    assert planned.problems == ()
    assert {step.action for step in planned.steps} == {"create"}
    apply(api, planned, wanted, force=False, tell=lambda _: None)
    again = plan(api, target, wanted)
    assert again.problems == ()
    assert [step.name for step in again.pending] == []
