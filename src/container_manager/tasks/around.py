"""The tasks around containers that are there: what they say, use and publish."""

from __future__ import annotations

from typing import Any

from invoke import Context

from container_manager.careful import verb
from container_manager.errors import UsageError
from container_manager.option_values import count_of


@verb(
    examples={
        "logs --follow --tail 20 jupyter": "the last lines, and what is said from now on",
        "logs --since 10m --grep 'error|failed' --ignore-case": "what went wrong lately",
    },
    help={
        "follow": "go on with what is said from now on, until Ctrl-C",
        "tail": "how many lines of each container at most",
        "since": "10m, 2h, or a time such as 2026-01-31T08:00:00",
        "until": "the same; nothing later is shown",
        "timestamps": "show the time of each line",
        "grep": "only lines in which this regular expression is found",
        "ignore-case": "large and small letters are the same to --grep",
        "json": "an object a line: service, container, time, text",
    },
)
def logs(
    context: Context,
    config: str | None = None,
    service: Any = None,
    follow: bool = False,
    tail: str = "",
    since: str = "",
    until: str = "",
    timestamps: bool = False,
    grep: str = "",
    ignore_case: bool = False,
    json: bool = False,
) -> None:
    """Show what containers have said, in the order of time and without secrets."""
    from container_manager import verbs

    verbs.logs(
        config,
        service=service,
        follow=follow,
        tail=count_of(tail, "--tail"),
        since=since,
        until=until,
        timestamps=timestamps,
        grep=grep,
        ignore_case=ignore_case,
        json=json,
    )


@verb(
    examples={
        "open jupyter": "open the service in a browser, or print its address",
    },
    name="open",
    help={"port": "which one, where a service has several"},
)
def open_(
    context: Context,
    config: str | None = None,
    service: Any = None,
    port: str = "",
    json: bool = False,
) -> None:
    """Print a service's address, and open it in a browser where there is one."""
    from container_manager import verbs
    from container_manager.report.around import show_link

    show_link(verbs.link(config, service=service, port=count_of(port, "--port")), json=json)


@verb(
    examples={
        "port": "every published port of the stack",
        "port mongo --json": "those of one service, for a program",
    },
)
def port(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """List what services publish, and where."""
    from container_manager import verbs
    from container_manager.report.around import show_addresses

    show_addresses(verbs.port(config, service=service), json=json)


@verb(
    examples={
        "top jupyter": "what runs in the containers of one service",
    },
)
def top(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """Show the processes in running containers."""
    from container_manager import verbs
    from container_manager.report.around import show_processes

    show_processes(verbs.top(config, service=service), json=json)


@verb(
    examples={
        "images": "what every container was made of",
    },
)
def images(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """List the images that containers were made of, and which of them are newer by now."""
    from container_manager import verbs
    from container_manager.report.around import show_images

    show_images(verbs.images(config, service=service), json=json)


@verb(
    examples={
        "cp jupyter:/home/jovyan/results.csv .": "from a container to here",
        "cp notes.ipynb jupyter:/home/jovyan/work/": "from here into a container",
    },
    help={"path": "from where, and to where; SERVICE:PATH is in a container"},
)
def cp(context: Context, config: str | None = None, path: Any = None) -> None:
    """Copy files: cp SERVICE:PATH HERE, or cp HERE SERVICE:PATH."""
    from container_manager import verbs

    if len(path) != 2:  # noqa: PLR2004 - from and to
        raise UsageError(
            "Two paths are needed: from where, and to where.",
            remedy="As in: cp SERVICE:PATH HERE, or cp HERE SERVICE:PATH",
        )
    verbs.copy(config, source=path[0], destination=path[1])


@verb(
    examples={
        "pull": "newer images of all services",
        "pull mongo": "of one service; then: up",
    },
)
def pull(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """Pull newer images of services that are not built here; 'up' uses them."""
    from container_manager import verbs
    from container_manager.report.around import show_pulled

    show_pulled(verbs.pull(config, service=service), json=json)


@verb(
    examples={
        "config": "the whole stack as one compose file",
        "config jupyter --json": "one service, for a program",
    },
    name="config",
)
def merged_stack(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """Show the stack as all compose files together say it, secrets as references."""
    from container_manager import verbs
    from container_manager.report.around import show_stack

    show_stack(verbs.merged_stack(config, service=service), json=json)


TASKS = (
    logs,
    open_,
    port,
    top,
    images,
    cp,
    pull,
    merged_stack,
)
