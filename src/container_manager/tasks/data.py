"""The tasks on the data in volumes."""

from __future__ import annotations

from typing import Any

from invoke import Context

from container_manager.careful import verb


def _dry_adopt(given: dict[str, Any]) -> None:
    from container_manager import verbs
    from container_manager.report.adopting import show_former

    project = given["project"] or None
    rows = verbs.former_volumes(given["config"], service=given["service"] or (), project=project)
    show_former(rows, json=given["json"])


@verb(
    examples={
        "adopt": "list them",
        "adopt --copy": "copy those that 'up' waits for",
        "adopt --copy --project shop": "those of the compose project 'shop'",
        "adopt --ignore": "begin with empty volumes",
    },
    dry=_dry_adopt,
    help={
        "copy": "copy them into volumes of this stack, and compare all content",
        "ignore": "begin with empty ones; 'up' does not ask again",
        "project": "the compose project that they are of (default: what the stack was called "
        "without Container Manager)",
    },
)
def adopt(
    context: Context,
    config: str | None = None,
    service: Any = None,
    copy: bool = False,
    ignore: bool = False,
    project: str = "",
    yes: bool = False,
    json: bool = False,
) -> None:
    """List the volumes that another tool has left for this stack, or copy them.

    The originals are only read. With neither --copy nor --ignore nothing is done.
    """
    from container_manager import verbs
    from container_manager.errors import UsageError
    from container_manager.report import adopting

    if copy and ignore:
        raise UsageError("--copy and --ignore exclude each other: nothing was done.")
    asked: dict[str, Any] = {"service": service or (), "project": project or None}
    if copy:
        made = verbs.adopt(config, **asked, confirm=adopting.confirmer(yes=yes))
        adopting.show_adopted(made, json=json)
    elif ignore:
        adopting.show_ignored(verbs.ignore_former(config, **asked), json=json)
    else:
        adopting.show_former(verbs.former_volumes(config, **asked), json=json)


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
    adopt,
    backup,
    backups,
    restore,
)
