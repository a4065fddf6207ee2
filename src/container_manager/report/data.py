"""What people and programs see of backups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.report import print_json, table
from container_manager.report.removing import size_text

if TYPE_CHECKING:
    from container_manager.lifecycle.data.backups import BackupRow
    from container_manager.lifecycle.data.manifests import Manifest
    from container_manager.lifecycle.outcome import Outcome


def show_backup(folder: Path, manifest: Manifest, *, json: bool) -> None:
    """A backup that was made."""
    if json:
        print_json({"backup": str(folder), "volumes": _volumes(manifest)})
    else:
        print(folder)


def show_restored(outcome: Outcome, *, json: bool) -> None:
    """What a restore has done."""
    if json:
        print_json(
            {
                "backup": outcome.backup,
                "restored": list(outcome.created),
                "replaced": list(outcome.removed),
                "saved": outcome.saved,
            }
        )
        return
    print(f"Restored: {', '.join(outcome.created) or 'nothing'}")


def show_backups(rows: Sequence[BackupRow], *, json: bool) -> None:
    """A list of backups, oldest first."""
    if json:
        print_json([_row(one) for one in rows])
        return
    if not rows:
        print("There is no backup.")
        return
    cells = [
        (
            one.name,
            _when(one.manifest),
            _kind(one.manifest),
            size_text(one.size),
            ", ".join(v.name for v in one.manifest.volumes) if one.manifest else "-",
            _state(one),
        )
        for one in rows
    ]
    print(table(("BACKUP", "MADE", "KIND", "SIZE", "VOLUMES", "STATE"), cells))


def _row(one: BackupRow) -> dict[str, object]:
    manifest = one.manifest
    return {
        "name": one.name,
        "project": manifest.project if manifest else None,
        "created": manifest.created or None if manifest else None,
        "automatic": manifest.automatic if manifest else None,
        "made_by": manifest.made_by if manifest else None,
        "size": one.size,
        "volumes": _volumes(manifest) if manifest else [],
        "verified": one.verified and not one.problems,
        "problems": [problem.message for problem in one.problems],
    }


def _volumes(manifest: Manifest) -> list[dict[str, object]]:
    return [
        {"name": one.name, "file": one.file.name, "size": one.size, "services": list(one.services)}
        for one in manifest.volumes
    ]


def _when(manifest: Manifest | None) -> str:
    from datetime import datetime

    try:
        made = datetime.fromisoformat(manifest.created if manifest else "")
    except ValueError:
        return "-"
    return made.astimezone().strftime("%Y-%m-%d %H:%M")


def _kind(manifest: Manifest | None) -> str:
    if manifest is None:
        return "-"
    return f"automatic, {manifest.made_by}" if manifest.automatic else "manual"


def _state(one: BackupRow) -> str:
    if one.problems:
        return f"damaged: {one.problems[0].message}"
    if one.verified:
        return "verified"
    # Whoever makes one compares its checksums; the first format did not say whether they had.
    sure = one.manifest is not None and one.manifest.format > 1
    return "verified when it was made" if sure else "not verified"
