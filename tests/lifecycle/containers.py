"""Containers as Podman would tell them, for decisions that need no Podman."""

from __future__ import annotations

import json
from typing import Any

from container_manager import identity as labels
from container_manager.podman.answers import container_state
from container_manager.podman.state import ContainerState


def inspected(
    service: str,
    *,
    owner: str = "framework.web",
    status: str = "running",
    exit_code: int = 0,
    after: tuple[str, ...] = (),
    more: dict[str, str] | None = None,
    state: dict[str, Any] | None = None,
    check: dict[str, Any] | None = None,
    **starts: Any,
) -> dict[str, Any]:
    """A container of ours as Podman tells it; ``starts``: its label about how it starts.

    ``state`` is further state of it, and ``check`` its health check, as Podman tells them.
    """
    given = {
        labels.PROJECT: "lab",
        "com.docker.compose.service": service,
        labels.SERVICE: owner,
        labels.AFTER: ",".join(after),
        labels.STARTS: json.dumps(starts),
        **(more or {}),
    }
    started = "2026-01-02T03:04:05Z" if status != "created" else "0001-01-01T00:00:00Z"
    return {
        "Id": f"id-{service}",
        "Name": f"lab_{service}_1",
        "Config": {"Labels": given, "Healthcheck": check or {}},
        "State": {
            "Status": status,
            "ExitCode": exit_code,
            "StartedAt": started,
            **(state or {}),
        },
    }


def container(service: str, **said: Any) -> ContainerState:
    """The same, read; see :func:`inspected`."""
    return container_state(inspected(service, **said))
