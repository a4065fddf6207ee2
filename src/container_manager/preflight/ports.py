"""Ports that somebody else has, or that two of our services want."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Sequence

from container_manager.compose.model import ComposeService, Port
from container_manager.config.auto_ports import CHOSEN, is_port_key
from container_manager.errors import Problem
from container_manager.podman.state import ContainerState, PublishedPort
from container_manager.preflight.holders import holder, overlap, publishes
from container_manager.preflight.host import unprivileged_ports
from container_manager.preflight.surroundings import Surroundings
from container_manager.sockets import try_port

PortTest = Callable[[Port], int | None]
"""Tries a port; returns an errno, or None when it is free."""

KeysOf = Callable[[str | None, int], Sequence[str]]
"""Finds the keys of the configuration from which a service has a port, each with its place."""


def try_bind(port: Port) -> int | None:
    """Bind a port for a moment; returns the errno when that fails."""
    return try_port(port.host_ip, port.host_port or 0, port.protocol)


def free_elsewhere(_: Port) -> int | None:
    """Stands for :func:`try_bind` where Podman runs on a machine whose ports we cannot try."""
    return None


def taken_ports(
    services: Iterable[ComposeService],
    surroundings: Surroundings,
    port_test: PortTest,
    keys_of: KeysOf = lambda _, __: (),
) -> list[Problem]:
    """Every published port that cannot be had, with who has it and what to change."""
    problems = []
    claimed: dict[tuple[int, str], list[tuple[Port, str]]] = {}
    ours = [port for one in surroundings.own if holds_ports(one) for port in one.ports]
    for service in services:
        for port in service.ports:
            if port.host_port is None:
                continue
            others = claimed.setdefault((port.host_port, port.protocol), [])
            clash = next((o for o in others if overlap(o[0].host_ip, port.host_ip)), None)
            others.append((port, service.name))
            if clash is not None:
                problems.append(_claimed_twice(port, service.name, *clash))
            elif not any(_is(port, one) for one in ours):
                problems += _tried(port, service, surroundings, port_test(port), keys_of)
    return problems


def holds_ports(container: ContainerState) -> bool:
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
    port: Port,
    service: ComposeService,
    surroundings: Surroundings,
    code: int | None,
    keys_of: KeysOf,
) -> list[Problem]:
    if code is None:
        return []
    number = port.host_port or 0
    what = f"{_shown(port)}, which the service '{service.name}' publishes,"
    if code == errno.EADDRINUSE:
        whose = holder(port.host_ip, number, port.protocol, surroundings.everything)
        message = f"{what} is taken by {whose}."
    elif code == errno.EACCES:
        message = f"{what} needs more rights than this user has."
    elif code == errno.EADDRNOTAVAIL:
        message = f"{what} is on an address that this machine does not have."
    else:
        return []  # not a finding about the port: Podman will say what it thinks
    remedy = _remedy(code, keys_of(service.owner, number), number)
    return [Problem(message=message, where=port.where, remedy=remedy)]


def _remedy(code: int, keys: Sequence[str], number: int) -> str:
    """What to change, and to what."""
    if code == errno.EACCES:
        first = unprivileged_ports()
        change = f"Change {' or '.join(keys)} to a port" if keys else "Choose a port"
        return (
            f"{change} from {first} upwards, or let ordinary users have it: as root, "
            f"sysctl net.ipv4.ip_unprivileged_port_start={number}"
        )
    if not keys:
        return "Choose another port in this template or in the configuration value it uses."
    shown = " or ".join(keys)
    if CHOSEN in shown:  # what was built before runs, or somebody was faster than we
        return f"Run 'up' without --as-built: it chooses another port for {shown}."
    may_be_auto = is_port_key(keys[0].partition(" ")[0].rpartition(".")[2])
    to_auto = "; with 'auto' a free port is chosen" if may_be_auto else ""
    return f"Change {shown}{to_auto}."


def _is(port: Port, held: PublishedPort) -> bool:
    return publishes(held, port.host_ip, port.host_port or 0, port.protocol)


def _shown(port: Port) -> str:
    address = f"[{port.host_ip}]" if ":" in port.host_ip else port.host_ip
    return f"Port {address + ':' if address else ''}{port.host_port}/{port.protocol}"
