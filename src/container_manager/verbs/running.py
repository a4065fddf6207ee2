"""Verbs that start and stop the stack."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from container_manager import lifecycle
from container_manager.config.completing import normalise_name
from container_manager.config.loader import load, without_content
from container_manager.discovery import discover, select
from container_manager.errors import ConfigError, Location, Problem, UsageError, raise_all
from container_manager.lifecycle.outcome import Outcome, Running
from container_manager.lifecycle.previews import Confirm, Preview
from container_manager.lifecycle.project import open_project
from container_manager.opening import (
    ConfigPath,
    changing,
    find,
    open_to_start,
    starting,
)
from container_manager.places import CONFIG_NAME
from container_manager.started import find_running


def up(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    timeout: float | None = None,
    adopt: bool = False,
    attached: bool = False,
    accept_credentials: bool = False,
    as_built: bool = False,
) -> Running:
    """Build, start, and wait until everything runs and is healthy.

    Args:
        config: the configuration.
        service: names of services; they and what they need are started, no other is touched.
        timeout: seconds that each service may take, over what the configuration says.
        adopt: take over a stack of this name that another checkout started.
        attached: whether Ctrl-C stops the containers, since the logs are followed next.
        accept_credentials: take the present credentials for those that open the volumes.
        as_built: run what the build directory holds, after a rollback say; nothing is built.

    Raises:
        ManagerError: see the exit code.
    """
    names = tuple(service)
    must_open = lifecycle.MustOpen.when(accepted=accept_credentials, emptied=False)
    opened = open_to_start(config, names, adopt=adopt, must_open=must_open, as_it_is=as_built)
    with starting(opened, attached=attached):
        outcome = lifecycle.up(
            opened.project,
            opened.build,
            stack=opened.stack,
            only=opened.only,
            timeout=timeout,
            accept_credentials=accept_credentials,
        )
    return Running(project=opened.project, services=outcome.services)


def follow(running: Running) -> None:
    """Follow the logs of what runs, until it ends or Ctrl-C stops it."""
    lifecycle.follow(running.project, running.services)


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
        return lifecycle.down(project, confirm=confirm)


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
        return lifecycle.clean(project, save=save, all_images=all_images, confirm=confirm)


def preview_clean(
    config: ConfigPath = None, *, save: bool = True, all_images: bool = False, adopt: bool = False
) -> Preview:
    """What :func:`clean` would do; nothing is done."""
    project = find_running(config, adopt=adopt)
    return lifecycle.preview_clean(project, save=save, all_images=all_images)


def rebuild(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    volumes: bool = False,
    save: bool = True,
    timeout: float | None = None,
    adopt: bool = False,
    attached: bool = False,
    accept_credentials: bool = False,
    confirm: Confirm | None = None,
) -> Running:
    """Build all images afresh and start anew.

    Args:
        config: the configuration.
        service: names of services; their images and containers alone are made anew.
        volumes: empty the volumes too.
        save: whether volumes that are emptied are saved first.
        timeout: seconds that each service may take.
        adopt: take over a stack of this name that another checkout started.
        attached: whether Ctrl-C stops the containers, since the logs are followed next.
        accept_credentials: take the present credentials for those that open the volumes.
        confirm: told what will be replaced; raises where that must not be.
    """
    names = tuple(service)
    _refuse_some_volumes(names, volumes=volumes)
    must_open = lifecycle.MustOpen.when(accepted=accept_credentials, emptied=volumes)
    opened = open_to_start(config, names, adopt=adopt, must_open=must_open)
    if confirm is not None:
        with changing(opened.project):  # Ctrl-C at the question stops nothing
            confirm(
                lifecycle.preview_rebuild(
                    opened.project, only=opened.only, volumes=volumes, save=save
                )
            )
    with starting(opened, attached=attached):
        outcome = lifecycle.rebuild(
            opened.project,
            opened.build,
            only=opened.only,
            stack=opened.stack,
            volumes=volumes,
            save=save,
            timeout=timeout,
            accept_credentials=accept_credentials,
        )
    return Running(project=opened.project, services=outcome.services)


def preview_rebuild(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    volumes: bool = False,
    save: bool = True,
    adopt: bool = False,
) -> Preview:
    """What :func:`rebuild` would remove before it starts everything anew; nothing is done."""
    names = tuple(service)
    _refuse_some_volumes(names, volumes=volumes)
    only = None
    if names:
        loaded = load(config)
        only = [one.name for one in select(discover(loaded)[0], loaded, names)]
    project = find(config, adopt=adopt)
    return lifecycle.preview_rebuild(project, only=only, volumes=volumes, save=save)


def _refuse_some_volumes(names: Sequence[str], *, volumes: bool) -> None:
    if names and volumes:
        raise UsageError(
            "--volumes empties the volumes of the whole stack: nothing was done.",
            remedy="Leave the names of services out, or --volumes.",
        )


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
