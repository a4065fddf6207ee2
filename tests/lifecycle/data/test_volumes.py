"""How much room a volume takes, in an archive and on the disk."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from container_manager.lifecycle.data.volumes import archive_size, disk_size, own_options
from container_manager.lifecycle.project import Project
from container_manager.podman.state import VolumeState

HERE = SimpleNamespace(host=SimpleNamespace(remote=False))
UNASKED = cast(Project, SimpleNamespace(engine=HERE))
"""The folder can be read, so Podman is not asked."""


def volume(folder: Path, **options: str) -> VolumeState:
    return VolumeState(
        name="data", driver="local", labels={}, options=options, mountpoint=str(folder)
    )


def test_a_file_with_holes_takes_its_whole_length_in_an_archive(tmp_path: Path) -> None:
    folder = tmp_path / "volume"
    (folder / "deep").mkdir(parents=True)
    with (folder / "holes").open("wb") as file:
        file.truncate(50 << 20)
    (folder / "text").write_bytes(b"x" * 70_001)
    os.link(folder / "text", folder / "deep" / "again")
    (folder / "link").symlink_to("text")
    with tarfile.open(tmp_path / "archive.tar", "w") as archive:
        archive.add(folder, ".")
    real = (tmp_path / "archive.tar").stat().st_size
    assert real <= archive_size(UNASKED, volume(folder)) < real + (1 << 17)
    assert 70_000 < disk_size(UNASKED, volume(folder)) < 1 << 20


@pytest.mark.parametrize(
    ("options", "own"),
    [
        ({}, {}),
        ({"o": "uid=7,gid=8", "UID": "7", "GID": "8"}, {}),
        ({"o": "uid=7,bind", "type": "none"}, {"o": "uid=7,bind", "type": "none"}),
        ({"device": "/srv"}, {"device": "/srv"}),
    ],
)
def test_whose_a_volume_is_is_no_option_of_its_own(
    tmp_path: Path, options: dict[str, Any], own: dict[str, Any]
) -> None:
    assert own_options(volume(tmp_path, **options)) == own
