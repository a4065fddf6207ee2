"""``exec`` and ``shell``: a command in a container that runs, on our own terminal or pipes."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from container_manager.config.secret_names import holds_credentials
from container_manager.errors import PreconditionError, UsageError
from container_manager.lifecycle.daily.choosing import one_of
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState
from container_manager.terminal import hand_over, is_terminal

_SHELLS = ("bash", "zsh", "sh")
_IMPATIENT = 3
"""From the third Ctrl-C on, a command is killed."""

_STARTED = 19
"""The time of a process's start in ``/proc/PID/stat``, counted after its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """How a command runs in a container.

    Attributes:
        user: ``NAME`` or ``UID[:GID]``; empty: the container's own.
        workdir: its working directory; empty: the container's own.
        variables: ``NAME=VALUE``, or ``NAME`` for the value that we have.
        terminal: whether it may get a terminal; it does where standard input and output are ones.
    """

    user: str = ""
    workdir: str = ""
    variables: Sequence[str] = ()
    terminal: bool = True


@dataclass(slots=True)
class Session:
    """A command in a container, and how it is reached by signals.

    Attributes:
        project: whose container.
        container: as it was before.
        presses: how many signals have come.
    """

    project: Project
    container: ContainerState
    presses: int = field(default=0)

    def pass_on(self, number: signal.Signals) -> bool:
        """Send the command a signal: Podman's client would end, and leave it running.

        Returns:
            Whether the command was found: it is not where Podman runs on another machine.
        """
        self.presses += 1
        sent = signal.SIGKILL if self.presses >= _IMPATIENT else number
        pid = self._process()
        if pid is None:
            return False
        try:
            os.kill(pid, sent)
        except PermissionError:  # rootless: it belongs to another user id of ours
            name = sent.name.removeprefix("SIG")
            self.project.engine.call("unshare", "kill", f"-{name}", str(pid))
        except ProcessLookupError:
            pass  # it has just ended
        return True

    def _process(self) -> int | None:
        """The command's process on this machine: the first that began after we looked."""
        finished = self.project.engine.call(
            *("container", "inspect", "--format"),
            '{{.StaticDir}}{{range .ExecIDs}}{{"\\n"}}{{.}}{{end}}',
            self.container.id,
        )
        folder, *sessions = finished.stdout.split("\n")
        found: list[tuple[int, int]] = []
        for one in {name.strip() for name in sessions} - set(self.container.sessions) - {""}:
            with contextlib.suppress(OSError, ValueError):
                pid = int((Path(folder) / one / "exec_pid").read_text(encoding="ascii"))
                stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
                found.append((int(stat.rpartition(")")[2].split()[_STARTED]), pid))
        return min(found)[1] if found else None


def execute(project: Project, name: str, command: Sequence[str], how: Inside | None = None) -> int:
    """Run a command in the container of a service.

    Args:
        project: whose.
        name: a service of ours with one container, or a compose service.
        command: program and arguments.
        how: as whom, where, and with what.

    Returns:
        The command's exit code; 125 to 127 are Podman's own: it failed, the command may not be
        executed, there is no such command.

    Raises:
        UsageError: there is no command.
        PreconditionError: which container is meant is not clear, or it does not run.
    """
    how = how or Inside()
    refuse_no_command(name, command)
    container = running(project, name)
    terminal = how.terminal and is_terminal()
    listed, environ = variables(project, how.variables)
    argv = [
        *(project.engine.host.executable, "exec", "--interactive"),
        *(["--tty"] if terminal else []),
        *([f"--user={how.user}"] if how.user else []),
        *([f"--workdir={how.workdir}"] if how.workdir else []),
        *(f"--env={one}" for one in listed),
        *(container.id, *command),
    ]
    session = Session(project, container)
    return hand_over(
        argv,
        env={**project.engine.environ, **environ},
        interactive=terminal,
        on_signal=session.pass_on,
    )


def refuse_no_command(name: str, command: Sequence[str]) -> None:
    """Say that there is nothing to run, which needs no look at any container.

    Raises:
        UsageError: there is no command.
    """
    if not command:
        raise UsageError(
            "There is no command to run.",
            remedy=f"Write it after --: exec {name or 'SERVICE'} -- ls -l",
        )


def shell(project: Project, name: str, how: Inside | None = None) -> int:
    """Run the best shell that a container has.

    Returns:
        The shell's exit code.

    Raises:
        PreconditionError: as :func:`execute`, or the container has no shell.
    """
    container = running(project, name)
    look = " || ".join(f"command -v {one}" for one in _SHELLS)
    for one in reversed(_SHELLS):  # nearly every image that has any has 'sh'
        found = project.engine.call("exec", container.id, one, "-c", look).stdout.split()
        if found:
            return execute(project, container.name, found[-1:], how)
    raise PreconditionError(
        f"The container {container.name} has no shell (looked for {', '.join(_SHELLS)}).",
        remedy=f"Run one of its programs: 'exec {container.service} -- PROGRAM'.",
    )


def running(project: Project, name: str) -> ContainerState:
    """The one container that a name means, which runs.

    Raises:
        PreconditionError: there is none, or it does not run.
    """
    container = one_of(project, name)
    service = container.service or container.name
    if container.status == "running":
        return container
    if container.status == "paused":
        raise PreconditionError(
            f"{service} is paused.", remedy=f"'unpause {service}' lets it go on."
        )
    ended = f" with exit code {container.exit_code}" if container.ended else ""
    raise PreconditionError(
        f"{service} does not run: it is {container.status}{ended}.",
        remedy=f"'start {service}' starts it, 'up' with new settings; 'logs {service}' shows what "
        f"it said, and 'run {service}' runs a command in a container of its own.",
    )


def public_variables(project: Project, given: Sequence[str]) -> dict[str, str]:
    """Variables for a container that is made: they are stored with it, so none may be secret.

    Raises:
        UsageError: one is.
    """
    listed, secret = variables(project, given)
    if secret:
        raise UsageError(
            f"These are secrets, and would be stored with the container: {', '.join(secret)}.",
            remedy="Name them under 'environment' in the service's template: Podman delivers them.",
        )
    return {name: value for name, _, value in (one.partition("=") for one in listed)}


def variables(project: Project, given: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """What Podman is told about variables, and what stands in its environment for that.

    Args:
        project: whose variables are known.
        given: ``NAME=VALUE``, or ``NAME`` for the value that we have.

    Returns:
        The values of ``--env``, without secrets; and variable -> value, for those given by name.

    Raises:
        UsageError: a value is missing, or is a secret that would stand in the list of processes.
    """
    listed: list[str] = []
    environ: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        known = project.environment.get(name)
        if not name or (not equals and known is None):
            raise UsageError(
                f"The variable {name!r} has no value here.",
                remedy="Write NAME=VALUE, or set it in the environment or in .env.",
            )
        if equals and (project.environment.is_secret(name) or holds_credentials(value)):
            raise UsageError(
                f"{name} is a secret, and what stands in a command line can be read by others.",
                remedy=f"Set {name} in the environment or in .env, and write its name alone.",
            )
        if equals or not project.environment.is_secret(name):
            listed.append(f"{name}={value if equals else known}")
        else:
            listed.append(name)
            environ[name] = known or ""
    return listed, environ
