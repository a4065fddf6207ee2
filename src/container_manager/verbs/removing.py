"""Verbs that remove what runs; they need no build, and import little."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from container_manager import lifecycle
from container_manager.config.completing import normalise_name
from container_manager.config.loader import without_content
from container_manager.errors import ConfigError, Location, Problem, raise_all
from container_manager.hooking import run_project_hooks
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.previews import Confirm, Preview
from container_manager.lifecycle.project import Project, open_project
from container_manager.places import CONFIG_NAME, ConfigPath
from container_manager.report import warn_all
from container_manager.started import changing, find, find_running


def down(
    config: ConfigPath = None, *, adopt: bool = False, confirm: Confirm | None = None
) -> Outcome:
    """Stop and remove containers and networks; volumes and images stay.

    Args:
        config: the configuration.
        adopt: take over a stack of this name that another checkout started.
        confirm: told what will be removed; raises where that must not be.
    """
    project = find_running(config, adopt=adopt)
    with changing(project):
        return lifecycle.down(project, confirm=_then_hooks(project, confirm))


def preview_down(config: ConfigPath = None, *, adopt: bool = False) -> Preview:
    """What :func:`down` would do; nothing is done."""
    return lifecycle.preview_down(find_running(config, adopt=adopt))


def clean(
    config: ConfigPath = None,
    *,
    save: bool = True,
    all_images: bool = False,
    adopt: bool = False,
    confirm: Confirm | None = None,
) -> Outcome:
    """Save all volumes, then remove containers, networks, secrets, our images, and the volumes.

    Args:
        config: the configuration.
        save: whether volumes are saved in ``backups/`` first; where that fails, all stays.
        all_images: remove base and pulled images of the stack too.
        adopt: take over a stack of this name that another checkout started.
        confirm: told what will be removed; raises where that must not be.
    """
    project = find_running(config, adopt=adopt)
    with changing(project):
        confirm = _then_hooks(project, confirm)
        return lifecycle.clean(project, save=save, all_images=all_images, confirm=confirm)


def preview_clean(
    config: ConfigPath = None, *, save: bool = True, all_images: bool = False, adopt: bool = False
) -> Preview:
    """What :func:`clean` would do; nothing is done."""
    project = find_running(config, adopt=adopt)
    return lifecycle.preview_clean(project, save=save, all_images=all_images)


def _then_hooks(project: Project, confirm: Confirm | None) -> Confirm:
    """The same question, and once it is answered what runs before containers are stopped."""

    def confirmed(preview: Preview) -> None:
        if confirm is not None:
            confirm(preview)
        if not preview.containers:
            return
        try:
            run_project_hooks(project, "before_down")
        except ConfigError as error:  # what runs can be stopped although its secrets are lost
            warn_all([*error.problems, Problem(message="The hook 'before_down' does not run.")])

    return confirmed


def clean_files(files: Sequence[Path]) -> Outcome:
    """What :func:`clean` does, for the services of some generated compose files.

    The project is the one whose configuration is found from the current directory upwards; without
    one, it is the current directory and has its name.

    Raises:
        ConfigError: a file does not exist.
    """
    missing = [file for file in files if not file.is_file()]
    raise_all(
        ConfigError,
        [Problem(message="There is no such file.", where=Location(file)) for file in missing],
    )
    try:
        project = find(None)
    except ConfigError:
        path = Path.cwd() / CONFIG_NAME
        if path.exists():
            raise
        name = normalise_name(Path.cwd().name)
        project = open_project(without_content(path, name, os.environ))
    with changing(project):
        return lifecycle.clean_files(project, files)
