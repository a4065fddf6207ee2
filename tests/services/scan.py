"""What a shipped compose service may not do; the rules behind ``test_safety``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from container_manager.compose.model import ComposeService
from container_manager.testing.checks import open_ports, unchecked

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
    for rule in (open_ports, unchecked):
        yield from (problem.message for problem in rule(service))
    if not service.restart:
        yield "no restart policy"
    for limit in ("mem_limit", "pids_limit"):
        if not definition.get(limit):
            yield f"no {limit}"


def _doors(service: ComposeService, definition: Any) -> Iterator[str]:
    for bind in service.binds:
        if bind.source.suffix == ".sock" or str(bind.source) in ("/", "/run", "/var/run"):
            yield f"mounts {bind.source}"
    for key in ("pid", "ipc", "userns_mode", "uts"):
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
