"""What an ordinary user's containers cannot have is refused, or said, before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.compose.reading import one, read

from container_manager.compose.model import ComposeService
from container_manager.podman.causes import LIMITS
from container_manager.podman.host import PodmanHost
from container_manager.preflight import rootless, told
from container_manager.preflight.rootless import (
    ignored_limits,
    lingers,
    missing_controllers,
    network_programs,
    no_network,
    rootless_problems,
)
from container_manager.preflight.told import settings_of_ours, whose_podman


def podman(**changes: Any) -> PodmanHost:
    known: dict[str, Any] = {
        "executable": "/usr/bin/podman",
        "version": (5, 4, 2),
        "rootless": True,
        "settings": {},
        "reasons": (),
        "cgroup_version": "v2",
        "controllers": ("memory", "pids"),
    }
    return PodmanHost(**{**known, **changes})


def service(body: str = "restart: always") -> ComposeService:
    return read(one(body)).services["web"]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with all that an ordinary user's network needs."""
    monkeypatch.setattr(rootless, "network_programs", lambda _: ("pasta",))
    monkeypatch.setattr(rootless, "may_use_tun", lambda: True)


@pytest.mark.parametrize("mode", ["keep-id", "keep-id:uid=1000,gid=1000", "nomap"])
def test_user_namespaces_of_ordinary_users_are_refused_to_root(mode: str) -> None:
    web = service(f"userns_mode: '{mode}'")
    assert rootless_problems(podman(), [web], {}) == []
    (problem,) = rootless_problems(podman(rootless=False), [web], {})
    assert f"'userns_mode: {mode}'" in problem.message
    assert problem.where == web.where
    assert rootless_problems(podman(rootless=False), [service("userns_mode: auto")], {}) == []


@pytest.mark.parametrize(
    "limit",
    [
        "cpus: 0.5",
        "cpu_quota: 50000",
        "deploy: {resources: {limits: {cpus: '0.5'}}}",
    ],
)
def test_limits_that_systemd_delegates_to_nobody(limit: str) -> None:
    web = service(limit)
    (problem,) = missing_controllers(podman(), [web])
    assert "controller 'cpu'" in problem.message
    assert "Delegate=" in (problem.remedy or "")
    assert missing_controllers(podman(controllers=("cpu",)), [web]) == []
    assert missing_controllers(podman(), [service("mem_limit: 64m\npids_limit: 9")]) == []


def test_limits_have_no_effect_with_the_old_control_groups() -> None:
    services = [service("mem_limit: 64m"), service()]
    old = podman(cgroup_version="v1", controllers=())
    (warning,) = ignored_limits(old, services)
    assert "have no effect for web:" in warning.message
    assert rootless_problems(old, services, {}) == []
    for other in (podman(), podman(rootless=False, cgroup_version="v1")):
        assert ignored_limits(other, services) == []
    assert ignored_limits(old, [service()]) == []


def test_a_network_needs_a_program_and_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    (absent,) = no_network([], tun=True)
    assert "slirp4netns" in (absent.remedy or "")
    (shut,) = no_network(["pasta"], tun=False)
    assert "chmod 666 /dev/net/tun" in (shut.remedy or "")
    monkeypatch.setattr(rootless, "network_programs", lambda _: ())
    assert rootless_problems(podman(), [service()], {}) == [absent]
    assert rootless_problems(podman(), [service("network_mode: none")], {}) == []
    assert rootless_problems(podman(remote=True), [service()], {}) == []


def test_programs_are_found_on_the_path(tmp_path: Path) -> None:
    program = tmp_path / "pasta"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert "pasta" in network_programs({"PATH": str(tmp_path)})


def test_lingering_matters_where_systemd_ends_what_a_user_leaves(tmp_path: Path) -> None:
    assert lingers("ada", tmp_path) is None
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert lingers("ada", tmp_path) is False
    (tmp_path / "var/lib/systemd/linger").mkdir(parents=True)
    (tmp_path / "var/lib/systemd/linger/ada").touch()
    assert lingers("ada", tmp_path) is True


def test_what_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "lingers", lambda _: False)
    (said,) = whose_podman(podman())
    assert "enable-linger" in said
    assert whose_podman(podman(rootless=False)) == []
    (said,) = whose_podman(podman(remote=True, address="ssh://me@far.example/run/p.sock"))
    assert "ssh://far.example/run/p.sock" in said
    assert "cannot be mounted" in said
    (said,) = whose_podman(podman(remote=True, address="unix:///run/p.sock", sees_folders=True))
    assert "cannot be mounted" not in said


def test_settings_of_ours_are_a_note_with_what_to_do() -> None:
    assert settings_of_ours(podman()) == []
    note, why = settings_of_ours(podman(reasons=(LIMITS.reason,)))
    assert note.startswith("Note: ")
    assert "Nothing has to be done; 'explain-podman' shows them." in note
    assert why == (
        "Why: Podman's usual limits of open files or processes exceed those of this process."
    )
