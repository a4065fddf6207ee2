"""What people and programs see of a stack that was started, or taken away."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from container_manager.report import print_json, table
from container_manager.report.removing import named

if TYPE_CHECKING:
    from container_manager.lifecycle.outcome import Outcome, Running


def show_up(running: Running, *, json: bool) -> None:
    """What runs, and where it can be reached; last, on stderr, what others can reach."""
    _show_services(running, json=json)
    sys.stdout.flush()
    for row in running.services:
        for line in row.door_lines:
            print(line, file=sys.stderr)


def _show_services(running: Running, *, json: bool) -> None:
    if json:
        print_json(
            {
                "project": running.project.name,
                "services": [
                    {
                        "service": row.name,
                        "owner": row.owner,
                        "container": row.container,
                        "state": row.phase,
                        "addresses": [port.address for port in row.ports],
                        "open_to_other_machines": list(row.open_to_other_machines),
                    }
                    for row in running.services
                ],
            }
        )
        return
    cells = [
        (row.name, row.phase, row.reason, ", ".join(port.address for port in row.ports) or "-")
        for row in running.services
    ]
    print(table(("SERVICE", "STATE", "SEEN", "ADDRESS"), cells))


def show_removed(outcome: Outcome, *, json: bool) -> None:
    """What a verb took away, and what it left."""
    if json:
        print_json(
            {
                "removed": list(outcome.removed),
                "kept": list(outcome.kept),
                "backup": outcome.backup,
            }
        )
        return
    if outcome.removed:
        print("Removed: " + ", ".join(map(named, outcome.removed)))
    else:
        print("There was nothing to remove.")
    for kept in outcome.kept:
        print(f"Kept: {kept}")
