"""Containers as Podman would tell them, for decisions that need no Podman."""

from __future__ import annotations

import json
from typing import Any

from container_manager import identity as labels
from container_manager.podman.answers import container_state
from container_manager.podman.state import ContainerState


def container(
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
) -> ContainerState:
    """A container of ours; ``starts`` is what its label says about how it starts.

    ``state`` is further state of it, and ``check`` its health check, as Podman tells them.
    """
    given = {
        "com.docker.compose.service": service,
        labels.SERVICE: owner,
        labels.AFTER: ",".join(after),
        labels.STARTS: json.dumps(starts),
        **(more or {}),
    }
    started = "2026-01-02T03:04:05Z" if status != "created" else "0001-01-01T00:00:00Z"
    return container_state(
        {
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
    )
