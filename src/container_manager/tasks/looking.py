"""The tasks that look and change nothing."""

from __future__ import annotations

from typing import Any

from invoke import Context

from container_manager.careful import verb


@verb(
    help={
        "key": "the key: framework.services.web.port_host, or shorter web.port_host",
        "service": "everything that the templates of this service used",
    }
)
def explain(
    context: Context,
    key: str = "",
    config: str | None = None,
    service: Any = None,
    json: bool = False,
) -> None:
    """Say what a key is: its value, file, line, import and variable, and what it overrode."""
    from container_manager import verbs
    from container_manager.errors import UsageError
    from container_manager.report.looking import show_explanation, show_service

    if bool(key) == bool(service):
        raise UsageError("Say what to explain: a KEY, or --service NAME.")
    if key:
        show_explanation(verbs.explain(config, key), json=json)
        return
    show_service([verbs.explain_service(config, name) for name in service], json=json)


TASKS = (explain,)
