"""Opens a project for a verb: its configuration, its build, and the Podman that runs it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from container_manager import lifecycle
from container_manager.base_image import ensure
from container_manager.build import pipeline
from container_manager.build.lock import hold
from container_manager.build.trace import to_templates
from container_manager.compose.model import Stack
from container_manager.config.images import local_python
from container_manager.config.loader import (
    STATE_DIR,
    find_config,
    load,
    without_content,
)
from container_manager.discovery import select
from container_manager.errors import ConfigError, ManagerError, Problem
from container_manager.lifecycle.project import Project, open_project
from container_manager.model import Build
from container_manager.report import warn_all

SECRETS_MASKED = (5, 3)
"""The version of Podman since which ``podman inspect`` masks secrets in the environment.

Source: pull request 23959 of Podman.
"""

ConfigPath = str | PathLike[str] | None


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
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A project that was built and can be run.

    Attributes:
        project: what runs it.
        build: its generated files.
        only: the canonical names of the chosen services; None for all.
    """

    project: Project
    build: Build
    only: list[str] | None


def open_built(config: ConfigPath, names: Sequence[str] = (), *, adopt: bool = False) -> Opened:
    """Load and build a project, and find the Podman that runs it.

    Args:
        config: the configuration.
        names: services that were chosen; nothing of the others is removed from the build then.
        adopt: take over a stack of this name that another checkout started.

    Raises:
        ManagerError: see the exit code.
    """
    loaded = load(config)
    prepared = pipeline.prepare(loaded, prune=not names)
    chosen = [one.name for one in select(prepared.services, loaded, names)] if names else None
    warn_all(prepared.warnings)
    built = pipeline.execute(prepared)
    warn_all(built.plan.notes)
    project = open_project(loaded, prepared.services, adopt=adopt)
    _tell_about_podman(project, prepared.stack)
    if _uses_local_image(prepared):
        engine = project.engine
        ensure(engine.runner, engine.host.executable, engine.environ)
    return Opened(project=project, build=built, only=chosen)


def _uses_local_image(prepared: pipeline.Prepared) -> bool:
    """Whether anything that was rendered names the base image that we make ourselves."""
    name = local_python()
    return name is not None and any(name in (o.text or "") for o in prepared.outputs.values())


def _tell_about_podman(project: Project, stack: Stack) -> None:
    """Say once what people should know about the Podman of this machine."""
    host = project.engine.host
    version = ".".join(map(str, host.version))
    lines = [f"Running with Podman {version} and the bundled {project.provider.name}."]
    if host.reasons:
        lines.append("Podman gets some settings of ours for these calls; see explain-podman:")
        lines.extend(host.reasons)
    if host.version < SECRETS_MASKED and any(s.secret_entries for s in stack.services.values()):
        lines.append(
            "This version of Podman shows the environment of running containers, secrets included, "
            "to whoever may call 'podman inspect' here; 5.3 and later mask them."
        )
    told = project.state_dir / "told"
    known = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    fresh = [line for line in lines if line not in known]
    if fresh:
        project.progress.step("\n  ".join(fresh))
        told.write_text("\n".join([*known, *fresh]), encoding="utf-8")


@contextlib.contextmanager
def told_by_template(build: Build) -> Iterator[None]:
    """Within the block, errors about generated compose files name their templates instead."""
    try:
        yield
    except ManagerError as error:
        rendered = {
            file.path: (file.template, file.path.read_text(encoding="utf-8"))
            for file in build.compose_files
            if file.path.is_file()
        }
        raise type(error)(to_templates(error.problems, rendered)) from error


def find_running(config: ConfigPath, *, adopt: bool) -> Project:
    """The project, even if its configuration is broken: a stack must always be stoppable."""
    try:
        return find(config, adopt=adopt)
    except ConfigError as error:
        path = Path(config) if config else find_config()
        started = sorted((path.absolute().parent / STATE_DIR / "compose").glob("*.yml"))
        if len(started) != 1:
            raise
        name = started[0].stem
        warn_all(error.problems)
        warn_all([Problem(message=f"Going on with what was started before: {name}.")])
        return open_project(without_content(path, name, os.environ), adopt=adopt)


def find(config: ConfigPath, *, adopt: bool = False) -> Project:
    """The project of a configuration, without rendering anything."""
    return open_project(load(config), adopt=adopt)
