"""Verbs that run commands in containers, on the terminal or the pipes that we have ourselves."""

from __future__ import annotations

from collections.abc import Sequence

from container_manager.compose.one_off import OneOff
from container_manager.errors import UsageError
from container_manager.lifecycle.daily import inside, running_once
from container_manager.lifecycle.daily.inside import Inside
from container_manager.opening import open_to_start, starting
from container_manager.places import ConfigPath
from container_manager.started import find_running
from container_manager.terminal import is_terminal
from container_manager.verbs.meaning import are_ours


def execute(
    config: ConfigPath = None, *, service: str, command: Sequence[str], how: Inside | None = None
) -> int:
    """Run a command in the running container of a service.

    Args:
        config: the configuration; it may be broken.
        service: a service of ours with one container, or a compose service.
        command: program and arguments.
        how: as whom, where, and with which variables.

    Returns:
        The command's exit code; 125 to 127 are Podman's own.

    Raises:
        ManagerError: see the exit code.
    """
    inside.refuse_no_command(service, command)  # before a folder of ours is made, to ask Podman
    return inside.execute(find_running(config, adopt=False), service, command, how)


def shell(config: ConfigPath = None, *, service: str, how: Inside | None = None) -> int:
    """Run the best shell of a service's container. Arguments as :func:`execute`."""
    return inside.shell(find_running(config, adopt=False), service, how)


def run(
    config: ConfigPath = None,
    *,
    service: str,
    command: Sequence[str] = (),
    how: Inside | None = None,
    publish: bool = False,
    dependencies: bool = True,
    timeout: float | None = None,
) -> int:
    """Run a command in a container of its own, with a service's settings; it is removed at its end.

    Args:
        config: the configuration.
        service: a service of ours with one compose service, or a compose service.
        command: program and arguments; none: what the service itself runs.
        how: as whom, where, and with which variables.
        publish: whether it publishes the service's ports.
        dependencies: whether what the service waits for is brought up first.
        timeout: seconds that each of these may take.

    Returns:
        The command's exit code; 125 to 127 are Podman's own.

    Raises:
        ManagerError: see the exit code.
    """
    how = how or Inside()
    if not service:
        raise UsageError("Which service is meant was not said.", remedy="run SERVICE -- COMMAND")
    ours = are_ours(config, [service])
    opened = open_to_start(config, (service,) if ours else ())
    name = running_once.pick(opened.stack, service, opened.only if ours else None)
    one = OneOff(
        name=running_once.new_name(name),
        command=tuple(command),
        terminal=how.terminal and is_terminal(),
        publish=publish,
        user=how.user,
        workdir=how.workdir,
        variables=inside.public_variables(opened.project, how.variables),
    )
    with starting(opened, attached=False, hooks=False):
        made = running_once.make(
            opened.project,
            opened.build,
            opened.stack,
            name,
            one,
            dependencies=dependencies,
            timeout=timeout,
        )
    return running_once.attach(opened.project, made)
