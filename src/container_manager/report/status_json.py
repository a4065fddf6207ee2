"""What programs read of a stack that was looked at: docs/status.md promises each key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from container_manager.lifecycle.status.model import Status, StatusRow, Usage


def as_json(status: Status) -> dict[str, object]:
    """What programs read."""
    return {
        "project": status.project,
        "config": status.config,
        "taken_at": _moment(status.taken_at),
        "healthy": status.healthy,
        "containers": [_row(row) for row in status.rows],
        "missing": list(status.missing),
        "drift_known": status.drift_known,
        "problems": [str(problem) for problem in status.problems],
        "others": [
            {
                "project": one.project,
                "config": one.config or None,
                "containers": one.containers,
                "running": one.running,
            }
            for one in status.others
        ],
    }


def _row(row: StatusRow) -> dict[str, object]:
    return {
        "service": row.service,
        "owner": row.owner or None,
        "container": row.container,
        "state": row.state,
        "health": row.health,
        "health_age": None if row.health_age is None else round(row.health_age, 1),
        "stale": row.stale,
        "exit_code": row.exit_code,
        "since": None if row.since is None else _moment(row.since),
        "restarts": row.restarts,
        "addresses": list(row.addresses),
        "image": row.image,
        "digest": row.digest,
        "usage": _usage(row.usage),
        "drift": list(row.drift),
        "wrong": row.wrong,
        "one_off": row.one_off,
    }


def _usage(usage: Usage | None) -> dict[str, object] | None:
    if usage is None:
        return None
    return {
        "memory": usage.memory,
        "memory_limit": usage.memory_limit,
        "cpu": round(usage.cpu, 4),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
