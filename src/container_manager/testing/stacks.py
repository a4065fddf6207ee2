"""A stack that really runs, for the time of some tests, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from container_manager import lifecycle
from container_manager.build import pipeline
from container_manager.compose.model import Stack
from container_manager.compose.providers import child_environment
from container_manager.discovery import select
from container_manager.errors import ManagerError, RuntimeFailure, UsageError, did_you_mean
from container_manager.identity import private_folder
from container_manager.opening import Opened, open_to_start, starting
from container_manager.podman.engine import Engine
from container_manager.podman.host import CACHE, connect
from container_manager.podman.state import ContainerState
from container_manager.run import Finished, ProcessRunner
from container_manager.started import changing
from container_manager.testing.detached import detach
from container_manager.testing.ports import Ports
from container_manager.testing.presses import Presses
from container_manager.testing.private import meeting_folder, open_lock
from container_manager.testing.projects import ProjectCopy
from container_manager.testing.records import Record

_LOG_LINES = 15
_RUN_TIMEOUT = 60.0
_RETRY_INTERVAL = 0.5


def no_containers(folder: Path) -> str | None:
    """Why Podman cannot run containers here, if so; how it is called stays in ``folder``."""
    try:
        connect(ProcessRunner(), folder, child_environment(os.environ, {}))
    except ManagerError as error:
        return str(error)
    return None


class Workshop:
    """What the stacks of one test run share.

    Args:
        podman: the folder in which :func:`no_containers` left what it found.
    """

    def __init__(self, podman: Path) -> None:
        self._podman = podman
        self._presses = Presses()
        self._record: Record | None = None
        self._kept = 0

    @contextlib.contextmanager
    def running(self, project: ProjectCopy, services: Sequence[str]) -> Iterator[RunningStack]:
        """A stack for the time of the block; afterwards all of it is gone, however the block ends.

        SIGTERM within the block is as good as Ctrl-C. Whatever remains of runs that were killed
        is removed before.

        Args:
            project: what is run.
            services: names of services; none means all that are deployed.

        Raises:
            ManagerError: it does not come up; the end of its containers' logs is in the message.
        """
        ports = Ports()
        found: list[pipeline.Prepared] = []

        def adapt(prepared: pipeline.Prepared) -> pipeline.Prepared:
            found.append(detach(prepared, ports))
            return found[-1]

        self._remember_podman(project.root)
        with self._presses.watched(), contextlib.closing(ports):
            record = self._recording()
            with _one_at_a_time():
                opened = open_to_start(project.config_path, services, adapt=adapt)
            record.add(opened.project.name)
            lifecycle.begin_anew(opened.project)
            try:
                with starting(opened, attached=False):
                    lifecycle.up(opened.project, opened.build, only=opened.only)
                yield RunningStack(project, opened, found[-1].stack)
            finally:
                with self._presses.held_off():
                    self._remove(opened, found[-1].stack, record)

    def close(self) -> None:
        """Remove the images that were kept for the next stack's build, and what else is left."""
        if self._record is not None:
            with self._presses.held_off():
                self._record.close(self._engine())
                self._record = None

    def _recording(self) -> Record:
        if self._record is None:
            self._record = Record(self._podman, self._engine())
        return self._record

    def _engine(self) -> Engine:
        public = child_environment(os.environ, {})
        runner = ProcessRunner()
        return Engine(runner, connect(runner, self._podman, public), public)

    def _remember_podman(self, root: Path) -> None:
        """How Podman is to be called was found out once; every copy would ask again."""
        state_dir = root / ".container-manager"
        private_folder(state_dir)
        if (self._podman / CACHE).is_file():
            shutil.copy2(self._podman / CACHE, state_dir / CACHE)

    def _remove(self, opened: Opened, stack: Stack, record: Record) -> None:
        for image in stack.builders:
            # Under one more name it outlives the stack, and the next one is built from its layers.
            name = f"localhost/{stack.project}-kept:{self._kept}"
            if opened.project.engine.call("tag", image, name).ok:
                self._kept += 1
                record.keep(name)
        with changing(opened.project):
            lifecycle.clean(opened.project, save=False)
        record.drop(stack.project)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Local images that many stacks stand on are made by one of all test processes."""
    file = open_lock(meeting_folder("locks") / "images", wait=True)
    assert file is not None
    with file:
        yield


class _Credentials(dict[str, str]):
    def __missing__(self, name: str) -> str:
        raise KeyError(f"no credential {name!r}; there are: {', '.join(self) or 'none'}")

    def __repr__(self) -> str:
        return f"<the credentials {', '.join(self)}>"


class RunningStack:
    """A running stack.

    Names of services are those of ``config.yml`` (``framework.web``), where one compose service of
    the template can be meant: its only one, or the only one that publishes a port; or names of
    compose services.

    Attributes:
        project: the copy of the project that runs.
        credentials: the values of secrets that its containers have, by variable.
    """

    def __init__(self, project: ProjectCopy, opened: Opened, stack: Stack) -> None:
        self.project = project
        self._opened = opened
        self._stack = stack
        environment = opened.project.environment
        names = {*environment.generated, *environment.dotenv}
        known = {name: environment.get(name) for name in names if environment.is_secret(name)}
        self.credentials: Mapping[str, str] = _Credentials(
            {name: value for name, value in sorted(known.items()) if value is not None}
        )

    @property
    def services(self) -> tuple[str, ...]:
        """The compose services that have a container."""
        return tuple(state.service for state in self._opened.project.containers())

    def state(self, name: str) -> ContainerState:
        """What Podman says about a service's container now.

        Raises:
            UsageError: there is no such service.
        """
        service = self._compose_service(name)
        for state in self._opened.project.containers():
            if state.service == service:
                return state
        raise UsageError(f"'{service}' has no container.", remedy=self._known())

    def address(self, name: str, container_port: int | None = None) -> tuple[str, int]:
        """Where a service is reached from this machine: address and port.

        Args:
            name: the service.
            container_port: which of its ports; None takes the first TCP port.

        Raises:
            UsageError: it publishes none.
        """
        published = self.state(name).ports
        for port in published:
            if container_port in (None, port.container_port) and port.protocol == "tcp":
                return port.host_ip or "127.0.0.1", port.host_port
        shown = ", ".join(str(port.container_port) for port in published) or "none"
        what = f"port {container_port}" if container_port else "TCP port"
        raise UsageError(f"'{name}' publishes no {what}.", remedy=f"It publishes these: {shown}.")

    def url(self, name: str, path: str = "", container_port: int | None = None) -> str:
        """``http://ADDRESS:PORT`` of a service, with ``path`` behind it."""
        host, port = self.address(name, container_port)
        return f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"

    def run(
        self,
        name: str,
        *argv: str,
        check: bool = True,
        stdin: str | bytes | None = None,
        user: str | None = None,
        timeout: float = _RUN_TIMEOUT,
        retry_for: float = 0.0,
    ) -> Finished:
        """Run a program in a service's container.

        Args:
            name: the service.
            argv: the program and its arguments.
            check: whether an exit code other than 0 is an error.
            stdin: its standard input.
            user: whom it runs as; None takes the container's user.
            timeout: seconds that it may take.
            retry_for: seconds in which it is run again where it failed. Podman's resolver answers
                nothing while it takes up another container, of whatever project
                (containers/aardvark-dns#389), so that programs that ask another service need some.

        Returns:
            What it left: ``returncode``, ``stdout``, ``stderr``.

        Raises:
            RuntimeFailure: it failed, or took too long.
        """
        options = [*(["--interactive"] if stdin is not None else [])]
        options += ["--user", user] if user is not None else []
        given = stdin.encode() if isinstance(stdin, str) else stdin
        command = ("exec", *options, self.state(name).id, *argv)
        deadline = time.monotonic() + retry_for
        while True:
            finished = self._opened.project.engine.call(*command, timeout=timeout, stdin=given)
            if finished.ok or time.monotonic() > deadline:
                break
            time.sleep(_RETRY_INTERVAL)
        if check and not finished.ok:
            said = "\n".join(f"    {line}" for line in finished.last_lines.splitlines())
            raise RuntimeFailure(
                f"{' '.join(argv)!r} in '{name}' ended with exit code {finished.returncode}"
                + (f":\n{said}" if said else ", and said nothing.")
            )
        return finished

    def logs(self, name: str) -> str:
        """All that a service's container printed, both streams."""
        lines: list[str] = []
        self._opened.project.engine.call("logs", self.state(name).id, on_line=lines.append)
        return "\n".join(lines)

    def exit_code(self, name: str) -> int | None:
        """How a job ended; None while it runs, or before it did."""
        state = self.state(name)
        return state.exit_code if state.ended else None

    def last_words(self) -> str:
        """The end of every container's log, for a failing test; without secrets."""
        project, parts = self._opened.project, []
        with contextlib.suppress(RuntimeFailure):  # the failure of the test is what must be told
            for state in project.containers():
                lines = project.engine.last_log_lines(state.id, _LOG_LINES)
                shown = [f"{state.service} ({state.status}):", *(f"    {one}" for one in lines)]
                parts.append(project.redact("\n".join(shown)))
        return "\n".join(parts)

    def _compose_service(self, name: str) -> str:
        if name in self._stack.services:
            return name
        services = list(self._opened.project.services.values())
        try:
            chosen = select(services, self.project.loaded(), [name])[0].name
        except ManagerError as error:
            near = did_you_mean(name, self._stack.services) or self._known()
            raise UsageError(f"There is no service '{name}' in the stack.", remedy=near) from error
        own = [one for one, service in self._stack.services.items() if service.owner == chosen]
        publishing = [one for one in own if self._stack.services[one].ports]
        for candidates in (own, publishing):
            if len(candidates) == 1:
                return candidates[0]
        raise UsageError(
            f"'{name}' has several compose services.", remedy=f"Name one: {', '.join(own)}."
        )

    def _known(self) -> str:
        return f"Its compose services: {', '.join(self.services) or 'none'}."
