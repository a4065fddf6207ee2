"""Ghost mounts: what the kernel says of a bind mount whose source is gone."""

from __future__ import annotations

from pathlib import Path

from container_manager.podman.mounts import has_ghosts

LIVE = "36 35 98:0 /lab/build/services/web /app rw,noatime - ext4 /dev/vda rw\n"
GHOST = "37 35 98:0 /lab/build/services/web//deleted /app rw,noatime - ext4 /dev/vda rw\n"


def proc(folder: Path, mountinfo: str) -> Path:
    (folder / "7").mkdir()
    (folder / "7" / "mountinfo").write_text(mountinfo, encoding="utf-8")
    return folder


def test_a_deleted_source_is_a_ghost(tmp_path: Path) -> None:
    assert has_ghosts(7, proc(tmp_path, LIVE + GHOST))


def test_live_mounts_are_none(tmp_path: Path) -> None:
    assert not has_ghosts(7, proc(tmp_path, LIVE))


def test_what_cannot_be_asked_is_none(tmp_path: Path) -> None:
    assert not has_ghosts(0)
    assert not has_ghosts(8, tmp_path)
