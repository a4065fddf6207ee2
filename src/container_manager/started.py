"""Finds the project of a configuration, also when that is broken or gone, and guards its changes.

A stack must always be stoppable, and its data must always be saveable: containers, networks and
volumes carry the path of their configuration as a label.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from container_manager import identity as labels
from container_manager import lifecycle
from container_manager.build.lock import hold
from container_manager.build.settling import settle
from container_manager.config.loader import Config, load, without_content
from container_manager.discovery import discover
from container_manager.environments import state_dir_of
from container_manager.errors import ConfigError, ManagerError, Problem
from container_manager.lifecycle.daily.labelled import labels_in
from container_manager.lifecycle.project import Project, open_project
from container_manager.model import Service
from container_manager.places import CONFIG_NAME, ConfigPath, find_config
from container_manager.podman.engine import Engine
from container_manager.report import warn_all


@contextlib.contextmanager
def changing(project: Project, *, attached: bool = False) -> Iterator[None]:
    """A block that changes what runs: one at a time for a checkout.

    Args:
        project: whose stack.
        attached: whether Ctrl-C within the block stops the containers.

    Raises:
        PreconditionError: another command is changing the stack for too long.
    """
    quietly = contextlib.nullcontext()
    with (
        hold(project.state_dir / "lock", "The stack is being changed"),
        lifecycle.stops_on_interrupt(project) if attached else quietly,
    ):
        lifecycle.wake_what_was_left(project)
        try:
            yield
        finally:
            project.progress.idle()


def find(config: ConfigPath, *, adopt: bool = False) -> Project:
    """The project of a configuration, without rendering anything."""
    loaded = load(config)
    settle(loaded.build_dir)
    return open_project(loaded, adopt=adopt)


def find_running(config: ConfigPath, *, adopt: bool = False, told: bool = False) -> Project:
    """The project of a configuration, or of what was started by it before it broke.

    Args:
        config: the configuration.
        adopt: whether a stack of another checkout is taken over.
        told: whether somebody else tells what is wrong with the configuration.

    Raises:
        ConfigError: the configuration cannot be used, and nothing tells what was started.
    """
    try:
        return find(config, adopt=adopt)
    except ConfigError as error:
        return _without_config(config, error, adopt=adopt, told=told)


def find_with_services(config: ConfigPath) -> tuple[Project, Config | None]:
    """The same, with the services of the configuration; and that, where it can be used."""
    try:
        loaded = load(config)
    except ConfigError as error:
        return _without_config(config, error, adopt=False), None
    services: tuple[Service, ...] = ()
    try:
        services, _ = discover(loaded)
    except ConfigError as error:
        warn_all(error.problems)
    return open_project(loaded, services), loaded


def _without_config(
    config: ConfigPath, error: ConfigError, *, adopt: bool, told: bool = False
) -> Project:
    found = [(path, name) for path in candidates(config) for name in _started(path)]
    nearest = [(path, name) for path, name in found if path == found[0][0]]
    if not nearest:
        raise error
    if len(nearest) > 1:
        names = ", ".join(name for _, name in nearest)
        more = Problem(
            message=f"More than one project was started from here: {names}.",
            remedy=f"Write 'project_name: NAME' and 'deployed_services: []' into {nearest[0][0]}.",
        )
        raise ConfigError([*error.problems, more])
    ((path, name),) = nearest
    if not told:
        warn_all(error.problems)
    going_on = f"Going on with what was started before: {name}."
    warn_all([Problem(message=going_on, remedy="No hooks run: nothing tells what they are.")])
    return open_project(without_content(path, name, os.environ), adopt=adopt)


def candidates(config: ConfigPath) -> list[Path]:
    """The paths that a configuration may have had, nearest first."""
    if config:
        return [Path(os.path.abspath(config))]  # noqa: PTH100 - as the labels have it
    try:
        return [Path(os.path.abspath(find_config()))]  # noqa: PTH100
    except ConfigError:
        here = Path.cwd()
        return [folder / CONFIG_NAME for folder in (here, *here.parents)]


def _started(path: Path) -> list[str]:
    """The names of the projects that were started by a configuration, as far as anything tells."""
    state = state_dir_of(path)
    if not state.is_dir():
        return []
    try:
        names = _labelled(open_project(without_content(path, "unknown", os.environ)).engine, path)
    except ManagerError:
        names = []
    if names:
        return names
    written = list((state / "compose").glob("*.yml"))
    files = [file for file in written if "." not in file.stem]  # others belong to one of these
    return [file.stem for file in files if len(files) == 1 and _is_of(file, path)]


def _is_of(file: Path, config: Path) -> bool:
    """Whether a compose file was written for a configuration of this name, wherever it was then.

    A name that is mistyped must not stand for what lies beside it.
    """
    told = labels_in(file).values()
    return all(Path(one.get(labels.CONFIG, config)).name == config.name for one in told)


def _labelled(engine: Engine, path: Path) -> list[str]:
    """The projects of all containers and volumes that carry the path of a configuration."""
    label = f"{labels.CONFIG}={path}"
    found = [one.labels for one in engine.containers(label)]
    found += [one.labels for one in engine.volumes(label)]
    return sorted({one[labels.PROJECT] for one in found if one.get(labels.PROJECT)})
