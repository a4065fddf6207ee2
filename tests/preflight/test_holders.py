"""Who has a port that is taken: asked of the system itself."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from container_manager.preflight.holders import holder

NOBODY = 65534
HOLDS_A_PORT = f"""
import os, socket
if os.geteuid() == 0:
    os.setuid({NOBODY})
one = socket.socket()
one.bind(("127.0.0.1", 0))
one.listen()
print(one.getsockname()[1], flush=True)
input()
"""


@contextmanager
def running(program: Path) -> Iterator[tuple[int, int]]:
    """A process that has a port, as another user where we may: its number, and the port."""
    with subprocess.Popen(
        [program, "-I", "-S", "-c", HOLDS_A_PORT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        process.communicate("\n", timeout=20)


def interpreter() -> Path:
    """Python itself, and no link to it."""
    return Path(sys.executable).resolve()


def of_user() -> str:
    """What is said of the user of that process: nothing, where it is our own."""
    return f" of the user {pwd.getpwuid(NOBODY).pw_name}" if os.geteuid() == 0 else ""


def test_a_program_of_another_user_is_named() -> None:
    with running(interpreter()) as (number, port):
        said = holder("127.0.0.1", port, "tcp", [])
    assert said == f"the program '{interpreter().name}' (process {number}){of_user()}"


def test_what_holds_the_ports_of_containers_is_a_container_that_podman_does_not_show_us() -> None:
    """Each user has containers of his own; this program's name is all that tells."""
    with running_as("conmon") as (number, port):
        said = holder("", port, "tcp", [])
    assert said == (
        f"a container{of_user()} that this Podman does not know (conmon, process {number})"
    )


@contextmanager
def running_as(name: str) -> Iterator[tuple[int, int]]:
    """The same, under another name."""
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, name)
        link.symlink_to(interpreter())
        with running(link) as process:
            yield process


@pytest.fixture(params=["tcp", "udp", "tcp6"])
def own(request: pytest.FixtureRequest) -> Iterator[tuple[int, str, str]]:
    """A port that this process has, its protocol, and the address."""
    kind = socket.SOCK_DGRAM if request.param == "udp" else socket.SOCK_STREAM
    six = request.param == "tcp6"
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind) as one:
        address = "::1" if six else "127.0.0.1"
        one.bind((address, 0))
        if kind == socket.SOCK_STREAM:
            one.listen()
        yield one.getsockname()[1], request.param[:3], address


def test_each_table_of_the_kernel_is_read_and_addresses_count(own: tuple[int, str, str]) -> None:
    number, protocol, address = own
    for asked in (address, "", "0.0.0.0"):
        assert f"(process {os.getpid()})" in holder(asked, number, protocol, [])
    assert holder("127.0.0.9", number, protocol, []) == "another program"
    assert holder(address, 1, protocol, []) == "another program"
