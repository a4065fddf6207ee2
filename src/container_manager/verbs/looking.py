"""Verbs that look and change nothing."""

from __future__ import annotations

from container_manager.build import pipeline
from container_manager.config.loader import load
from container_manager.discovery import TEMPLATE_FILENAME
from container_manager.model import ServiceRow
from container_manager.opening import ConfigPath
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
