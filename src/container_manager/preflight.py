"""What would go wrong: all findings at once, before anything is touched.

The checks are given what Podman says and look at the machine themselves (ports, paths); they change
nothing. Missing folders that may be created are returned, not made.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.compose.model import Bind, ComposeService, Port, Stack
from container_manager.errors import Problem
from container_manager.identity import COMPOSE_PROJECT, Identity, foreign_problems
from container_manager.podman.state import ContainerState, ListedContainer, VolumeState

PortTest = Callable[[Port], int | None]
"""Tries a port; returns an errno, or None when it is free."""

_EVERYWHERE = frozenset({"", "0.0.0.0", "::", "*"})  # noqa: S104 - compared with, not bound to


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What Podman says before anything is done.

    Attributes:
        own: the containers of the compose project of our name.
        everything: all containers of the machine.
        volumes: the volumes of the compose project of our name.
        known_volumes: the names of external volumes that exist.
        known_networks: the names of external networks that exist.
    """

    own: Collection[ContainerState]
    everything: Collection[ListedContainer]
    volumes: Collection[VolumeState]
    known_volumes: Collection[str]
    known_networks: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found.

    Attributes:
        problems: what stops the start.
        warnings: what does not.
        folders: missing mounted folders of the project, to be created.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    folders: tuple[Path, ...]


def check(
    stack: Stack,
    names: Collection[str],
    identity: Identity,
    surroundings: Surroundings,
    *,
    root: Path,
    try_port: PortTest | None = None,
) -> Findings:
    """Look for everything that would keep services from starting.

    Args:
        stack: all services.
        names: those that are to run.
        identity: who we are.
        surroundings: what Podman says.
        root: the project's folder: missing mounted folders below it are created.
        try_port: tries a port of this machine.
    """
    services = [stack.services[name] for name in names]
    used = [stack.volumes[v].actual for s in services for v in s.volumes if v in stack.volumes]
    problems = foreign_problems(identity, surroundings.own, surroundings.volumes, used=used)
    problems += _taken_names(stack, services, surroundings)
    problems += _taken_ports(services, surroundings, try_port or try_bind)
    problems += _missing_externals(stack, services, surroundings)
    folders, missing = _binds(services, root)
    return Findings(
        problems=tuple(problems + missing),
        warnings=tuple(_short_names(services)),
        folders=tuple(folders),
    )


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


def _taken_ports(
    services: Iterable[ComposeService], surroundings: Surroundings, try_port: PortTest
) -> list[Problem]:
    problems = []
    claimed: dict[tuple[int, str], list[tuple[Port, str]]] = {}
    ours = [port for one in surroundings.own if one.running for port in one.ports]
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


def _taken_names(
    stack: Stack, services: Iterable[ComposeService], surroundings: Surroundings
) -> list[Problem]:
    by_name: Mapping[str, ListedContainer] = {one.name: one for one in surroundings.everything}
    problems = []
    for service in services:
        name = service.container_name or f"{stack.project}_{service.name}_1"
        holder = by_name.get(name)
        if holder is None or holder.labels.get(COMPOSE_PROJECT) == stack.project:
            continue
        project = holder.labels.get(COMPOSE_PROJECT)
        whose = f"of the project '{project}'" if project else "that no project has made"
        problems.append(
            Problem(
                message=f"The name {name} of the service '{service.name}' is taken by a container "
                f"{whose}.",
                where=service.where,
                remedy="Remove 'container_name' from the template, or that container."
                if service.container_name
                else f"Remove it with 'podman rm {name}', or choose another project_name.",
            )
        )
    return problems


def _binds(services: Iterable[ComposeService], root: Path) -> tuple[list[Path], list[Problem]]:
    folders: dict[Path, None] = {}
    problems = []
    for service in services:
        for bind in service.binds:
            if bind.source.exists():
                continue
            if bind.create and bind.source.is_relative_to(root) and not _names_a_file(bind):
                folders[bind.source] = None
                continue
            problems.append(
                Problem(
                    message=f"The service '{service.name}' mounts {bind.source}, which does not "
                    "exist.",
                    where=bind.where,
                    remedy="Create it, or correct the path; paths in compose files start from "
                    "the folder of the root compose file.",
                )
            )
    return list(folders), problems


def _names_a_file(bind: Bind) -> bool:
    """Whether the two ends look like a file: a folder in its place would only confuse."""
    return all(
        Path(end).suffix not in ("", ".d") and not Path(end).suffix[1:].isdigit()
        for end in (bind.source, bind.target)
    )


def _missing_externals(
    stack: Stack, services: Iterable[ComposeService], surroundings: Surroundings
) -> list[Problem]:
    problems = []
    listed = list(services)
    for kind, declared, known, used in (
        (
            "volume",
            stack.volumes,
            surroundings.known_volumes,
            {v for s in listed for v in s.volumes},
        ),
        (
            "network",
            stack.networks,
            surroundings.known_networks,
            {n for s in listed for n in s.networks},
        ),
    ):
        for name, one in declared.items():
            if one.external and name in used and one.actual not in known:
                problems.append(
                    Problem(
                        message=f"The external {kind} '{one.actual}' does not exist.",
                        where=one.where,
                        remedy=f"Create it with 'podman {kind} create {one.actual}', or remove "
                        "'external'.",
                    )
                )
    return problems


def _short_names(services: Iterable[ComposeService]) -> list[Problem]:
    warnings = []
    for service in services:
        first, slash, _ = service.image.partition("/")
        qualified = slash and ("." in first or ":" in first or first == "localhost")
        if service.build is None and not qualified:
            warnings.append(
                Problem(
                    message=f"The image '{service.image}' names no registry: which image that is "
                    "depends on the machine.",
                    where=service.where,
                    remedy=f"Write it in full: REGISTRY/PATH/{service.image}, or "
                    f"localhost/{service.image} for one built here.",
                )
            )
    return warnings
