"""Ports that somebody else has, or that two of our services want."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable

from container_manager.compose.model import ComposeService, Port
from container_manager.errors import Problem
from container_manager.identity import COMPOSE_PROJECT
from container_manager.podman.state import ContainerState
from container_manager.preflight.surroundings import Surroundings

PortTest = Callable[[Port], int | None]
"""Tries a port; returns an errno, or None when it is free."""

_EVERYWHERE = frozenset({"", "0.0.0.0", "::", "*"})  # noqa: S104 - compared with, not bound to


def try_bind(port: Port) -> int | None:
    """Bind a port for a moment; returns the errno when that fails."""
    kind = socket.SOCK_DGRAM if port.protocol == "udp" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in port.host_ip else socket.AF_INET
    if port.protocol not in ("tcp", "udp"):
        return None
    with socket.socket(family, kind) as trial:
        if kind == socket.SOCK_STREAM:
            # Connections of the previous container that are still closing do not hold the port.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((port.host_ip, port.host_port or 0))
        except OSError as error:
            return error.errno
    return None


def taken_ports(
    services: Iterable[ComposeService], surroundings: Surroundings, try_port: PortTest
) -> list[Problem]:
    """Every published port that cannot be had."""
    problems = []
    claimed: dict[tuple[int, str], list[tuple[Port, str]]] = {}
    ours = [port for one in surroundings.own if _holds_ports(one) for port in one.ports]
    for service in services:
        for port in service.ports:
            if port.host_port is None:
                continue
            others = claimed.setdefault((port.host_port, port.protocol), [])
            clash = next((o for o in others if _overlap(o[0].host_ip, port.host_ip)), None)
            others.append((port, service.name))
            if clash is not None:
                problems.append(_claimed_twice(port, service.name, *clash))
            elif not any(_same_port(port, p.host_ip, p.host_port, p.protocol) for p in ours):
                problems += _tried(port, service, surroundings, try_port(port))
    return problems


def _holds_ports(container: ContainerState) -> bool:
    """Whether a port that is taken may be taken by this container.

    One that Podman restarts again and again may be down when we look and up when we try its port.
    """
    return container.running or (bool(container.restart_policy) and container.restart_count > 0)


def _claimed_twice(port: Port, name: str, first: Port, other: str) -> Problem:
    return Problem(
        message=f"The services '{other}' and '{name}' both publish {_shown(port)}.",
        where=port.where,
        remedy=f"Give one of them another port; the first is at {first.where}.",
    )


def _tried(
    port: Port, service: ComposeService, surroundings: Surroundings, code: int | None
) -> list[Problem]:
    if code is None:
        return []
    what = f"{_shown(port)}, which the service '{service.name}' publishes,"
    remedy = "Choose another port in this template or in the configuration value it uses."
    if code == errno.EADDRINUSE:
        message = f"{what} is taken by {_holder(port, surroundings)}."
    elif code == errno.EACCES:
        message = f"{what} needs more rights than this user has."
        remedy = "Choose a port from 1024 upwards."
    elif code == errno.EADDRNOTAVAIL:
        message = f"{what} is on an address that this machine does not have."
    else:
        return []  # not a finding about the port: Podman will say what it thinks
    return [Problem(message=message, where=port.where, remedy=remedy)]


def _holder(port: Port, surroundings: Surroundings) -> str:
    for one in surroundings.everything:
        held = (_same_port(port, p.host_ip, p.host_port, p.protocol) for p in one.ports)
        if one.running and any(held):
            project = one.labels.get(COMPOSE_PROJECT)
            return f"the container {one.name}" + (f" of the project '{project}'" if project else "")
    return "another program"


def _same_port(port: Port, host_ip: str, number: int, protocol: str) -> bool:
    same = port.host_port == number and port.protocol == protocol
    return same and _overlap(port.host_ip, host_ip)


def _overlap(one: str, other: str) -> bool:
    return one == other or one in _EVERYWHERE or other in _EVERYWHERE


def _shown(port: Port) -> str:
    address = f"[{port.host_ip}]" if ":" in port.host_ip else port.host_ip
    return f"Port {address + ':' if address else ''}{port.host_port}/{port.protocol}"
