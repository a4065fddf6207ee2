"""Verbs on the data in volumes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from container_manager import lifecycle
from container_manager.build import pipeline
from container_manager.compose.model import Stack
from container_manager.config.loader import Config
from container_manager.discovery import discover, select
from container_manager.errors import ConfigError, ManagerError, Problem, RuntimeFailure, raise_all
from container_manager.lifecycle.data.backups import BackupRow
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.previews import Confirm, Preview
from container_manager.places import ConfigPath
from container_manager.report import warn_all
from container_manager.started import changing, find_running, find_with_services


def backup(config: ConfigPath = None, *, service: Iterable[str] = ()) -> Path:
    """Save all volumes, or those of some services, be it that the stack runs; returns the folder.

    Args:
        config: the configuration.
        service: names of services; their volumes are saved.
    """
    project, loaded = find_with_services(config)
    only = _only(loaded, tuple(service))
    with changing(project):
        return lifecycle.backup(project, only=only, stack=_stack(loaded))


def restore(
    config: ConfigPath = None,
    *,
    name: str | None = None,
    service: Iterable[str] = (),
    force: bool = False,
    save: bool = True,
    confirm: Confirm | None = None,
) -> Outcome:
    """Bring the volumes of a backup back, after all its checksums were verified.

    Args:
        config: the configuration.
        name: the folder below ``backups/``; None takes the newest.
        service: names of services; their volumes are restored.
        force: overwrite volumes that hold data.
        save: whether those are saved first.
        confirm: told what will be replaced; raises where that must not be.
    """
    project, loaded = find_with_services(config)
    only = _only(loaded, tuple(service))
    with changing(project):
        return lifecycle.restore(
            project, name, only=only, force=force, save_first=save, confirm=confirm
        )


def preview_restore(
    config: ConfigPath = None,
    *,
    name: str | None = None,
    service: Iterable[str] = (),
    force: bool = False,
    save: bool = True,
) -> Preview:
    """What :func:`restore` would do; nothing is done."""
    project, loaded = find_with_services(config)
    only = _only(loaded, tuple(service))
    return lifecycle.preview_restore(project, name, only=only, force=force, save_first=save)


def backups(config: ConfigPath = None, *, verify: bool = False) -> list[BackupRow]:
    """All backups, oldest first.

    Args:
        config: the configuration.
        verify: compare all checksums, too.
    """
    return lifecycle.list_backups(find_running(config), verified=verify)


def refuse_damaged(rows: Iterable[BackupRow]) -> None:
    """Raise what is wrong with backups.

    Raises:
        RuntimeFailure: one is damaged.
    """
    raise_all(RuntimeFailure, (problem for one in rows for problem in one.problems))


def _only(loaded: Config | None, names: tuple[str, ...]) -> list[str] | None:
    """The canonical names of chosen services; None for all."""
    if not names:
        return None
    if loaded is None:
        raise ConfigError(
            "Without its configuration, nothing tells what a service's name means.",
            remedy="Mend it, or leave the names of services out.",
        )
    return [one.name for one in select(discover(loaded)[0], loaded, names)]


def _stack(loaded: Config | None) -> Stack | None:
    """What the compose files say of who uses which volume; None where they cannot be rendered."""
    if loaded is None:
        return None
    try:
        return pipeline.prepare(loaded).stack
    except ManagerError as error:
        warn_all(error.problems)
        warn_all([Problem(message="Going on with what the containers tell.")])
        return None
