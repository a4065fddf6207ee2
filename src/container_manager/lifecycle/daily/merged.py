"""``config``: the stack as all compose files together say it, secrets as references."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from container_manager.compose.model import ComposeService, Declared, Stack


def merged(stack: Stack, only: Collection[str] | None = None) -> dict[str, Any]:
    """One compose file's content that means what all of them mean, but for our labels.

    Args:
        stack: all services.
        only: canonical names of our services; None: all.
    """
    services = {
        name: _service(one)
        for name, one in stack.services.items()
        if only is None or one.owner in only
    }
    kinds: dict[str, Mapping[str, Declared]] = {
        "networks": stack.networks,
        "volumes": stack.volumes,
        "secrets": stack.secrets,
    }
    declared = {
        kind: {name: dict(one.definition) for name, one in every.items()}
        for kind, every in kinds.items()
        if every
    }
    return {"name": stack.project, "services": services, **declared}


def _service(service: ComposeService) -> dict[str, Any]:
    """A service with what 'defaults' give it; its environment, where it has one."""
    environment = {
        **{name: service.environment[name] for name in service.environment},
        **service.definition.get("environment", {}),
    }
    rest = {**service.definition, **service.default_keys, "environment": environment}
    return {key: value for key, value in rest.items() if value not in ({}, None)}
