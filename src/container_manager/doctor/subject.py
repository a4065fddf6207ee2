"""What checks look at: this machine, its Podman, and the project, as far as there are any."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from container_manager.build import pipeline
from container_manager.build.pipeline import Prepared
from container_manager.compose.model import Stack
from container_manager.compose.providers import child_environment
from container_manager.config.environment import Environment
from container_manager.config.loader import Config, load
from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.laboratory import STALE, Laboratory
from container_manager.errors import ConfigError, ManagerError, Problem, RuntimeFailure
from container_manager.identity import private_folder
from container_manager.places import CONFIG_VARIABLE, find_config
from container_manager.podman import probe
from container_manager.podman.engine import Engine
from container_manager.podman.host import PodmanHost, ask_info, connect
from container_manager.podman.info import Info
from container_manager.run import Runner

_FOLDER = "container-manager-doctor-"


@dataclass(slots=True, kw_only=True)
class Subject:
    """What is looked at; what could not be had is None.

    Attributes:
        runner: starts processes.
        environ: the environment of Podman and all else that is called; no secrets.
        folder: a private folder for what trials need, removed afterwards.
        stop: set when the measuring is given up.
        offline: whether nothing beyond this machine may be asked.
        config: the configuration.
        prepared: what a build of it would write.
        host: Podman and how it is called.
        info: what it says about itself.
        engine: for questions to it.
        laboratory: where containers are tried; None where none starts.
    """

    runner: Runner
    environ: Mapping[str, str]
    folder: Path
    stop: threading.Event = field(default_factory=threading.Event)
    offline: bool = False
    config: Config | None = None
    prepared: Prepared | None = None
    host: PodmanHost | None = None
    info: Info | None = None
    engine: Engine | None = None
    laboratory: Laboratory | None = None

    @property
    def stack(self) -> Stack | None:
        """What the project's compose files mean."""
        return self.prepared.stack if self.prepared else None

    @property
    def user(self) -> str:
        """The user's name, for commands in remedies."""
        import getpass

        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return str(os.getuid())


def find_project(
    path: str | PathLike[str] | None,
) -> tuple[Config | None, Prepared | None, list[Finding]]:
    """Load and render the project, if there is one; nothing is written.

    Raises:
        ConfigError: the configuration that was named is not there.
    """
    if path is None and not os.environ.get(CONFIG_VARIABLE):
        try:
            find_config()
        except ConfigError:
            said = "There is no configuration here: only this machine is looked at."
            return None, None, [found("no-configuration", said)]
    elif not Path(path or os.environ[CONFIG_VARIABLE]).is_file():
        load(path)  # says what is the matter
    config = None
    try:
        config = load(path)
        prepared = pipeline.prepare(config)
    except ManagerError as error:
        return config, None, [_broken(error.problems)]
    count = len(prepared.stack.services)
    said = f"{config.path} can be used: {len(prepared.services)} services, {count} containers."
    ready = fine("configuration", said, path=str(config.path), containers=count)
    return config, prepared, [ready]


def _broken(problems: Sequence[Problem]) -> Finding:
    told = "\n".join(f"- {problem}" for problem in problems)
    return found("configuration-broken", f"The configuration cannot be used:\n{told}")


def public_environment(config: Config | None) -> dict[str, str]:
    """The variables that are not secret, for whatever is called."""
    environment = config.environment if config else Environment(process=dict(os.environ))
    return child_environment(environment.public(), {})


@contextlib.contextmanager
def private_work_folder(config: Config | None) -> Iterator[Path]:
    """A folder of our own that is removed afterwards.

    It lies where containers may mount it, which is not sure below ``/tmp``: in the project's
    private folder, else in the user's cache.
    """
    if config is not None:
        try:
            private_folder(config.state_dir)
            _remove_left(config.state_dir)
            parent: Path | None = config.state_dir
        except (OSError, ManagerError):
            parent = None  # a check of its own says so
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        parent = cache if cache.is_dir() and os.access(cache, os.W_OK) else None
    with tempfile.TemporaryDirectory(
        prefix=_FOLDER, dir=parent, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def _remove_left(state_dir: Path) -> None:
    """Remove what runs left that were killed; only in a folder in which all is ours."""
    for folder in state_dir.glob(f"{_FOLDER}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > STALE:
                shutil.rmtree(folder, ignore_errors=True)


def find_podman(subject: Subject) -> list[Finding]:
    """Find Podman, see that it starts a container, and ask it about itself.

    What a former command found out is not believed: it is measured anew.
    """
    try:
        host = connect(subject.runner, subject.folder, subject.environ)
        subject.info = ask_info(subject.runner, host.executable, host.environment(subject.environ))
    except ManagerError as error:
        _ask_at_least(subject)
        return [
            found("podman-unusable", problem.message, remedy=problem.remedy)
            for problem in error.problems
        ]
    subject.host = host
    subject.engine = Engine(subject.runner, host, subject.environ)
    return []


def _ask_at_least(subject: Subject) -> None:
    """A Podman that starts no container may still say why: its store, the user's ids."""
    executable = shutil.which("podman", path=subject.environ.get("PATH", ""))
    with contextlib.suppress(ManagerError):
        if executable:
            subject.info = ask_info(subject.runner, executable, subject.environ)


def open_laboratory(subject: Subject) -> list[Finding]:
    """Make the image that trials use."""
    if subject.engine is None:
        return []
    program = probe.static_program()
    if program is None or not program.path.name.startswith("busybox"):
        said = "No container is tried: there is no static busybox on this machine."
        return [found("no-trial-program", said)]
    laboratory = Laboratory(subject.engine, subject.folder, subject.stop)
    subject.laboratory = laboratory
    try:
        laboratory.make_image(program)
        started = laboratory.run("true", options=("--network=none",))
    except RuntimeFailure as error:
        said = str(error)
    else:
        if started.ok:
            return [fine("container", "A container of an image starts and ends.")]
        said = started.last_lines
    return [found("container-refused", f"A container of an image does not start:\n{said}")]
