"""Verbs on the data in volumes."""

from __future__ import annotations

from pathlib import Path

from container_manager import lifecycle
from container_manager.opening import ConfigPath, changing, find


def backup(config: ConfigPath = None) -> Path:
    """Save all volumes of the stopped stack; returns the folder."""
    project = find(config)
    with changing(project):
        return lifecycle.backup(project)


def restore(config: ConfigPath = None, *, name: str | None = None, force: bool = False) -> None:
    """Bring the volumes of a backup back, after all its checksums were verified.

    Args:
        config: the configuration.
        name: the folder below ``backups/``; None takes the newest.
        force: overwrite volumes that hold data.
    """
    project = find(config)
    with changing(project):
        lifecycle.restore(project, name, force=force)
