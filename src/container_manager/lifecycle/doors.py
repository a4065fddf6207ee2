"""Which ports of running containers other machines reach, by what Podman says of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv6Address, ip_address

from container_manager import identity as labels
from container_manager.errors import ManagerError
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState, PublishedPort

_HOST = "host"
_CONTAINER = "container:"
_NAMESPACE = "ns:"


def open_doors(container: ContainerState, others: Mapping[str, ContainerState]) -> tuple[str, ...]:
    """What a container offers beyond this machine's loopback; nothing while it does not run.

    Args:
        container: the container.
        others: the containers of its stack by id, whose networks it may share.
    """
    if not container.running:
        return ()
    doors = [_door(port) for port in container.ports if not is_loopback(port.host_ip)]
    mode, seen = container.network_mode, {container.id}
    while (other := others.get(mode.removeprefix(_CONTAINER))) and other.id not in seen:
        mode = other.network_mode
        seen.add(other.id)
    if mode == _HOST:
        doors.append("every port it listens on (host network)")
    elif mode.startswith((_CONTAINER, _NAMESPACE)):
        doors.append(f"perhaps every port it listens on (it shares a network not known: {mode})")
    return tuple(doors)


def door_line(owner: str | None, service: str, door: str) -> str:
    """One line about something of a compose service that other machines reach."""
    return f"open to other machines: {f'{owner} ' if owner else ''}{service} {door}"


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address; none at all means every address.

    >>> [is_loopback(one) for one in ("127.0.1.1", "::1", "localhost", "", "0.0.0.0", "10.0.0.1")]
    [True, True, True, False, False, False]
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address == "localhost"
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback


@contextlib.contextmanager
def doors_told_on_failure(project: Project) -> Iterator[None]:
    """A block that starts things: where it fails, the doors of whatever runs then are told."""
    try:
        yield
    except (ManagerError, KeyboardInterrupt):
        with contextlib.suppress(ManagerError):
            identity = project.identity(create=False)
            own = [one for one in project.containers() if identity.owns(one.labels)]
            for line in _lines(own):
                project.progress.step(line)
        raise


def _lines(containers: Iterable[ContainerState]) -> Iterator[str]:
    by_id = {one.id: one for one in containers}
    for one in by_id.values():
        owner = one.labels.get(labels.SERVICE)
        for door in open_doors(one, by_id):
            yield door_line(owner, one.service or one.name, door)


def _door(port: PublishedPort) -> str:
    host = port.host_ip or "0.0.0.0"  # noqa: S104 - shown only
    shown = f"[{host}]:{port.host_port}" if ":" in host else f"{host}:{port.host_port}"
    return shown if port.protocol == "tcp" else f"{shown}/{port.protocol}"
