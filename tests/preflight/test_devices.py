"""Devices that services ask for and this machine does not have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.compose.reading import one, read

from container_manager.compose.devices import devices_of
from container_manager.compose.model import ComposeService
from container_manager.podman.host import PodmanHost
from container_manager.preflight.devices import device_problems, read_specified

SPECIFICATION = {
    "cdiVersion": "0.5.0",
    "kind": "vendor.com/thing",
    "devices": [{"name": "one", "containerEdits": {}}, {"name": "all", "containerEdits": {}}],
}


def podman(**changes: Any) -> PodmanHost:
    known: dict[str, Any] = {
        "executable": "/usr/bin/podman",
        "version": (4, 3, 1),
        "rootless": False,
        "settings": {},
        "reasons": (),
    }
    return PodmanHost(**{**known, **changes})


def service(*devices: str) -> ComposeService:
    return read(one(f"devices: {json.dumps(devices)}")).services["web"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment whose Podman looks for specifications in a folder of the test."""
    (tmp_path / "cdi").mkdir()
    settings = tmp_path / "containers.conf"
    settings.write_text(f'[engine]\ncdi_spec_dirs = ["{tmp_path}/cdi"]\n')
    return {"CONTAINERS_CONF": str(settings), "HOME": str(tmp_path)}


@pytest.mark.parametrize("name", ["vendor.json", "vendor.yaml"])
def test_what_a_specification_names_is_there(
    tmp_path: Path, environ: dict[str, str], name: str
) -> None:
    (tmp_path / "cdi" / name).write_text(json.dumps(SPECIFICATION))
    wanted = service("vendor.com/thing=one", "vendor.com/thing=all")
    assert device_problems(podman(), [wanted], environ) == []


def test_what_none_names_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    web = service("vendor.com/thing=tow")
    (problem,) = device_problems(podman(), [web], environ)
    assert "asks for the device vendor.com/thing=tow, which no file in" in problem.message
    assert problem.where == web.where
    (tmp_path / "cdi/vendor.json").write_text(json.dumps(SPECIFICATION))
    (problem,) = device_problems(podman(), [web], environ)
    assert "Did you mean" in (problem.remedy or "")
    assert device_problems(podman(remote=True), [web], environ) == []


def test_how_to_come_by_graphics_processors_is_told(environ: dict[str, str]) -> None:
    (problem,) = device_problems(podman(), [service("nvidia.com/gpu=all")], environ)
    assert "nvidia-ctk cdi generate" in (problem.remedy or "")


def test_a_podman_without_the_interface(environ: dict[str, str]) -> None:
    (problem,) = device_problems(podman(version=(4, 0)), [service("vendor.com/thing=one")], environ)
    assert "does not know the Container Device Interface" in problem.message


@pytest.mark.parametrize("text", ["{", "[]", '{"kind": "a/b"}', '{"devices": 1}'])
def test_a_broken_specification_is_named(
    tmp_path: Path, environ: dict[str, str], text: str
) -> None:
    for name in ("broken.json", "broken.yaml"):
        (tmp_path / "cdi" / name).write_text(text)
    assert len(read_specified([tmp_path / "cdi"]).broken) == 2
    (problem,) = device_problems(podman(), [service("vendor.com/thing=one")], environ)
    assert "broken.json cannot be read" in problem.message


def test_paths_of_devices(environ: dict[str, str]) -> None:
    assert device_problems(podman(), [service("/dev/null:/dev/nothing:r")], environ) == []
    (problem,) = device_problems(podman(), [service("/dev/cmt-none:/dev/x")], environ)
    assert "asks for the device /dev/cmt-none, which is not there" in problem.message


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ["nvidia.com/gpu=all"]),
        (", count: 2", ["nvidia.com/gpu=0", "nvidia.com/gpu=1"]),
        (", device_ids: ['3']", ["nvidia.com/gpu=3"]),
    ],
)
def test_reserved_devices_are_asked_for_by_their_names(more: str, expected: list[str]) -> None:
    reserved = f"{{driver: nvidia, capabilities: [gpu]{more}}}"
    text = one(f"deploy: {{resources: {{reservations: {{devices: [{reserved}]}}}}}}")
    assert devices_of(read(text).services["web"]) == expected
