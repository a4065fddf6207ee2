"""What people and programs are told of a stack that is up."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from container_manager.lifecycle.outcome import Running, ServiceOutcome
from container_manager.lifecycle.project import Project
from container_manager.report.running import show_up


def service(name: str, *doors: str, owner: str | None = "framework.web") -> ServiceOutcome:
    return ServiceOutcome(
        name=name,
        owner=owner,
        phase="up",
        reason="",
        container=f"lab_{name}_1",
        ports=(),
        open_to_other_machines=doors,
    )


def running(*services: ServiceOutcome) -> Running:
    project = cast(Project, SimpleNamespace(name="lab", root=Path()))
    return Running(project=project, services=services)


STACK = running(
    service("shut"),
    service("wide", "0.0.0.0:8888", "[::]:53/udp"),
    service("site", "192.168.1.5:80", owner=None),
)
WIDE = [
    "open to other machines: framework.web wide 0.0.0.0:8888",
    "open to other machines: framework.web wide [::]:53/udp",
    "open to other machines: site 192.168.1.5:80",
]


def test_what_other_machines_reach_is_listed_last(capsys: pytest.CaptureFixture[str]) -> None:
    show_up(STACK, json=False)
    assert capsys.readouterr().err.splitlines() == WIDE


def test_programs_are_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    show_up(STACK, json=True)
    said = capsys.readouterr()
    assert said.err.splitlines() == WIDE
    doors = {
        one["service"]: one["open_to_other_machines"] for one in json.loads(said.out)["services"]
    }
    assert doors["shut"] == []
    assert doors["wide"] == ["0.0.0.0:8888", "[::]:53/udp"]
