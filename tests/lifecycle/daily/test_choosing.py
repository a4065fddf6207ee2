"""Which containers a name means."""

from __future__ import annotations

import pytest
from tests.lifecycle.containers import container

from container_manager.lifecycle.daily.choosing import named

CONTAINERS = [
    container("web", owner="framework.web"),
    container("worker", owner="framework.web"),
    container("open-webui", owner="framework.open_webui"),
    container("db", owner="applications.app.mongo"),
    container("proxy", owner=""),
    container("web-run-1", owner="framework.web", more={"com.docker.compose.oneoff": "True"}),
]


@pytest.mark.parametrize(
    ("name", "services"),
    [
        ("framework.web", ["web", "worker"]),
        ("web", ["web", "worker"]),
        ("worker", ["worker"]),
        ("open_webui", ["open-webui"]),
        ("open-webui", ["open-webui"]),
        ("mongo", ["db"]),
        ("applications.app.mongo", ["db"]),
        ("db", ["db"]),
        ("proxy", ["proxy"]),
        ("lab_web_1", ["web"]),
        ("web-run-1", ["web-run-1"]),
        ("", []),
        ("absent", []),
    ],
)
def test_a_name_means_our_service_or_a_compose_service(name: str, services: list[str]) -> None:
    assert [one.service for one in named(CONTAINERS, name)] == services


def test_what_two_services_of_ours_are_called_is_neither() -> None:
    both = [
        container("one", owner="applications.a.db"),
        container("two", owner="applications.b.db"),
    ]
    assert named(both, "db") == []
    assert [one.service for one in named(both, "applications.b.db")] == ["two"]
