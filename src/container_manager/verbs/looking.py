"""Verbs that look and change nothing."""

from __future__ import annotations

from container_manager import explaining
from container_manager.build import pipeline
from container_manager.config.loader import examine, load
from container_manager.discovery import TEMPLATE_FILENAME
from container_manager.explaining import Explanation, ServiceExplanation
from container_manager.model import ServiceRow
from container_manager.places import ConfigPath
from container_manager.report import warn_all


def services(config: ConfigPath = None) -> list[ServiceRow]:
    """The deployed services. Everything is rendered and checked; nothing is written."""
    loaded = load(config)
    prepared = pipeline.prepare(loaded)
    warn_all(prepared.warnings)
    ports: dict[str, list[str]] = {}
    for container in prepared.stack.services.values():
        for port in container.ports:
            host = f"{port.host_ip or '0.0.0.0'}:{port.host_port or '*'}"  # noqa: S104 - shown only
            ports.setdefault(container.owner or "", []).append(f"{host}->{port.container_port}")
    return [
        ServiceRow(
            name=service.name,
            family=service.family,
            template=f"{service.shown}/{TEMPLATE_FILENAME}",
            ports=tuple(ports.get(service.name, ())),
            where=service.where,
        )
        for service in prepared.services
    ]


def explain(config: ConfigPath = None, key: str = "") -> Explanation:
    """What a key of the configuration is, and where that comes from. Nothing is written.

    Args:
        config: the configuration; errors elsewhere in it are told as warnings.
        key: its path, ``framework.services.web.port_host``, or what begins with the name of a
            service, ``web.port_host``.

    Raises:
        ManagerError: the configuration cannot be read, or there is no such key.
    """
    examined, errors = examine(config)
    told = explaining.explain_key(examined, key)
    warn_all(errors)
    return told


def explain_service(config: ConfigPath = None, service: str = "") -> ServiceExplanation:
    """Everything that the templates of a deployed service used. Nothing is written.

    Args:
        config: the configuration; what is wrong elsewhere in the project is told as warnings.
        service: its name.

    Raises:
        ManagerError: there is no such service, or it cannot be rendered.
    """
    examined, errors = examine(config)
    told = explaining.explain_service(examined, service)
    warn_all(list(dict.fromkeys([*errors, *told.problems])))
    return told
