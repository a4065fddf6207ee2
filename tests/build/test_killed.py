"""A build that is killed at any moment is finished or undone by the next, and nothing is lost."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import copier  # noqa: F401 - once here, not in every child
import pytest
from tests.build.killing import killed_after, killed_at
from tests.conftest import Project, meaning

from container_manager import building

WEB = "services/framework/web"
OUT = f"build/{WEB}"
ROUNDS = 300
"""Kills at random moments."""


def sources(project: Project) -> None:
    """A project with something of every kind."""
    project.deploy(copy_src=True, render_kernel_templates=True, greeting="hello")
    project.deploy("old", "services: {old: {image: localhost/old}}\n")
    project.files(
        {
            "src/main.py": "print('first')\n",
            "requirements.txt": "",
            f"{WEB}/kernel/kernel.json.j2": '{"argv": ["{{ project_name }}"]}\n',
            f"{WEB}/page.conf.j2": "{{ framework.services.web.greeting }}\n",
            f"{WEB}/by_hand.txt": "first\n",
            f"{WEB}/same.txt": "same\n",
            f"{WEB}/changed.txt": "first\n",
            f"{WEB}/goes.txt": "first\n",
            f"{WEB}/file_then_folder": "first\n",
            f"{WEB}/folder_then_file/inside.txt": "first\n",
            f"{WEB}/mode.sh": "#!/bin/sh\n",
            "services/framework/old/gone/x.txt": "x\n",
        }
    )
    (project.root / WEB / "link").symlink_to("same.txt")


def edits(project: Project) -> None:
    """One change of every kind."""
    text = project.read("config.yml").replace('"hello"', '"good day"')
    project.write("config.yml", text.replace('"web",\n  "old"', '"web"'))
    project.write("src/main.py", "print('second')\n")
    for name in ("by_hand.txt", "changed.txt", "new.txt"):
        project.write(f"{WEB}/{name}", "second\n")
    for name in ("goes.txt", "file_then_folder", "folder_then_file/inside.txt", "link"):
        (project.root / WEB / name).unlink()
    (project.root / WEB / "folder_then_file").rmdir()
    project.write(f"{WEB}/file_then_folder/inside.txt", "second\n")
    project.write(f"{WEB}/folder_then_file", "second\n")
    (project.root / WEB / "mode.sh").chmod(0o755)
    (project.root / WEB / "link").symlink_to("changed.txt")
    project.write(f"{OUT}/by_hand.txt", "edited by hand\n")
    project.write(f"{OUT}/theirs.txt", "theirs\n")
    project.write("build/services/framework/old/gone/theirs.txt", "theirs\n")


class Laboratory:
    """A project before and after an action, and copies of it to kill the action in.

    Args:
        project: as it is before.
        action: what is killed; ends in the state to reach.
        finish: the next command, which must reach that state.
    """

    def __init__(
        self, project: Project, action: Callable[[], object], finish: Callable[[], object]
    ) -> None:
        self.project, self.action, self.finish = project, action, finish
        self.kept = project.root.with_name("kept")
        self.old = meaning(project.built()) if (project.root / "build").exists() else {}
        shutil.copytree(project.root, self.kept, symlinks=True)
        started = time.monotonic()
        action()
        self.seconds = time.monotonic() - started
        finish()
        self.new = meaning(project.built())
        self.record = project.read("build/.manager/manifest.json")

    def again(self) -> None:
        """The project as it was before."""
        for entry in os.scandir(self.project.root):  # the folder itself stays: we stand in it
            path = Path(entry.path)
            shutil.rmtree(path) if entry.is_dir(follow_symlinks=False) else path.unlink()
        shutil.copytree(self.kept, self.project.root, symlinks=True, dirs_exist_ok=True)

    def is_whole(self, where: str) -> None:
        """Every file is the old one or the new one."""
        if not (self.project.root / "build").exists():
            return
        for path, seen in meaning(self.project.built()).items():
            known = [tree[path][2] for tree in (self.old, self.new) if path in tree]
            assert seen[2] in known, (where, path)

    def is_finished(self, where: str) -> None:
        """The next command reaches what an undisturbed one reaches, and leaves nothing behind."""
        self.finish()
        assert meaning(self.project.built()) == self.new, where
        manager = self.project.root / "build/.manager"
        assert self.project.read("build/.manager/manifest.json") == self.record, where
        left = {entry.name for entry in manager.iterdir()}
        assert left <= {"manifest.json", "project", "lock", "objects", "builds", "displaced"}
        if f"{WEB}/theirs.txt" in self.old:
            aside = (manager / "displaced").rglob("by_hand.txt*")
            assert "edited by hand\n" in [path.read_text() for path in aside], where

    def kill_everywhere(self) -> Iterator[str]:
        """Kill the action at each of its changes in turn; yields them."""
        number = 0
        while True:
            number += 1
            self.again()
            where = killed_at(number, self.project.root, self.action)
            if where is None:
                return
            self.is_whole(where)
            yield where
            self.is_finished(where)


@pytest.fixture
def cold(project: Project) -> Laboratory:
    """The first build."""
    sources(project)
    return Laboratory(project, building.build, building.build)


@pytest.fixture
def changed(project: Project) -> Laboratory:
    """A build after an edit of every kind."""
    sources(project)
    building.build()
    edits(project)
    return Laboratory(project, building.build, building.build)


@pytest.fixture
def back(project: Project) -> Laboratory:
    """A rollback; the next command rolls back to the same build."""
    sources(project)
    building.build()
    edits(project)
    building.build()
    project.write(f"{WEB}/changed.txt", "third\n")
    building.build()

    def to_second() -> None:
        listed = {one.number: one for one in building.builds()}
        if listed[2].differs:
            building.rollback(number=2)

    return Laboratory(project, lambda: building.rollback(number=2), to_second)


def test_of_a_first_build(cold: Laboratory) -> None:
    points = list(cold.kill_everywhere())
    assert {point.split()[0] for point in points} >= {"open", "os.mkdir", "os.rename", "os.chmod"}
    assert any("journal.json" in point for point in points)
    assert any("manifest.next.json" in point for point in points)


def test_of_a_build_that_changes_something_of_every_kind(changed: Laboratory) -> None:
    points = list(changed.kill_everywhere())
    kinds = {"open", "os.mkdir", "os.rename", "os.chmod", "os.remove", "os.link", "os.symlink"}
    assert {point.split()[0] for point in points} >= kinds
    assert len(points) > 60


def test_of_a_rollback(back: Laboratory) -> None:
    assert len(list(back.kill_everywhere())) > 20


def test_of_the_command_that_finishes_it(changed: Laboratory) -> None:
    """Killed once in the middle of its changes, and again at every change of the recovery."""
    points = list(changed.kill_everywhere())
    middle = next(n for n, point in enumerate(points, 1) if point.startswith("os.link"))
    number = 0
    while True:
        number += 1
        changed.again()
        assert killed_at(middle, changed.project.root, changed.action)
        where = killed_at(number, changed.project.root, changed.action)
        if where is None:
            break
        changed.is_whole(where)
        changed.is_finished(where)
    assert number > 20


def test_at_random_moments(changed: Laboratory) -> None:
    moments = random.Random(ROUNDS)
    in_time = 0
    for _ in range(ROUNDS):
        changed.again()
        in_time += killed_after(moments.uniform(0, changed.seconds * 1.2), changed.action)
        changed.is_whole("at random")
        changed.is_finished("at random")
    assert in_time > ROUNDS / 3
