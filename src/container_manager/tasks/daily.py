"""The tasks of daily work on a stack that is there."""

from __future__ import annotations

from typing import Any

from invoke import Context

from container_manager.careful import verb
from container_manager.option_values import seconds


@verb(
    examples={
        "ps": "all containers of the stack",
        "ps --json jupyter": "those of one service, for a program",
    },
)
def ps(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """List containers of the stack as they are: state, health, exit code, addresses."""
    from container_manager import verbs
    from container_manager.report.daily import show_containers

    show_containers(verbs.ps(config, service=service), json=json)


@verb(
    examples={
        "restart jupyter": "after a change of its settings",
        "restart --only jupyter": "just stop it and start it again",
    },
    dry=True,
    help={
        "only": "apply no new settings: just restart the containers that are there",
        "accept-credentials": "take the present credentials for those that open the volumes",
    },
)
def restart(
    context: Context,
    config: str | None = None,
    service: Any = None,
    only: bool = False,
    timeout: str = "",
    adopt: bool = False,
    accept_credentials: bool = False,
    json: bool = False,
) -> None:
    """Apply new settings as 'up' does, then restart what that has not started afresh."""
    from container_manager import verbs
    from container_manager.report.running import show_up

    running = verbs.restart(
        config,
        service=service,
        only=only,
        timeout=seconds(timeout),
        adopt=adopt,
        accept_credentials=accept_credentials,
    )
    show_up(running, json=json)


@verb(
    examples={
        "start": "all that was stopped",
        "start jupyter": "one service",
    },
)
def start(
    context: Context,
    config: str | None = None,
    service: Any = None,
    timeout: str = "",
    json: bool = False,
) -> None:
    """Start containers that were stopped, and wait until they run and are healthy."""
    from container_manager import verbs
    from container_manager.report.running import show_up

    show_up(verbs.start(config, service=service, timeout=seconds(timeout)), json=json)


@verb(
    examples={
        "stop jupyter": "one service; the others go on running",
    },
)
def stop(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """Stop containers and keep them; 'start' starts them again."""
    from container_manager import verbs
    from container_manager.report.daily import show_containers

    show_containers(verbs.stop(config, service=service), json=json)


@verb(
    examples={
        "kill jupyter": "at once, without asking it to end",
        "kill --signal HUP gateway": "make a program read its settings again",
    },
    help={"signal": "the signal to send (default: KILL)"},
)
def kill(
    context: Context,
    config: str | None = None,
    service: Any = None,
    signal: str = "KILL",
    json: bool = False,
) -> None:
    """Kill containers at once, or send them another signal."""
    from container_manager import verbs
    from container_manager.report.daily import show_containers

    show_containers(verbs.kill(config, service=service, signal=signal), json=json)


@verb(
    examples={
        "pause jupyter": "freeze it; 'unpause' lets it go on",
    },
)
def pause(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """Freeze running containers; memory and connections stay."""
    from container_manager import verbs
    from container_manager.report.daily import show_containers

    show_containers(verbs.pause(config, service=service), json=json)


@verb(
    examples={
        "unpause": "all that is paused",
    },
)
def unpause(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """Let paused containers go on."""
    from container_manager import verbs
    from container_manager.report.daily import show_containers

    show_containers(verbs.unpause(config, service=service), json=json)


TASKS = (
    ps,
    restart,
    start,
    stop,
    kill,
    pause,
    unpause,
)
