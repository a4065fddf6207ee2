"""What the manager itself gives to containers, below everything that templates and defaults say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from container_manager.compose.model import ComposeService, SecretEntry


def named(service: ComposeService) -> set[str]:
    """The variables about which a service is not silent."""
    files = {name for file in service.env_files.values() for name in file.names}
    return {*service.entry_places, *service.environment, *files}


def given(
    service: ComposeService,
    public: Mapping[str, str],
    secret: tuple[SecretEntry, ...] = (),
    *,
    parts: Mapping[str, str],
) -> ComposeService:
    """A service with further variables.

    Args:
        service: silent about them.
        public: those that are no secret.
        secret: those that are.
        parts: what makes its container out of date when it changes.
    """
    names = {*public, *(entry.key for entry in secret)}
    return replace(
        service,
        environment={**service.environment, **public},
        secret_entries=(*service.secret_entries, *secret),
        default_entries=service.default_entries | names,
        given_parts={**service.given_parts, **parts},
    )
