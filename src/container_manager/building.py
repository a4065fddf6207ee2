"""The verbs on the build directory, as functions; see :mod:`container_manager.verbs`.

They stand alone because they are called most often: nothing that only running containers need is
imported for them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING

from container_manager.build import again
from container_manager.build.settling import settle
from container_manager.errors import BuildError
from container_manager.model import Build, FormerBuild
from container_manager.places import absolute_config
from container_manager.report import warn_all

if TYPE_CHECKING:
    from container_manager.config.loader import Config

ConfigPath = str | PathLike[str] | None


def build(config: ConfigPath = None, *, service: Iterable[str] = (), images: bool = False) -> Build:
    """Generate the build directory, and the container images if ``images`` says so.

    Args:
        config: the configuration; None: ``config.yml``, found upwards.
        service: names of services; only their files are generated then.
        images: whether images are built, too.

    Raises:
        ManagerError: see the exit code.
    """
    names = tuple(service)
    if images:
        return _with_images(config, names)
    if names:
        return _part(config, only=names)
    built = again.build_again(absolute_config(config), os.environ, _hooks)
    warn_all(built.warnings)
    return built


def plan(config: ConfigPath = None, *, service: Iterable[str] = ()) -> Build:
    """What :func:`build` would do: its result, with nothing written.

    Args:
        config: the configuration.
        service: names of services.

    Raises:
        ManagerError: it could not be built.
    """
    names = tuple(service)
    if names:
        from container_manager.build import pipeline
        from container_manager.build.causes import explained
        from container_manager.config.loader import load

        prepared = pipeline.prepare(load(config), only=names)
        planned = pipeline.build_of(prepared, explained(prepared, pipeline.plan(prepared)))
    else:
        planned = again.plan_again(absolute_config(config), os.environ)
    warn_all(planned.warnings)
    return planned


def redactor(config: ConfigPath = None) -> Callable[[str], str]:
    """Hides the values of secrets in what is shown: an earlier build may hold one."""
    from container_manager.config.loader import load
    from container_manager.progress import Redactor

    loaded = load(config)
    return Redactor(loaded.environment.secret_values(loaded.referenced).values())


def kernels(config: ConfigPath = None, *, service: Iterable[str] = ()) -> Build:
    """Render the kernel specifications only; nothing else is written or removed."""
    return _part(config, only=tuple(service), steps=("kernels",))


def assets(config: ConfigPath = None, *, service: Iterable[str] = ()) -> Build:
    """Copy ``src/`` and additional directories only; nothing else is written or removed."""
    from container_manager.build.steps import ASSET_STEPS

    return _part(config, only=tuple(service), steps=ASSET_STEPS)


def builds(config: ConfigPath = None) -> list[FormerBuild]:
    """The former builds that can be brought back, newest first."""
    from container_manager.build import history
    from container_manager.config.loader import load

    build_dir = load(config).build_dir
    settle(build_dir)
    return history.listed(build_dir)


def rollback(config: ConfigPath = None, *, number: int | None = None) -> Build:
    """Bring a former build back; the build that it replaces becomes a former one.

    Args:
        config: the configuration.
        number: of the build, as :func:`builds` lists it; None takes the newest.

    Raises:
        BuildError: there is none, or contents of it are lost; nothing was changed.
    """
    from container_manager.build import history, pipeline
    from container_manager.config.loader import load

    loaded = load(config)
    finished = settle(loaded.build_dir)
    if number is None and finished:
        raise BuildError(
            "A command that had been stopped was finished first, so the newest former build is "
            "another one now.",
            remedy="Look with 'builds', then say which: rollback --build NUMBER.",
        )
    if number is None:
        number = history.newest(loaded.build_dir)
    built = pipeline.bring_back(loaded, number)
    warn_all(built.warnings)
    return built


def _part(
    config: ConfigPath, *, only: Sequence[str] = (), steps: Sequence[str] | None = None
) -> Build:
    from container_manager.build import pipeline
    from container_manager.build.steps import STEPS
    from container_manager.config.loader import load

    steps = tuple(STEPS) if steps is None else steps
    loaded = load(config)
    if _hooks(loaded, again.BEFORE):
        loaded = load(config)  # it may have made what is read
    built = pipeline.execute(pipeline.prepare(loaded, only=only, steps=steps))
    warn_all(built.warnings)
    _hooks(loaded, again.AFTER)
    return built


def _hooks(config: Config, name: str) -> bool:
    """Run a hook; what starts programs is imported only where there is one."""
    if not config.hooks:
        return False
    from container_manager.hooking import run_build_hooks

    return run_build_hooks(config, name)


def _with_images(config: ConfigPath, names: Sequence[str]) -> Build:
    from container_manager import lifecycle
    from container_manager.opening import open_built, told_by_template
    from container_manager.started import changing

    opened = open_built(config, names)
    with told_by_template(opened.build), changing(opened.project):
        lifecycle.build_images(opened.project, opened.build, stack=opened.stack, only=opened.only)
    return opened.build
