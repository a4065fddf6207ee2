"""Whose socket a provider is given: Podman's, never dockerd's."""

from __future__ import annotations

import os
import socket as sockets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.podman import socket
from container_manager.podman.host import PodmanHost
from container_manager.run import ProcessRunner

PODMAN = "Server: Libpod/4.3.1 (linux)\r\nLibpod-Api-Version: 4.3.1\r\n"
DOCKERD = "Server: Docker/27.3.1 (linux)\r\nApi-Version: 1.47\r\n"
HOST = PodmanHost(
    executable="/usr/bin/podman", version=(5, 4, 2), rootless=True, settings={}, reasons=()
)


@contextmanager
def serving(path: Path, headers: str) -> Iterator[str]:
    """Somebody who answers every question at a socket with these headers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with sockets.socket(sockets.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            while True:
                try:
                    asked, _ = listener.accept()
                except OSError:
                    return
                with asked:
                    asked.recv(4096)
                    asked.sendall(f"HTTP/1.0 200 OK\r\n{headers}\r\nOK".encode())

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"unix://{path}"
        listener.shutdown(sockets.SHUT_RDWR)
    path.unlink()
    thread.join()


@pytest.fixture
def folder() -> Iterator[Path]:
    """One with a short name, which sockets need."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_the_usual_socket_is_used_where_podman_answers(folder: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(folder)}
    assert socket.choose(HOST, environ) is None
    usual = folder / "podman" / "podman.sock"
    with serving(usual, PODMAN) as address:
        assert socket.choose(HOST, environ) == address
        assert socket.choose(HOST, {**environ, "CONTAINERS_STORAGE_CONF": "/x"}) is None
    with serving(usual, DOCKERD):
        assert socket.choose(HOST, environ) is None


def test_settings_of_ours_need_a_socket_of_ours(folder: Path) -> None:
    host = PodmanHost(
        executable="/usr/bin/podman",
        version=(4, 3, 1),
        rootless=True,
        settings={"CONTAINERS_CONF": "/project/.container-manager/containers.conf"},
        reasons=("a limit",),
    )
    with serving(folder / "podman.sock", PODMAN) as address:
        assert socket.choose(host, {"DOCKER_HOST": address}) is None
        assert socket.choose(HOST, {"DOCKER_HOST": address}) == address
        assert socket.choose(host, {"CONTAINER_HOST": address}) == address


@pytest.mark.parametrize("name", ["DOCKER_HOST", "CONTAINER_HOST"])
def test_a_variable_that_names_dockerd_is_an_error(folder: Path, name: str) -> None:
    with (
        serving(folder / "docker.sock", DOCKERD) as address,
        pytest.raises(PreconditionError) as caught,
    ):
        socket.choose(HOST, {name: address})
    assert f"{name} is {address}, where Docker/27.3.1 (linux) answers, not Podman" in str(
        caught.value
    )
    assert f"Unset {name}" in str(caught.value)
    with pytest.raises(PreconditionError, match="where nobody answers"):
        socket.choose(HOST, {name: address})


def test_another_machine_is_refused() -> None:
    with pytest.raises(PreconditionError, match="through a socket of this machine"):
        socket.choose(HOST, {"CONTAINER_HOST": "ssh://root@example/run/podman/podman.sock"})
    with pytest.raises(PreconditionError, match="CONTAINER_CONNECTION names a Podman elsewhere"):
        socket.choose(HOST, {"CONTAINER_CONNECTION": "podman-machine-default"})
    far = replace(HOST, remote=True, address="ssh://root@example/run/podman/podman.sock")
    with pytest.raises(PreconditionError, match="Calls go to a Podman elsewhere"):
        socket.choose(far, {})


def test_a_connection_that_is_a_socket_of_this_machine_is_used(folder: Path) -> None:
    path = folder / "connected.sock"
    connected = replace(HOST, remote=True, address=f"unix://{path}")
    with serving(path, PODMAN):
        for environ in ({}, {"CONTAINER_CONNECTION": "here"}):
            assert socket.choose(connected, environ) == connected.address


def test_a_socket_of_somebody_else_is_none_of_ours(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with serving(folder / "podman" / "podman.sock", PODMAN):
        assert socket.choose(HOST, {"XDG_RUNTIME_DIR": str(folder)}) is None


def test_what_a_killed_command_left_goes_and_what_is_opening_stays(folder: Path) -> None:
    killed, opening, used = (folder / f"socket-{name}" for name in ("killed", "opening", "used"))
    for one in (killed, opening):
        one.mkdir()
    host = PodmanHost(
        executable=str(folder / "no-podman"),
        version=(4, 3, 1),
        rootless=True,
        settings={},
        reasons=(),
    )
    with serving(used / "podman.sock", PODMAN):
        for one in (killed, used):
            os.utime(one, (0, 0))
        with (
            pytest.raises(RuntimeFailure, match="Podman opened no socket"),
            socket.opened(ProcessRunner(), host, {}, folder),
        ):
            pass
        assert sorted(path.name for path in folder.iterdir()) == ["socket-opening", "socket-used"]
