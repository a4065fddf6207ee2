"""Opens a project for a verb: its configuration, its build, and the Podman that runs it."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from container_manager import lifecycle
from container_manager.base_image import ensure
from container_manager.build import pipeline
from container_manager.build.as_built import as_built
from container_manager.build.lock import hold
from container_manager.build.trace import to_templates
from container_manager.compose.graph import with_dependencies
from container_manager.compose.model import Stack
from container_manager.config.images import local_python
from container_manager.config.loader import Config, load
from container_manager.credentials.generating import exposed_to_git, generate, store
from container_manager.credentials.needed import Needed, needed
from container_manager.credentials.values import refused, weak
from container_manager.discovery import discover, select
from container_manager.errors import (
    BuildError,
    ConfigError,
    ManagerError,
    PreconditionError,
    raise_all,
)
from container_manager.hooking import run_build_hooks, run_project_hooks
from container_manager.identity import private_folder
from container_manager.lifecycle.project import Project, open_project
from container_manager.model import Build
from container_manager.places import ConfigPath
from container_manager.preflight.told import settings_of_ours, whose_podman
from container_manager.report import warn_all
from container_manager.started import changing

SECRETS_MASKED = (5, 3)
"""The version of Podman since which ``podman inspect`` masks secrets in the environment.

Source: pull request 23959 of Podman.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A project that was built and can be run.

    Attributes:
        project: what runs it.
        build: its generated files.
        stack: what they mean together.
        only: the canonical names of the chosen services; None for all.
    """

    project: Project
    build: Build
    stack: Stack
    only: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A configuration that was rendered and checked, with nothing written."""

    config: Config
    prepared: pipeline.Prepared
    only: list[str] | None

    @property
    def running(self) -> list[str]:
        """The compose services that a start is about."""
        stack = self.prepared.stack
        if self.only is None:
            return list(stack.services)
        chosen = with_dependencies(stack, stack.owned_by(self.only))
        return [name for name in stack.services if name in chosen]


def open_built(config: ConfigPath, names: Sequence[str] = (), *, adopt: bool = False) -> Opened:
    """Load and build a project, and find the Podman that runs it.

    Args:
        config: the configuration.
        names: services that were chosen; nothing of the others is removed from the build then.
        adopt: take over a stack of this name that another checkout started.

    Raises:
        ManagerError: see the exit code.
    """
    return _built(_checked(_after_hooks(lambda: load(config)), names), adopt=adopt)


def open_to_start(
    config: ConfigPath,
    names: Sequence[str] = (),
    *,
    adopt: bool = False,
    must_open: lifecycle.MustOpen = lifecycle.MustOpen.ALL,
    adapt: Callable[[pipeline.Prepared], pipeline.Prepared] | None = None,
    as_it_is: bool = False,
) -> Opened:
    """The same for what starts services: their missing credentials are generated first.

    Args:
        config: the configuration.
        names: services that were chosen.
        adopt: take over a stack of this name that another checkout started.
        must_open: which of the volumes that are there the credentials must open.
        adapt: changes what was rendered and checked, before anything is written.
        as_it_is: run what the build directory holds; nothing is built.

    Raises:
        ManagerError: see the exit code. A weak credential is one; nothing was written then.
    """
    load_it = functools.partial(lifecycle.load_to_start, config, adopt=adopt, as_it_is=as_it_is)
    loaded = load_it() if as_it_is else _after_hooks(load_it)
    checked = _without_weak(loaded, names, as_it_is=as_it_is)
    if _missing(checked):
        state_dir = checked.config.state_dir
        _generate(config, names, state_dir, adopt=adopt, must_open=must_open)
        checked = _checked(load_it(), names, as_it_is=as_it_is)
    if adapt is not None:
        checked = replace(checked, prepared=adapt(checked.prepared))
    return _built(checked, adopt=adopt)


def _after_hooks(load_it: Callable[[], Config]) -> Config:
    """The configuration, once what runs before a build has run: it may have made what is read."""
    loaded = load_it()
    return load_it() if run_build_hooks(loaded, "before_build") else loaded


def _checked(loaded: Config, names: Sequence[str], *, as_it_is: bool = False) -> _Checked:
    prepared = as_built(loaded) if as_it_is else pipeline.prepare(loaded, prune=not names)
    chosen = [one.name for one in select(prepared.services, loaded, names)] if names else None
    return _Checked(config=loaded, prepared=prepared, only=chosen)


