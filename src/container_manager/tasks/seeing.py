"""The tasks that show what runs."""

from __future__ import annotations

from typing import Any

from invoke import Context

from container_manager.careful import verb


@verb(
    examples={
        "status": "once; exit code 1 where something is wrong",
        "status --watch": "again every second",
    },
    help={"watch": "look again every second, until Ctrl-C"},
)
def status(
    context: Context,
    config: str | None = None,
    service: Any = None,
    watch: bool = False,
    json: bool = False,
) -> None:
    """Show what the containers really do, and how they differ from the configuration."""
    from invoke import Exit

    from container_manager import verbs
    from container_manager.report.status import follow_status, show_status

    if watch:
        follow_status(verbs.watch_status(config, service=service), json=json)
        return
    seen = verbs.status(config, service=service)
    show_status(seen, json=json)
    if not seen.healthy:
        raise Exit(code=1)


@verb(
    examples={
        "dashboard --port 8099": "at a port of your choice",
        "dashboard --no-open": "print the address only",
    },
    help={
        "port": "the port of the page (default: a free one)",
        "open": "open a browser (default: where there is one); --no-open: open none",
    },
)
def dashboard(
    context: Context,
    config: str | None = None,
    port: str = "",
    open: bool = True,  # noqa: A002 - as people type it
) -> None:
    """Serve a page for this machine alone that shows the stack live, until Ctrl-C."""
    from invoke import Exit

    from container_manager import verbs
    from container_manager.option_values import count_of

    try:
        verbs.dashboard(config, port=count_of(port, "--port") or 0, browse=None if open else False)
    except KeyboardInterrupt:  # its only end: nothing is left to say
        raise Exit(code=130) from None


TASKS = (status, dashboard)
