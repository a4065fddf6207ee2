"""What cannot be removed, or runs on, is told by its name; so is where Ctrl-C left a stack."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from tests.lifecycle.containers import container

from container_manager.errors import InterruptedByUser, ManagerError, RuntimeFailure
from container_manager.identity import Identity
from container_manager.lifecycle import interrupting
from container_manager.lifecycle.interrupting import stops_on_interrupt
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import remove_containers
from container_manager.lifecycle.stopping import stop_and_remove
from container_manager.podman.state import ContainerState
from container_manager.run import Finished

WEB = container("web")
IDENTITY = cast(Identity, SimpleNamespace(owns=lambda _: True))


class Podman:
    """A Podman with one container and perhaps a network, which it may refuse to remove."""

    def __init__(self, *, stays: bool = False, network: bool = False) -> None:
        self.states = [WEB]
        self.stays, self.network = stays, network

    def inspect(self, ids: Iterable[str]) -> list[ContainerState]:
        return [one for one in self.states if one.id in set(ids)]

    def remove(self, *_: object, **__: object) -> Finished:
        if not self.stays:
            self.states = []
        return Finished(argv=(), returncode=1, stdout="", stderr="device or resource busy")

    def stop(self, *_: object, **__: object) -> Finished:
        return self.remove()

    def kill(self, _: object) -> Finished:
        return self.remove()

    def networks(self, _: str) -> dict[str, dict[str, str]]:
        return {"lab_default": {}} if self.network else {}

    def remove_network(self, _: str) -> Finished:
        return Finished(argv=(), returncode=2, stdout="", stderr="network is being used")

    def has_network(self, _: str) -> bool:
        return self.network

    def secrets(self, _: str) -> list[str]:
        return []

    def remove_secrets(self, names: Iterable[str]) -> None:
        assert [*names] == []


def project(podman: Podman, root: Path, *, comes_back: bool = False) -> Project:
    """As much of a project as removing needs."""
    parts = SimpleNamespace(
        name="lab",
        state_dir=root,
        engine=podman,
        containers=lambda: [WEB] if comes_back else podman.states,
        identity=lambda **_: IDENTITY,
        redact=lambda text: text,
        progress=SimpleNamespace(step=lambda _: None),
    )
    return cast(Project, parts)


def test_a_container_that_stays_is_named_with_podmans_words(tmp_path: Path) -> None:
    with pytest.raises(RuntimeFailure, match="could not be removed: lab_web_1") as caught:
        stop_and_remove(project(Podman(stays=True), tmp_path), [WEB])
    assert "device or resource busy" in str(caught.value)
    assert "podman inspect lab_web_1" in str(caught.value)


def test_a_network_that_others_use_stays(tmp_path: Path) -> None:
    told = "The network lab_default could not be removed: network is being used"
    with pytest.raises(RuntimeFailure, match=told):
        remove_containers(project(Podman(network=True), tmp_path), IDENTITY, [WEB])


def test_containers_that_come_back_at_once_are_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeFailure, match="are there although all were removed: lab_web_1"):
        remove_containers(project(Podman(), tmp_path, comes_back=True), IDENTITY, [WEB])


@pytest.mark.parametrize(
    ("stays", "error", "told"),
    [
        (True, RuntimeFailure, "but these still run: lab_web_1"),
        (False, InterruptedByUser, "the containers are stopped and kept"),
    ],
)
def test_ctrl_c_stops_what_is_attached(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stays: bool,
    error: type[ManagerError],
    told: str,
) -> None:
    podman = Podman(stays=stays)
    monkeypatch.setattr(interrupting, "_LOOK_EVERY", 0.0)
    with pytest.raises(error, match=told), stops_on_interrupt(project(podman, tmp_path)):
        raise KeyboardInterrupt
