"""The tasks on the data in volumes."""

from __future__ import annotations

from typing import Any

from invoke import Context

from container_manager.careful import verb


@verb(
    examples={
        "backup": "all volumes",
        "backup mongo": "those of one service",
    },
)
def backup(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """Save volumes in backups/, with checksums, while the stack runs or is stopped."""
    from container_manager import verbs
    from container_manager.lifecycle.data.manifests import read_manifest
    from container_manager.report.data import show_backup

    folder = verbs.backup(config, service=service)
    show_backup(folder, read_manifest(folder), json=json)


def _dry_restore(given: dict[str, Any]) -> None:
    from container_manager import verbs
    from container_manager.report.removing import show_preview

    preview = verbs.preview_restore(
        given["config"],
        name=given["name"] or None,
        service=given["service"] or (),
        force=given["force"],
        save=given["backup"],
    )
    show_preview(preview, json=given["json"])


@verb(
    examples={
        "restore --dry": "what the newest backup would bring back",
        "restore 20260131T080000Z --force": "a certain backup, over the present data",
    },
    dry=_dry_restore,
    help={
        "name": "the folder below backups/ (default: the newest)",
        "force": "overwrite volumes that hold data",
        "backup": "save what is overwritten first (the default)",
    },
)
def restore(
    context: Context,
    name: str = "",
    config: str | None = None,
    service: Any = None,
    force: bool = False,
    backup: bool = True,
    yes: bool = False,
    json: bool = False,
) -> None:
    """Verify a backup and bring its volumes back; the stack is stopped."""
    from container_manager import verbs
    from container_manager.report.data import show_restored
    from container_manager.report.removing import confirmer

    outcome = verbs.restore(
        config,
        name=name or None,
        service=service,
        force=force,
        save=backup,
        confirm=confirmer(yes=yes),
    )
    show_restored(outcome, json=json)


@verb(
    examples={
        "backups --verify": "list them, and compare all checksums",
    },
    help={"verify": "compare all checksums; exit code 1 where one differs"},
)
def backups(
    context: Context, config: str | None = None, verify: bool = False, json: bool = False
) -> None:
    """List the backups, oldest first."""
    from container_manager import verbs
    from container_manager.report.data import show_backups

    rows = verbs.backups(config, verify=verify)
    show_backups(rows, json=json)
    if verify:
        verbs.refuse_damaged(rows)


TASKS = (
    backup,
    backups,
    restore,
)
