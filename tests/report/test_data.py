"""What people see of backups."""

from __future__ import annotations

import pytest

from container_manager.lifecycle.data.backups import BackupRow
from container_manager.lifecycle.data.manifests import Manifest
from container_manager.report.data import show_backups


def backup(version: int, *, verified: bool) -> BackupRow:
    return BackupRow(
        name="20260102T030405Z",
        manifest=Manifest(
            project="lab", volumes=(), created="2026-01-02T03:04:05+00:00", format=version
        ),
        size=1,
        problems=(),
        verified=verified,
    )


@pytest.mark.parametrize(
    ("version", "verified", "state"),
    [
        (2, False, "  verified when it was made\n"),
        (2, True, "  verified\n"),
        (1, False, "  not verified\n"),
    ],
)
def test_the_list_says_when_checksums_were_compared(
    version: int, verified: bool, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_backups([backup(version, verified=verified)], json=False)
    assert capsys.readouterr().out.endswith(state)
