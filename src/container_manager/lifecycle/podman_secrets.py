"""The secrets of a stack, kept where containers get them from: in Podman."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from container_manager.compose.digest import secret_value
from container_manager.compose.model import Stack
from container_manager.compose.overlay import secret_name, secret_prefix
from container_manager.lifecycle.project import Project


def secret_values(stack: Stack) -> dict[str, dict[str, str]]:
    """Compose service -> key in its environment -> what the container gets."""
    return {
        name: {
            entry.key: secret_value(entry, stack.environment) for entry in service.secret_entries
        }
        for name, service in stack.services.items()
    }


def store_secrets(
    project: Project, values: Mapping[str, Mapping[str, str]], *, renewed: Collection[str]
) -> None:
    """Give Podman the secrets.

    Args:
        project: whose secrets.
        values: as :func:`secret_values` gives them.
        renewed: the services whose containers are about to be made. Those of others are unchanged,
            or their digest would differ; they are only added where they are missing.
    """
    wanted = {
        secret_name(project.name, service, key): (service, value)
        for service, entries in values.items()
        for key, value in entries.items()
        if value
    }
    if not wanted:
        return
    there = set(project.engine.secrets(secret_prefix(project.name)))
    # Podman 4.3 cannot replace a secret.
    project.engine.remove_secrets(
        name for name, (service, _) in wanted.items() if name in there and service in renewed
    )
    for name, (service, value) in wanted.items():
        if name not in there or service in renewed:
            project.engine.create_secret(name, value)


def drop_secrets(project: Project, *, keep: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Remove the project's secrets, all or those that no service uses any more."""
    kept = {
        secret_name(project.name, service, key)
        for service, entries in (keep or {}).items()
        for key in entries
    }
    there = project.engine.secrets(secret_prefix(project.name))
    project.engine.remove_secrets(name for name in there if name not in kept)
