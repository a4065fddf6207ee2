"""The tasks on the data in volumes."""

from __future__ import annotations

from invoke import Context

from container_manager.careful import verb


@verb()
def backup(context: Context, config: str | None = None) -> None:
    """Save all volumes of the stopped stack in backups/, with checksums."""
    from container_manager import verbs

    print(verbs.backup(config))


@verb(
    help={
        "name": "the folder below backups/ (default: the newest)",
        "force": "overwrite volumes that hold data",
    },
)
def restore(
    context: Context, name: str = "", config: str | None = None, force: bool = False
) -> None:
    """Verify a backup and bring its volumes back; the stack is stopped."""
    from container_manager import verbs

    verbs.restore(config, name=name or None, force=force)


TASKS = (
    backup,
    restore,
)
