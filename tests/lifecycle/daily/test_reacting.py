"""What a service asks for when its mounted files change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from container_manager.lifecycle.daily.reacting import reaction
from container_manager.lifecycle.project import Project


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "recreate"),
        ({"on_change": "nothing"}, "nothing"),
        ({"on_change": "restart"}, "restart"),
        ({"on_change": ["kill", "-HUP", "1"]}, ["kill", "-HUP", "1"]),
    ],
)
def test_it_is_read_from_the_definition(settings: dict[str, Any], expected: object) -> None:
    services = {"framework.web": SimpleNamespace(settings=settings)}
    project = cast(Project, SimpleNamespace(services=services))
    assert reaction(project, "framework.web") == expected
    assert reaction(project, None) == "recreate"
