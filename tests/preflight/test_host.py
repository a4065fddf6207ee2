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
from container_manager.preflight.host import FLOOR, Space, free_space, host_problems


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
    return SimpleNamespace(name="web", binds=(bind,))


def problems(
    monkeypatch: pytest.MonkeyPatch, host: PodmanHost, free: Space | None, **environ: str
) -> list[str]:
    monkeypatch.setattr(machine, "free_space", lambda _: free)
    found = host_problems(host, [service()], environ)
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
    far = podman(mapped_ids=1, remote=True)
    address = "ssh://me@cluster.example/run/podman.sock"
    said = problems(monkeypatch, far, Space(0, 0), CONTAINER_HOST=address)
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
    host = podman(remote=True, store="")
    assert problems(monkeypatch, host, PLENTY, CONTAINER_HOST=address) == []


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
