"""A disk that loses its power keeps what was made durable, and perhaps only the names of all else.

File systems write names and contents apart: after a power failure a new file may be there, and
empty (see "delayed allocation" in ext4(5)). So a strike empties every file that was written since
the last wait for the disk, then ends the process.
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.build.crash_scenes import WEB, Scene
from tests.build.striking import DONE, KILLED, SYNC, Watch, kill, run_struck
from tests.build.trees import said_of_failures
from tests.conftest import Project

from container_manager import building
from container_manager.build import apply
from container_manager.build.journal import is_interrupted
from container_manager.errors import BuildError

Durable = dict[int, tuple[int, int]]
"""Inode -> size and time of change, of what is on the disk."""


class Disk:
    """What of the files below some folders would survive; contents alone, names always do."""

    def __init__(self, *folders: Path) -> None:
        self.folders = folders
        self.durable: Durable = {}
        self.keep_all()

    def files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """All regular files."""
        for folder in self.folders:
            for path in folder.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    yield path, path.stat()

    def keep_all(self, folder: Path | None = None) -> None:
        """All that is there is on the disk from now on; before that is a moment, too."""
        if folder is not None:
            sys.audit(SYNC, str(folder / "any"))
        self.durable = {seen.st_ino: (seen.st_size, seen.st_mtime_ns) for _, seen in self.files()}

    def keep_one(self, descriptor: int) -> None:
        """The same of one file."""
        seen = os.fstat(descriptor)
        self.durable[seen.st_ino] = (seen.st_size, seen.st_mtime_ns)

    def lose_power(self, event: str, path: str) -> None:
        """Empty what is not on the disk, and end this process."""
        for file, seen in list(self.files()):
            if self.durable.get(seen.st_ino) != (seen.st_size, seen.st_mtime_ns):
                os.truncate(file, 0)
        kill(event, path)


def powerless_at(scene: Scene, number: int) -> bool:
    """Run the command, and cut the power before a change; whether it was still at work then."""
    root = scene.project.root
    disk = Disk(root / "build", root / ".container-manager")

    def command() -> None:  # in a child of its own, which takes these with it
        patch = pytest.MonkeyPatch()
        patch.setattr(apply, "sync_file_system", disk.keep_all)
        patch.setattr(os, "fsync", disk.keep_one)
        scene.command()

    outcome = run_struck(command, Watch(root, number, disk.lose_power))
    assert outcome in (KILLED, DONE)
    return outcome == KILLED


@pytest.mark.parametrize("scene", ["first", "part"], indirect=True)
def test_power_fails_before_each_change(scene: Scene) -> None:
    moved = 0
    for number in itertools.count(1):
        scene.reset()
        with said_of_failures(f"without power before change {number}"):
            powerless = powerless_at(scene, number)
            scene.assert_nothing_is_half_done()
            moved += is_interrupted(scene.project.root / "build")
            scene.assert_repeating_completes()
            if not powerless:
                break
    assert moved > 5


# --- the order of things, and how often it is waited for ------------------------------------------


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Waits for the disk, and moves into a place, in their order."""
    made: list[str] = []
    replace, fsync = os.replace, os.fsync

    def replaced(source: Path | str, target: Path | str, **others: Any) -> None:
        made.append(f"move {os.path.relpath(target)}")
        replace(source, target, **others)

    def synced(descriptor: int) -> None:
        made.append(f"sync {os.path.relpath(Path(f'/proc/self/fd/{descriptor}').readlink())}")
        fsync(descriptor)

    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(
        apply, "sync_file_system", lambda folder: made.append(f"sync all of {folder.name}")
    )
    return made


BUILT = f"build/{WEB}"


def test_what_is_staged_is_durable_before_the_journal_and_that_before_the_moves(
    project: Project, calls: list[str]
) -> None:
    project.deploy("web")
    project.write(f"{WEB}/a.txt", "first")
    building.build()
    project.write(f"{WEB}/a.txt", "second")
    calls.clear()
    building.build()
    assert [call for call in calls if call.partition(" ")[2].startswith(("build", "all"))] == [
        "move build/.manager/staging/undo.json",
        "move build/.manager/manifest.next.json",
        "sync all of build",
        "move build/.manager/journal.json",
        "sync build/.manager",
        f"move {BUILT}/a.txt",
        "move build/.manager/builds/000001.json",
        "move build/.manager/manifest.json",
    ]


def test_a_build_that_changes_nothing_waits_for_no_disk(project: Project, calls: list[str]) -> None:
    project.deploy("web")
    building.build()
    assert [call for call in calls if call.startswith("sync")] == [
        "sync all of build",
        "sync build/.manager",
    ]
    calls.clear()
    building.build()
    (project.root / "config.yml").touch()  # all is read and compared anew
    building.build()
    assert [call for call in calls if call.startswith("sync")] == []


def test_a_journal_that_is_found_is_durable_before_it_is_carried_out(
    project: Project, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was killed beside it may not have waited for its name."""
    project.deploy("web")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(apply, "sync", killed)
        with pytest.raises(KeyboardInterrupt):
            building.build()
    calls.clear()
    building.builds()
    assert calls[:2] == ["sync build/.manager", "move build/services/docker-compose.yml"]


# --- what the system says ------------------------------------------------------------------------


def test_a_disk_that_cannot_write_what_it_took_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room is found late where a file system puts off finding places: syncfs(2) says so then."""
    project.deploy("web")

    class Library:
        def __init__(self, *_: object, **__: object) -> None: ...

        def syncfs(self, _: int) -> int:
            ctypes.set_errno(errno.ENOSPC)
            return -1

    with monkeypatch.context() as patch:
        patch.setattr(ctypes, "CDLL", Library)
        with pytest.raises(BuildError, match="cannot be written: No space left on device"):
            building.build()
    assert not (project.root / BUILT).exists()
    building.build()
    assert (project.root / BUILT / "docker-compose.yml").is_file()


@pytest.mark.parametrize("how", ["absent", "refused"])
def test_systems_without_that_call_are_asked_to_sync_all(
    project: Project, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    project.deploy("web")

    class Library:
        def __init__(self, *_: object, **__: object) -> None:
            if how == "refused":
                self.syncfs = self.refuse

        def refuse(self, _: int) -> int:
            ctypes.set_errno(errno.ENOSYS)
            return -1

    asked: list[str] = []
    monkeypatch.setattr(ctypes, "CDLL", Library)
    monkeypatch.setattr(os, "sync", lambda: asked.append("sync"))
    building.build()
    assert asked == ["sync"]
    assert (project.root / BUILT / "docker-compose.yml").is_file()


def test_a_folder_whose_names_cannot_be_synchronised_is_none_that_cannot_be_built(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.deploy("web")

    def refuse(_: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", refuse)
    building.build()
    assert (project.root / BUILT / "docker-compose.yml").is_file()
