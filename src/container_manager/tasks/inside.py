"""The tasks that run commands in containers.

Whatever stands after ``--`` is the command, word by word.
"""

from __future__ import annotations

from typing import Any

from invoke import Context, Exit

from container_manager.careful import command_of, verb
from container_manager.option_values import one_name, seconds

_USER = "NAME or UID[:GID] to run as (default: the container's own)"
_WORKDIR = "the working directory in the container"
_SETENV = "NAME=VALUE, or NAME for the value that is set here; may be given several times"
_TTY = "use a terminal where there is one (the default)"


@verb(
    examples={
        "exec jupyter -- ls -l /home/jovyan": "a command in a running container",
        "exec --user 0 jupyter -- id": "as another user",
    },
    name="exec",
    help={
        "service": "the service, or compose service, whose container it is",
        "user": _USER,
        "workdir": _WORKDIR,
        "setenv": _SETENV,
        "tty": _TTY,
    },
)
def execute(
    context: Context,
    config: str | None = None,
    service: Any = None,
    user: str = "",
    workdir: str = "",
    setenv: Any = None,
    tty: bool = True,
) -> None:
    """Run a command in a running container: exec SERVICE -- COMMAND ARGUMENTS.

    Its exit code is handed on; 125 to 127 are Podman's own.
    """
    from container_manager import verbs
    from container_manager.lifecycle.daily.inside import Inside

    how = Inside(user=user, workdir=workdir, variables=setenv, terminal=tty)
    command = command_of(context)
    raise Exit(code=verbs.execute(config, service=one_name(service), command=command, how=how))


@verb(
    examples={
        "shell jupyter": "look around inside",
    },
    help={
        "service": "the service, or compose service, whose container it is",
        "user": _USER,
        "workdir": _WORKDIR,
        "setenv": _SETENV,
    },
)
def shell(
    context: Context,
    config: str | None = None,
    service: Any = None,
    user: str = "",
    workdir: str = "",
    setenv: Any = None,
) -> None:
    """Open a shell in a running container: bash, zsh or sh, whichever it has."""
    from container_manager import verbs
    from container_manager.lifecycle.daily.inside import Inside

    how = Inside(user=user, workdir=workdir, variables=setenv)
    raise Exit(code=verbs.shell(config, service=one_name(service), how=how))


@verb(
    examples={
        "run counter -- python -c 'print(1)'": "a command in a new container",
        "run --no-deps jupyter -- env": "without what the service waits for",
    },
    help={
        "service": "the service, or compose service, whose settings it gets",
        "user": _USER,
        "workdir": _WORKDIR,
        "setenv": _SETENV,
        "tty": _TTY,
        "publish": "publish the service's ports, too",
        "deps": "bring up what the service waits for first (the default)",
    },
)
def run(
    context: Context,
    config: str | None = None,
    service: Any = None,
    user: str = "",
    workdir: str = "",
    setenv: Any = None,
    tty: bool = True,
    publish: bool = False,
    deps: bool = True,
    timeout: str = "",
) -> None:
    """Run a command in a container of its own: run SERVICE -- COMMAND ARGUMENTS.

    It has the service's settings, and is removed at its end; its exit code is handed on.
    """
    from container_manager import verbs
    from container_manager.lifecycle.daily.inside import Inside

    code = verbs.run(
        config,
        service=one_name(service),
        command=command_of(context),
        how=Inside(user=user, workdir=workdir, variables=setenv, terminal=tty),
        publish=publish,
        dependencies=deps,
        timeout=seconds(timeout),
    )
    raise Exit(code=code)


TASKS = (
    execute,
    run,
    shell,
)
