"""A real API server takes what is made of any services that are not refused before, with places."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Project
from tests.export.kubernetes.stacks import on_cluster
from tests.export.kubernetes.test_schemas import services

from container_manager.cluster.api import Api
from container_manager.cluster.contexts import Target
from container_manager.cluster.planning import plan
from container_manager.cluster.wanted import Wanted
from container_manager.errors import ConfigError, RenderError

pytestmark = pytest.mark.timeout(3600)  # in CI the first one waits until the server is built

_NAMES = ("web", "a_b", "x" * 63)


@given(stack=st.dictionaries(st.sampled_from(_NAMES), services, min_size=1))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_server_takes_whatever_is_made_of_any_services(
    project: Project, api: Api, target: Target, stack: dict[str, dict[str, Any]]
) -> None:
    top: dict[str, Any] = {"volumes": {"data": {}, "more_data": {}}}
    try:
        made = on_cluster(project, top=top, stack=stack).manifests
    except (ConfigError, RenderError):
        return
    planned = plan(api, target, Wanted(project=made.project, objects=made.objects))
    assert [str(problem) for problem in planned.problems] == []
