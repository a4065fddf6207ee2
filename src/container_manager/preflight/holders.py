"""Who has a port that is taken: a container, or a program of this machine; asked only then."""

from __future__ import annotations

import contextlib
import os
import pwd
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

from container_manager.identity import COMPOSE_PROJECT, CONFIG
from container_manager.podman.state import ListedContainer, PublishedPort

UNKNOWN = "another program"

_PROC = Path("/proc")
_HEARD = {"tcp": "0A", "udp": "07"}
"""Protocol -> the state, in the kernel's tables, of a socket that holds its port."""

_OF_PODMAN = frozenset({"conmon", "rootlessport", "slirp4netns", "pasta", "pasta.avx2"})
"""Programs that hold the ports of containers."""

_EVERYWHERE = frozenset({"", "0.0.0.0", "::", "*"})  # noqa: S104 - compared with, not bound to


def holder(host_ip: str, number: int, protocol: str, everything: Iterable[ListedContainer]) -> str:
    """Who has a port, in words; ``another program`` where nothing tells.

    Args:
        host_ip: the address at which it was asked for.
        number: the port.
        protocol: ``tcp`` or ``udp``.
        everything: all containers that our Podman knows.
    """
    for one in everything:
        if one.running and any(publishes(p, host_ip, number, protocol) for p in one.ports):
            return described(one)
    return _program(host_ip, number, protocol) or UNKNOWN


def described(container: ListedContainer) -> str:
    """A container with its project and the configuration that started it, as far as it says."""
    project, config = container.labels.get(COMPOSE_PROJECT), container.labels.get(CONFIG)
    text = f"the container {container.name}"
    text += f" of the project '{project}'" if project else ""
    return text + (f", started by {config}" if config else "")


def publishes(port: PublishedPort, host_ip: str, number: int, protocol: str) -> bool:
    """Whether a container's port is this one."""
    same = port.host_port == number and port.protocol == protocol
    return same and overlap(port.host_ip, host_ip)


def overlap(one: str, other: str) -> bool:
    """Whether two addresses have a port in common."""
    return one == other or one in _EVERYWHERE or other in _EVERYWHERE


def _program(host_ip: str, number: int, protocol: str) -> str | None:
    """The program that has a port, as far as the kernel tells us (Linux)."""
    for table in (protocol, f"{protocol}6"):
        for address, uid, inode in _sockets(table, number, _HEARD.get(protocol, "")):
            if overlap(address, host_ip):
                return _named(uid, _process(inode))
    return None


def _sockets(table: str, number: int, state: str) -> list[tuple[str, int, str]]:
    """The sockets that hold a port: address, user id and inode."""
    try:
        lines = (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for line in lines:
        fields = line.split()
        address, _, port = fields[1].partition(":")
        if fields[3] == state and int(port, 16) == number:
            found.append((_address(address), int(fields[7]), fields[9]))
    return found


def _address(text: str) -> str:
    """An address of the kernel's tables, which are words in the order of the machine's bytes.

    >>> _address("0100007F") if sys.byteorder == "little" else "127.0.0.1"
    '127.0.0.1'
    """
    words = [bytes.fromhex(text[start : start + 8]) for start in range(0, len(text), 8)]
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    address = ip_address(packed)
    return str(getattr(address, "ipv4_mapped", None) or address)


def _process(inode: str) -> tuple[int, str] | None:
    """The process that has a socket open, with its name; None where we may not see it."""
    wanted = f"socket:[{inode}]"
    for folder in _PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        if _has_open(folder / "fd", wanted):
            with contextlib.suppress(OSError, UnicodeDecodeError):  # it has ended
                return int(folder.name), (folder / "comm").read_text(encoding="utf-8").strip()
    return None


def _has_open(folder: Path, wanted: str) -> bool:
    """Whether one of the open files of a process is this; not, where we may not see them."""
    with contextlib.suppress(OSError):
        for file in folder.iterdir():
            with contextlib.suppress(OSError):  # it has been closed
                if os.readlink(file) == wanted:  # noqa: PTH115 - called for very many
                    return True
    return False


def _named(uid: int, process: tuple[int, str] | None) -> str:
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = f"with the id {uid}"
    of_user = f" of the user {user}" if uid != os.geteuid() else ""
    if process is None:
        return f"a program{of_user}"
    number, program = process
    if program in _OF_PODMAN:
        return f"a container{of_user} that this Podman does not know ({program}, process {number})"
    return f"the program '{program}' (process {number}){of_user}"
