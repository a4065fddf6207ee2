"""What people and programs see of the containers of a stack."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from container_manager.report import print_json, table

if TYPE_CHECKING:
    from container_manager.lifecycle.daily.listing import ContainerRow

_STEPS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def show_containers(rows: Sequence[ContainerRow], *, json: bool) -> None:
    """Containers as a table, or as JSON."""
    if json:
        print_json([_as_json(row) for row in rows])
        return
    if not rows:
        print("There are no containers.")
        return
    now = time.time()
    cells = [
        (
            row.service or "-",
            row.container,
            row.state,
            row.health or "-",
            "-" if row.exit_code is None else str(row.exit_code),
            "-" if row.since is None else ago(now - row.since),
            ", ".join(row.addresses) or "-",
        )
        for row in rows
    ]
    head = ("SERVICE", "CONTAINER", "STATE", "HEALTH", "EXIT", "SINCE", "ADDRESS")
    print(table(head, cells))


def ago(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> ago(7300), ago(1), ago(-3)
    ('2 hours', '1 second', '0 seconds')
    """
    for size, unit in _STEPS:
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "0 seconds"


def _as_json(row: ContainerRow) -> dict[str, object]:
    since = None
    if row.since is not None:
        since = datetime.fromtimestamp(row.since, UTC).isoformat(timespec="seconds")
    return {
        "service": row.service,
        "owner": row.owner or None,
        "container": row.container,
        "state": row.state,
        "health": row.health,
        "exit_code": row.exit_code,
        "since": since,
        "restarts": row.restarts,
        "addresses": list(row.addresses),
        "image": row.image,
        "one_off": row.one_off,
    }
