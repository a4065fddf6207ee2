"""What every service is to keep to: pure functions over what a build gives, a rule each.

A rule gets a service of ours (or None for what the root template defines) and the build, and yields
what breaks it, with the line of the generated file or of the configuration.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping

from container_manager.build.pipeline import Prepared
from container_manager.compose.interpolate import Reader
from container_manager.compose.model import ComposeService
from container_manager.compose.shape import check_shape
from container_manager.errors import Problem
from container_manager.model import Node, Service
from container_manager.testing.written import written_out

Owner = Service | None
Rule = Callable[[Owner, Prepared], Iterable[Problem]]


def schema(service: Owner, prepared: Prepared) -> Iterator[Problem]:
    """The compose file defines services, and has no key that nothing acts on."""
    if service is not None and not _compose_services(service, prepared):
        yield Problem(
            message=f"The template of {service.name} defines no compose service.",
            where=service.where,
            remedy="Write at least one under 'services:'.",
        )
    reader = Reader(environment=prepared.config.environment, planned={}, told=set())
    for document in _documents(service, prepared):
        check_shape(document, reader)
    yield from (*reader.problems, *reader.warnings)


def no_literal_secret(service: Owner, prepared: Prepared) -> Iterator[Problem]:
    """No secret is written out, neither in the compose file nor in the configuration."""
    config = prepared.config
    for document in _documents(service, prepared):
        yield from written_out(document, config.environment)
    # What 'defaults' gives is a part of every service.
    for path in ([service.key_path] if service else []) + [("defaults",)]:
        node = config.tree.find(path)
        if node is not None:
            yield from written_out(node, config.environment, path)


def loopback_ports(service: Owner, prepared: Prepared) -> Iterator[Problem]:
    """Ports are published to this machine alone."""
    for one in _compose_services(service, prepared):
        yield from open_ports(one)


def open_ports(service: ComposeService) -> Iterator[Problem]:
    """The published ports of a compose service that other machines reach."""
    for port in service.ports:
        if not port.host_ip or not ipaddress.ip_address(port.host_ip).is_loopback:
            yield Problem(
                message=f"{port.host_ip or 'every address'}:{port.host_port or '*'} is open to "
                "other machines",
                where=port.where,
                remedy=f'Write "127.0.0.1:{port.host_port or ""}:{port.container_port}".',
            )
    if str(service.definition.get("network_mode", "")).startswith("host"):
        yield Problem(
            message="network_mode: host",
            where=service.where,
            remedy="It opens every port of the container to other machines: use a network of the "
            "project, and publish ports on 127.0.0.1.",
        )


def health_check(service: Owner, prepared: Prepared) -> Iterator[Problem]:
    """What goes on running says whether it works; jobs say it by their exit code."""
    for one in _compose_services(service, prepared):
        yield from unchecked(one)


def unchecked(service: ComposeService) -> Iterator[Problem]:
    """Whether a compose service that goes on running lacks a health check."""
    if not service.one_shot and not _asks(service):
        yield Problem(
            message=f"'{service.name}' has no health check",
            where=service.where,
            remedy="Add 'healthcheck:' with a 'test' (Podman ignores the one of a Dockerfile); "
            "or name it under the service's 'one_shot', if it is meant to end.",
        )


def _asks(service: ComposeService) -> bool:
    """Whether its health check runs anything."""
    check = service.healthcheck
    # We read 'disable' as a truth value; podman-compose takes any text that is not empty for true.
    if check is None or check.disabled or service.definition["healthcheck"].get("disable"):
        return False
    kind, *words = [word.strip() for word in check.test] or [""]
    if kind == "CMD-SHELL" and [word.lower() for word in words] == ["none"]:
        return False  # which is how Podman is told to run none
    return bool(words and words[0])


RULES: Mapping[str, Rule] = {
    "schema": schema,
    "literal_secrets": no_literal_secret,
    "loopback_ports": loopback_ports,
    "health_check": health_check,
}
"""The rules for what renders, by the names under which a class of tests may exempt them."""


def _compose_services(service: Owner, prepared: Prepared) -> list[ComposeService]:
    owner = service.name if service else None
    return [one for one in prepared.stack.services.values() if one.owner == owner]


def _documents(service: Owner, prepared: Prepared) -> list[Node]:
    owner = service.name if service else None
    return [file.load() for file in prepared.compose_files if file.service == owner]
