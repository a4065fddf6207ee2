"""Export targets of other distributions: the stack as files for something else than Podman."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from container_manager.compose.model import Stack
from container_manager.errors import BuildError, ManagerError, UsageError, did_you_mean
from container_manager.plugins import EXPORT_TARGETS, File, checked_files, plugins


def target_names() -> tuple[str, ...]:
    """The installed targets."""
    return tuple(plugin.name for plugin in plugins(EXPORT_TARGETS))


def target_files(name: str, stack: Stack, values: Mapping[str, Any]) -> dict[str, File]:
    """What a target makes of a stack: path -> file.

    Args:
        name: of the target.
        stack: what the compose files mean; variables are not filled in.
        values: the whole configuration, secrets as placeholders.

    Raises:
        UsageError: there is no such target.
        ManagerError: it refuses the stack, or does not work.
    """
    found = {plugin.name: plugin for plugin in plugins(EXPORT_TARGETS)}
    if name not in found:
        there = ", ".join(found) or "none; docs/plugins.md says how one is made"
        near = did_you_mean(name, found)
        raise UsageError(
            f"There is no export target '{name}'." if name else "Say which export target is meant.",
            remedy=near
            or f"Installed are: {there}. Kubernetes has commands of its own: kube.build.",
        )
    plugin = found[name]
    target = plugin.load()
    try:
        files = checked_files(target(stack, values))
    except ManagerError:
        raise
    except Exception as error:  # whatever the code of somebody else does
        raise plugin.broken(error) from error
    by_path = {file.path: file for file in files}
    if len(by_path) < len(files):
        raise BuildError(f"The export target '{name}' of {plugin.distribution} wants a file twice.")
    return by_path
