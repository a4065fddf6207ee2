"""What a test's stack would share with others even so: the last look before it is started."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from container_manager.compose.model import ComposeService, Declared, Stack
from container_manager.errors import Problem

_REMEDY = (
    "Tests leave alone what others use. Please write this value in another way, "
    "or set another one for tests with 'stack_project'."
)
_TEMPORARY = "tmpfs"


def shared(stack: Stack, ports: Collection[int], inside: Callable[[Path], bool]) -> list[Problem]:
    """Everything in a stack that a second one, or the user, may have too; empty: nothing.

    Args:
        stack: as it is about to be started.
        ports: the ports of this machine that are the test's own.
        inside: whether a path of the host is the test's own.
    """
    problems = [
        *(p for service in stack.services.values() for p in _of_service(service, stack, ports)),
        *(p for service in stack.services.values() for p in _writable(service, inside)),
    ]
    for kind in ("volume", "network", "secret"):
        declared: Mapping[str, Declared] = getattr(stack, f"{kind}s")
        problems += [
            problem for one in declared.values() for problem in _declared(one, kind, stack)
        ]
    return problems


def leads_elsewhere(volume: Declared) -> bool:
    """Whether a volume's options may lead to data that are there: a folder, a share, a disk."""
    options = volume.definition.get("driver_opts")
    return bool(options) and not (
        isinstance(options, Mapping) and options.get("type") == _TEMPORARY
    )


def is_own(name: str, stack: Stack) -> bool:
    """Whether a name of Podman's holds that of the stack, which no other one has."""
    return stack.project in name


def _problem(message: str, place: Any) -> Problem:
    return Problem(message=f"{message} is not the test's own.", where=place, remedy=_REMEDY)


def _of_service(service: ComposeService, stack: Stack, ports: Collection[int]) -> Iterator[Problem]:
    name = service.container_name
    if name is not None and not is_own(name, stack):
        yield _problem(f"The container name '{name}'", service.where)
    if service.build is not None and not is_own(service.image, stack):
        yield _problem(f"The built image '{service.image}'", service.where)
    for port in service.ports:
        if not (port.host_ip and ipaddress.ip_address(port.host_ip).is_loopback):
            yield _problem(f"The address of the published port {port.container_port}", port.where)
        elif port.host_port is not None and port.host_port not in ports:
            yield _problem(f"The published port {port.host_port}", port.where)


def _declared(one: Declared, kind: str, stack: Stack) -> Iterator[Problem]:
    if one.external:
        yield _problem(f"The external {kind} '{one.actual}'", one.where)
    elif not is_own(one.actual, stack):
        yield _problem(f"The {kind} '{one.actual}'", one.where)
    if kind == "volume" and leads_elsewhere(one):
        yield _problem(f"What the volume '{one.name}' leads to", one.where)


def _writable(service: ComposeService, inside: Callable[[Path], bool]) -> Iterator[Problem]:
    read_only = {_read_only_target(one) for one in service.definition.get("volumes") or []}
    for bind in service.binds:
        if not inside(bind.source) and bind.target not in read_only:
            yield _problem(f"The folder '{bind.source}', which could be written,", bind.where)


def _read_only_target(entry: Any) -> str | None:
    """Where a mount stands that cannot be written; None for another one."""
    if isinstance(entry, Mapping):
        return str(entry.get("target")) if entry.get("read_only") is True else None
    _, _, rest = str(entry).partition(":")
    target, _, options = rest.partition(":")
    return target if "ro" in options.split(",") else None
