"""The task that follows edits."""

from __future__ import annotations

from typing import Any

from invoke import Context

from container_manager.careful import verb
from container_manager.option_values import seconds


@verb(
    examples={
        "watch jupyter": "follow the edits of one service",
    },
)
def watch(
    context: Context, config: str | None = None, service: Any = None, timeout: str = ""
) -> None:
    """Bring the stack up, then build on every edit and do what 'on_change' of a service says."""
    from container_manager import verbs

    verbs.watch(config, service=service, timeout=seconds(timeout))


TASKS = (watch,)