def _without_weak(loaded: Config, names: Sequence[str], *, as_it_is: bool) -> _Checked:
    """The same for a start: where a build fails, weak credentials are the first to be told.

    A value that is an ordinary word may stand in many files, and would be told as a leak.
    """
    try:
        return _checked(loaded, names, as_it_is=as_it_is)
    except BuildError:
        services, _ = discover(loaded)
        raise_all(ConfigError, weak(services, loaded.environment))
        raise


def _built(checked: _Checked, *, adopt: bool) -> Opened:
    prepared = checked.prepared
    warn_all(prepared.warnings)
    built = prepared.built or pipeline.execute(prepared)
    warn_all(built.plan.notes)
    if prepared.built is None:
        run_build_hooks(checked.config, "after_build")
    project = open_project(checked.config, prepared.services, adopt=adopt)
    _tell_about_podman(project, prepared.stack)
    if _uses_local_image(prepared):
        engine = project.engine
        ensure(engine.runner, engine.host.executable, engine.environ)
    return Opened(project=project, build=built, stack=prepared.stack, only=checked.only)


def _generate(
    config: ConfigPath,
    names: Sequence[str],
    state_dir: Path,
    *,
    adopt: bool,
    must_open: lifecycle.MustOpen,
) -> None:
    """Generate what is missing, unless a volume was initialised with what is lost."""
    private_folder(state_dir)
    with hold(state_dir / "credentials.lock", "Credentials are being generated"):
        checked = _checked(load(config), names)  # another may have been faster
        missing = _missing(checked)
        if not missing:
            return
        project = open_project(checked.config, checked.prepared.services, adopt=adopt)
        stack = checked.prepared.stack
        locked = lifecycle.locked_volumes(project, stack, checked.running, must_open)
        raise_all(PreconditionError, locked)
        lifecycle.refuse_beside(project, stack, checked.running)
        values = generate(missing)
        # What only shows with these values (a template that asks for them) shows before a write.
        _checked(load(config, {**os.environ, **values}), names)
        path = checked.config.environment.dotenv_path or checked.config.root / ".env"
        store(missing, values, path, state_dir, project.progress)
        warn_all(exposed_to_git(path, project.engine.runner))


def _missing(checked: _Checked) -> list[Needed]:
    """The credentials that are needed and not set, after a look at those that are.

    Raises:
        ConfigError: some must not be used.
    """
    stack, names, environment = checked.prepared.stack, checked.running, checked.config.environment
    wanted = needed(checked.prepared.services, stack, names)
    problems = refused(wanted, stack, names, environment)
    placed = to_templates(problems, checked.prepared.rendered)
    # Only the places are of use: a line of a compose file may hold the value.
    raise_all(
        ConfigError,
        (replace(one, where=at.where) for one, at in zip(problems, placed, strict=True)),
    )
    return [one for one in wanted if environment.get(one.name) is None]


def _uses_local_image(prepared: pipeline.Prepared) -> bool:
    """Whether anything that was rendered names the base image that we make ourselves."""
    name = local_python()
    return name is not None and any(name in (o.text or "") for o in prepared.outputs.values())


def _tell_about_podman(project: Project, stack: Stack) -> None:
    """Say once what people should know about the Podman of this machine."""
    host = project.engine.host
    version = ".".join(map(str, host.version))
    lines = [f"Running with Podman {version} and {project.provider.title}."]
    lines += [*settings_of_ours(host), *whose_podman(host)]
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


@contextlib.contextmanager
def starting(opened: Opened, *, attached: bool, hooks: bool = True) -> Iterator[None]:
    """A block that starts a stack: all that holds for it, however it ends.

    Args:
        opened: what is started.
        attached: whether Ctrl-C within the block stops the containers.
        hooks: whether the user's own commands run before and after it.
    """
    with (
        lifecycle.doors_told_on_failure(opened.project),
        told_by_template(opened.build),
        changing(opened.project, attached=attached),
    ):
        if hooks:
            run_project_hooks(opened.project, "before_up")
        yield
        if hooks:
            run_project_hooks(opened.project, "after_up")
