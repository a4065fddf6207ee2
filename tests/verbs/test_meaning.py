"""Names of compose services, where a verb needs the service of ours."""

from __future__ import annotations

import pytest
from tests.conftest import Project

from container_manager.compose.model import Stack
from container_manager.errors import PreconditionError
from container_manager.verbs.meaning import are_ours, owners_of

TWO = "services: {web: {image: localhost/web}, web-worker: {image: localhost/web}}\n"


@pytest.fixture
def stack(project: Project) -> Stack:
    project.deploy("web", TWO)
    project.deploy("db", "services: {mongo: {image: localhost/db}}\n")
    project.write("services/docker-compose.yml.j2", "services: {proxy: {image: localhost/p}}\n")
    return project.prepare().stack


def test_compose_services_lead_to_ours(stack: Stack) -> None:
    assert owners_of(None, stack, ["web_worker", "db", "web"]) == ["framework.web", "framework.db"]
    assert owners_of(None, stack, ["mongo"]) == ["framework.db"]


def test_what_leads_nowhere_is_told(stack: Stack) -> None:
    with pytest.raises(PreconditionError) as caught:
        owners_of(None, stack, ["proxy", "mnogo"])
    message = str(caught.value)
    assert "'proxy' is of the root template" in message
    assert "There is no service 'mnogo'.\n  Did you mean 'mongo'?" in message


def test_only_what_the_configuration_defines_is_ours(stack: Stack) -> None:
    assert are_ours(None, ["web", "framework.db"])
    assert not are_ours(None, ["web", "mongo"])
