"""Free ports of this machine that two test runs never give out at the same time."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from typing import IO

from container_manager.errors import PreconditionError
from container_manager.testing.private import meeting_folder, open_lock

_FIRST, _LAST = 20000, 32000
"""Below what Linux gives to outgoing connections (32768 and above)."""

_TRIES = 2000


class Ports:
    """Ports that are ours until :meth:`close`.

    A lock on a file a port tells all runs of this user that it is taken: between the moment when a
    port is found free and the start of its container, another run may look too.
    """

    def __init__(self) -> None:
        self._held: dict[int, IO[str]] = {}

    def take(self, count: int = 1, *, host_ip: str = "127.0.0.1", protocol: str = "tcp") -> int:
        """The first of ``count`` free ports in a row.

        Raises:
            PreconditionError: there are none, or the folder of the locks is somebody else's.
        """
        for _ in range(_TRIES):
            first = random.randrange(_FIRST, _LAST - count)  # noqa: S311 - spreads, hides nothing
            if all(self._take(first + n, host_ip, protocol) for n in range(count)):
                return first
        raise PreconditionError(
            f"There are no {count} free ports in a row between {_FIRST} and {_LAST}.",
            remedy="See what holds them: 'ss -tulpn'.",
        )

    def close(self) -> None:
        """Give all back."""
        for file in self._held.values():
            file.close()
        self._held.clear()

    def _take(self, port: int, host_ip: str, protocol: str) -> bool:
        if port in self._held or not _is_free(port, host_ip, protocol):
            return False
        file = open_lock(meeting_folder("ports") / str(port), wait=False)
        if file is None:
            return False
        self._held[port] = file
        return True

    def __iter__(self) -> Iterator[int]:
        return iter(self._held)


def _is_free(port: int, host_ip: str, protocol: str) -> bool:
    family = socket.AF_INET6 if ":" in host_ip else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as trial:
        if kind == socket.SOCK_STREAM:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host_ip, port))
        except OSError:
            return False
    return True
