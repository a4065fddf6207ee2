"""A running stack of a test: what is asked for and is not there is told with what there is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.conftest import Project
from tests.lifecycle.containers import container

from container_manager.discovery import discover
from container_manager.errors import ManagerError, RuntimeFailure, UsageError
from container_manager.opening import Opened
from container_manager.podman.state import PublishedPort
from container_manager.run import Finished
from container_manager.testing.projects import ProjectCopy
from container_manager.testing.stacks import RunningStack

TEMPLATE = """
services:
  web: {image: localhost/x, ports: ["127.0.0.1:8080:80"]}
  api: {image: localhost/x, ports: ["127.0.0.1:8081:80"]}
  gone: {image: localhost/x}
"""


@pytest.fixture
def stack(project: Project) -> RunningStack:
    """Two of its three services have a container; programs in them fail, and may say why."""
    project.deploy("web", TEMPLATE)
    prepared = project.prepare()
    port = PublishedPort(host_ip="127.0.0.1", host_port=8080, container_port=80, protocol="tcp")
    states = [replace(container("web"), ports=(port,)), container("api")]

    def call(*argv: str, **_: object) -> Finished:
        return Finished(argv=argv, returncode=3, stdout="", stderr=argv[-1].strip("-"))

    opened = SimpleNamespace(
        environment=prepared.stack.environment,
        services={one.name: one for one in discover(prepared.config)[0]},
        containers=lambda: states,
        engine=SimpleNamespace(call=call),
    )
    copy = SimpleNamespace(loaded=lambda: prepared.config)
    return RunningStack(
        cast(ProjectCopy, copy),
        cast(Opened, SimpleNamespace(project=opened)),
        prepared.stack,
    )


def test_the_address_of_a_service(stack: RunningStack) -> None:
    assert stack.url("web", "/x") == "http://127.0.0.1:8080/x"


@pytest.mark.parametrize(
    ("ask", "error", "told"),
    [
        (lambda it: it.state("wbe"), UsageError, "There is no service 'wbe' in the stack."),
        (lambda it: it.state("framework.web"), UsageError,
         "'framework.web' has several compose services."),
        (lambda it: it.state("gone"), UsageError, "'gone' has no container."),
        (lambda it: it.address("api"), UsageError, "'api' publishes no TCP port."),
        (lambda it: it.address("web", 443), UsageError, "'web' publishes no port 443."),
        (lambda it: it.run("web", "ls", "-"), RuntimeFailure,
         "'ls -' in 'web' ended with exit code 3, and said nothing."),
        (lambda it: it.run("web", "ls", "why"), RuntimeFailure,
         "'ls why' in 'web' ended with exit code 3:\n    why"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told(
    stack: RunningStack, ask: Callable[[RunningStack], Any], error: type[ManagerError], told: str
) -> None:
    with pytest.raises(error, match=re.escape(told)):
        ask(stack)
