"""Whether ports of this machine can be had, asked of the system itself."""

from __future__ import annotations

import errno
import socket

PROTOCOLS = ("tcp", "udp")


def try_port(address: str, port: int, protocol: str) -> int | None:
    """Bind a port for a moment.

    Args:
        address: an IP address without brackets; empty for all.
        port: 0 for any.
        protocol: ``tcp`` or ``udp``; nothing else can be tried.

    Returns:
        The errno with which that fails; None where it does not.
    """
    if protocol not in PROTOCOLS:
        return None
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, kind) as trial:
            if kind == socket.SOCK_STREAM:
                # Connections of the previous container that are still closing do not hold it.
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address, port))
    except OSError as error:
        return error.errno
    return None


def is_free(address: str, port: int) -> bool:
    """Whether nobody has a port at an address, of either protocol.

    What is wrong with the address itself is for others to tell.
    """
    plain = address.strip("[]")
    if not plain.replace(".", "").replace(":", "").isalnum():
        plain = ""
    return all(try_port(plain, port, protocol) != errno.EADDRINUSE for protocol in PROTOCOLS)
