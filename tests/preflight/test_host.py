"""What of this machine keeps a stack from starting: told with all else, before anything runs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from container_manager.compose.model import Bind
from container_manager.errors import Location
from container_manager.podman.host import PodmanHost
from container_manager.preflight import host as machine
from container_manager.preflight.host import FLOOR, Space, free_space, host_problems, is_far


def podman(**changes: Any) -> PodmanHost:
    known: dict[str, Any] = {
        "executable": "/usr/bin/podman",
        "version": (5, 4, 2),
        "rootless": False,
        "settings": {},
        "reasons": (),
        "store": "/store",
    }
    return PodmanHost(**{**known, **changes})


def service() -> Any:
    where = Location(Path("t.yml"), 7)
    bind = Bind(source=Path("/lab/data"), target="/data", create=True, where=where)
    return SimpleNamespace(name="web", binds=(bind,), definition={}, default_keys={})


def problems(monkeypatch: pytest.MonkeyPatch, host: PodmanHost, free: Space | None) -> list[str]:
    monkeypatch.setattr(machine, "free_space", lambda _: free)
    found = host_problems(host, [service()], {})
    assert all(one.remedy for one in found)
    return [str(one) for one in found]


PLENTY = Space(10 << 30, 1000)


def test_a_machine_that_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    for ids in (None, 65537):
        assert problems(monkeypatch, podman(mapped_ids=ids), PLENTY) == []
    assert problems(monkeypatch, podman(), None) == []
    assert problems(monkeypatch, podman(), Space(FLOOR, None)) == []


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    (said,) = problems(monkeypatch, podman(), Space(FLOOR - 1, 1000))
    assert said.startswith("Only 100.0 MiB free at /store, where Podman keeps images")
    (said,) = problems(monkeypatch, podman(), Space(10 << 30, 0))
    assert said.startswith("Only 0 files free at /store")


def test_all_that_is_wrong_is_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full, a user without ids, and folders that the other side cannot see."""
    address = "ssh://me@cluster.example/run/podman.sock"
    far = podman(mapped_ids=1, remote=True, address=address)
    said = problems(monkeypatch, far, Space(0, 0))
    assert len(said) == 3
    assert "no subordinate user ids" in said[1]
    assert said[2].startswith(
        "t.yml:7: The service 'web' mounts /lab/data, which the Podman at "
        "ssh://cluster.example/run/podman.sock does not see."
    )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "unix:///run/user/1000/podman/podman.sock",
        "ssh://core@127.0.0.1:53412/run/podman.sock",
        "ssh://core@localhost:53412/run/podman.sock",
    ],
)
def test_a_virtual_machine_of_this_one_shares_folders(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    host = podman(remote=True, store="", address=address)
    assert problems(monkeypatch, host, PLENTY) == []
    assert not is_far(host)


def test_what_was_seen_of_its_folders_counts_more_than_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = podman(remote=True, address="unix:///tmp/forwarded.sock", sees_folders=False)
    (said,) = problems(monkeypatch, elsewhere, PLENTY)
    assert "which the Podman at unix:///tmp/forwarded.sock does not see" in said
    shared = podman(remote=True, address="ssh://me@cluster.example/s.sock", sees_folders=True)
    assert problems(monkeypatch, shared, PLENTY) == []


def test_space_is_measured(tmp_path: Path) -> None:
    space = free_space(str(tmp_path))
    assert space is not None
    assert space.bytes > 0
    assert free_space(str(tmp_path / "not" / "there")) is None


def test_the_first_port_of_an_ordinary_user(tmp_path: Path) -> None:
    file = tmp_path / "start"
    assert machine.unprivileged_ports(file) == 1024
    file.write_text("80\n")
    assert machine.unprivileged_ports(file) == 80
