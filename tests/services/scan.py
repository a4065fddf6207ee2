"""What a shipped compose service may not do; the rules behind ``test_safety``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from container_manager.compose.model import ComposeService
from container_manager.config.environment import looks_secret

_PINNED = re.compile(
    r"^[a-z0-9.-]+\.[a-z]+(:\d+)?/\S+(:(?!latest$|main$|dev$)[\w.-]+|@sha256:\w{64})$"
)
_OWN = "localhost/"


def violations(service: ComposeService) -> Iterator[str]:
    """Everything about a service that is not safe to leave running, a sentence each."""
    definition = service.definition
    yield from _doors(service, definition)
    yield from _rights(service, definition)
    yield from _images(service)
    yield from _literal_credentials(service)
    if service.healthcheck is None and not service.one_shot:
        yield "no health check"
    if not service.restart:
        yield "no restart policy"
    for limit in ("mem_limit", "pids_limit"):
        if not definition.get(limit):
            yield f"no {limit}"


def _doors(service: ComposeService, definition: Any) -> Iterator[str]:
    for port in service.ports:
        if not port.host_ip or not ipaddress.ip_address(port.host_ip).is_loopback:
            yield f"{port.host_ip or 'every address'}:{port.host_port} is open to other machines"
    for bind in service.binds:
        if bind.source.suffix == ".sock" or str(bind.source) in ("/", "/run", "/var/run"):
            yield f"mounts {bind.source}"
    for key in ("network_mode", "pid", "ipc", "userns_mode", "uts"):
        if str(definition.get(key, "")).startswith("host"):
            yield f"{key}: host"


def _rights(service: ComposeService, definition: Any) -> Iterator[str]:
    if definition.get("privileged"):
        yield "privileged"
    if definition.get("devices"):
        yield "has devices"
    if definition.get("cap_drop") != ["ALL"]:
        yield "keeps capabilities"
    if "SYS_ADMIN" in (definition.get("cap_add") or ()):
        yield "adds SYS_ADMIN"
    if "no-new-privileges:true" not in (definition.get("security_opt") or ()):
        yield "may gain privileges"
    if not definition.get("read_only"):
        yield "writable file system"


def _images(service: ComposeService) -> Iterator[str]:
    if service.build is None:
        names = [service.image]
    else:
        arguments = service.build.definition.get("args") or {}
        names = [str(value) for key, value in arguments.items() if key.startswith("BASE")]
        if not names:
            yield "no BASE to build on"
    for name in names:
        if not name.startswith(_OWN) and not _PINNED.match(name):
            yield f"the image {name} is not fully qualified and pinned"


def _literal_credentials(service: ComposeService) -> Iterator[str]:
    for key, value in service.environment.items():
        if looks_secret(key) and value and not key.endswith("_FILE"):
            yield f"a literal value in {key}"
