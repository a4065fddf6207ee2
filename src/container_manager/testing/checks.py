"""What every service is to keep to: pure functions over what a build gives, a rule each.

A rule gets a service of ours and the build, and yields what breaks it, with the line of the
generated file or of the configuration.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping

from container_manager.build.pipeline import Prepared
from container_manager.compose.interpolate import Reader
from container_manager.compose.model import ComposeService
from container_manager.compose.shape import check_shape
from container_manager.config.environment import Environment, looks_secret
from container_manager.config.findings import literal_secrets
from container_manager.errors import Problem
from container_manager.model import Service

Rule = Callable[[Service, Prepared], Iterable[Problem]]

_FILE = "_FILE"
"""What the names of variables end with that hold the path of a secret."""


def schema(service: Service, prepared: Prepared) -> Iterator[Problem]:
    """The compose file defines services, and has no key that nothing acts on."""
    own = _compose_services(service, prepared)
    if not own:
        yield Problem(
            message=f"The template of {service.name} defines no compose service.",
            where=service.where,
            remedy="Write at least one under 'services:'.",
        )
    reader = Reader(environment=prepared.config.environment, planned={}, told=set())
    for file in prepared.compose_files:
        if file.service == service.name:
            check_shape(file.document, reader)
    yield from (*reader.problems, *reader.warnings)


def no_literal_secret(service: Service, prepared: Prepared) -> Iterator[Problem]:
    """No secret is written out, neither in the compose file nor in the configuration."""
    for one in _compose_services(service, prepared):
        yield from literals(one)
    node = prepared.config.tree.find(service.key_path)
    if node is not None:
        yield from literal_secrets(node)


def literals(service: ComposeService) -> Iterator[Problem]:
    """The entries of an environment in which a secret is written out; its value is not shown."""
    for key, value in service.environment.items():
        if not value or key.endswith(_FILE):
            continue
        if looks_secret(key) or Environment(process={key: value}).is_secret(key):
            yield Problem(
                message=f"a literal value in {key}",
                where=service.entry_places.get(key, service.where),
                remedy=f"Write {key}: ${{{key}}}, and list it under the service's 'credentials'.",
            )


def loopback_ports(service: Service, prepared: Prepared) -> Iterator[Problem]:
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


def health_check(service: Service, prepared: Prepared) -> Iterator[Problem]:
    """What goes on running says whether it works; jobs say it by their exit code."""
    for one in _compose_services(service, prepared):
        yield from unchecked(one)


def unchecked(service: ComposeService) -> Iterator[Problem]:
    """Whether a compose service that goes on running lacks a health check."""
    check = service.healthcheck
    if not service.one_shot and (check is None or check.disabled or not check.test):
        yield Problem(
            message=f"'{service.name}' has no health check",
            where=service.where,
            remedy="Add 'healthcheck:' with a 'test' (Podman ignores the one of a Dockerfile); "
            "or name it under the service's 'one_shot', if it is meant to end.",
        )


RULES: Mapping[str, Rule] = {
    "schema": schema,
    "literal_secrets": no_literal_secret,
    "loopback_ports": loopback_ports,
    "health_check": health_check,
}
"""The rules for what renders, by the names under which a class of tests may exempt them."""


def _compose_services(service: Service, prepared: Prepared) -> list[ComposeService]:
    return [one for one in prepared.stack.services.values() if one.owner == service.name]
