"""What people and programs are told of a stack that is up."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from container_manager.lifecycle.outcome import Running, ServiceOutcome
from container_manager.lifecycle.project import Project
from container_manager.podman.state import PublishedPort
from container_manager.report import is_loopback, show_up


def port(host_ip: str, number: int, protocol: str = "tcp") -> PublishedPort:
    return PublishedPort(
        host_ip=host_ip, host_port=number, container_port=number, protocol=protocol
    )


def service(
    name: str, *ports: PublishedPort, phase: str = "up", owner: str | None = "framework.web",
    on_host_network: bool = False,
) -> ServiceOutcome:  # fmt: skip
    return ServiceOutcome(
        name=name,
        owner=owner,
        phase=phase,
        reason="",
        container=f"lab_{name}_1",
        ports=ports,
        on_host_network=on_host_network,
    )


def running(*services: ServiceOutcome) -> Running:
    project = cast(Project, SimpleNamespace(name="lab", root=Path()))
    return Running(project=project, services=services)


STACK = running(
    service("shut", port("127.0.0.1", 8000), port("::1", 8000), port("127.1.2.3", 8001)),
    service("wide", port("0.0.0.0", 8888), port("", 8889), port("::", 53, "udp")),
    service("site", port("192.168.1.5", 80), owner=None),
    service("ended", port("0.0.0.0", 81), phase="done"),
    service("host", on_host_network=True),
)
WIDE = [
    "open to other machines: framework.web wide 0.0.0.0:8888",
    "open to other machines: framework.web wide 0.0.0.0:8889",
    "open to other machines: framework.web wide [::]:53/udp",
    "open to other machines: site 192.168.1.5:80",
    "open to other machines: framework.web host every port it listens on (host network)",
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
    assert doors["shut"] == doors["ended"] == []
    assert doors["wide"] == ["0.0.0.0:8888", "0.0.0.0:8889", "[::]:53/udp"]


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("db", False),
    ],
)
def test_loopback_in_other_spellings(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback
