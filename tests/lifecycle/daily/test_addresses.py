"""The one address that a browser is sent to, or why there is none."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lifecycle.containers import container
from tests.lifecycle.daily.boxes import lab

from container_manager.errors import ManagerError, PreconditionError, UsageError
from container_manager.lifecycle.daily.addresses import the_link
from container_manager.podman.state import ContainerState, PublishedPort


def publishing(service: str, *ports: int) -> ContainerState:
    """A container that publishes ports of web pages."""
    published = [
        PublishedPort(host_ip="127.0.0.1", host_port=port, container_port=80, protocol="tcp")
        for port in ports
    ]
    return replace(container(service), ports=tuple(published))


WEB, API = publishing("web", 8080), publishing("api", 8081)


def test_the_only_one_is_meant(tmp_path: Path) -> None:
    assert the_link(lab(tmp_path, WEB).project).host_port == 8080
    assert the_link(lab(tmp_path, WEB, API).project, port=8081).service == "api"


@pytest.mark.parametrize(
    ("states", "port", "error", "told"),
    [
        ((WEB, API), None, UsageError, "There are 2 addresses to choose from."),
        ((WEB, API), 9, UsageError, "No address has the port 9."),
        ((container("web", status="exited"),), None, PreconditionError,
         "Nothing of the stack 'lab' runs."),
        ((container("web"),), None, PreconditionError,
         "the stack 'lab' publishes no port that a browser could open."),
        ((), None, PreconditionError, "The stack 'lab' has no containers."),
    ],
)  # fmt: skip
def test_what_leads_nowhere_is_told(
    tmp_path: Path,
    states: tuple[ContainerState, ...],
    port: int | None,
    error: type[ManagerError],
    told: str,
) -> None:
    with pytest.raises(error, match=re.escape(told)) as caught:
        the_link(lab(tmp_path, *states).project, port=port)
    if error is UsageError:
        assert "web --port 8080: http://127.0.0.1:8080" in str(caught.value)
