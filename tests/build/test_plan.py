"""What becomes of files that changed, go, or stand in the way: no more than the plan says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from container_manager.errors import BuildError

if TYPE_CHECKING:
    from tests.conftest import Project

WEB = "services/framework/web"
OUT = f"build/{WEB}"
DISPLACED = f"build/.manager/displaced/{WEB}"


def test_a_stale_file_that_somebody_changed_is_kept_and_nothing_is_left_to_do(
    built: Project,
) -> None:
    built.write(f"{OUT}/c.txt", "edited")
    (built.root / WEB / "c.txt").unlink()
    plan = built.build().plan
    assert plan.pending == ()
    (change,) = (one for one in plan.changes if one.path == f"{WEB}/c.txt")
    assert (change.action, change.reason) == ("keep", "changed by others")


def test_a_stale_file_that_a_link_leads_to_is_somebody_elses(built: Project) -> None:
    """It holds what we wrote, and yet is theirs: it is told, not removed."""
    (built.root / OUT / "deep").rename(built.root / "theirs")
    (built.root / OUT / "deep").symlink_to(built.root / "theirs")
    (built.root / WEB / "deep/b.txt").unlink()
    build = built.build()
    assert build.plan.pending == ()
    (warning,) = build.warnings
    assert str(warning).startswith(f"{OUT}/deep/b.txt: This file is no longer part of the build")
    assert built.read("theirs/b.txt") == "deep/b.txt first"


def test_a_foreign_file_where_a_folder_far_above_is_wanted(built: Project) -> None:
    built.write(f"{OUT}/new", "theirs")
    built.write(f"{WEB}/new/far/down/file.txt", "ours")
    with built.refuses(BuildError) as refusal:
        built.build()
    assert refusal.messages == [
        f"{OUT}/new: This is no folder, but the build wants to write {WEB}/new/far/down/file.txt."
    ]


@pytest.mark.parametrize(("size", "fits"), [(3900, True), (3901, False)])
def test_a_path_that_only_the_build_directory_makes_too_long(
    built: Project, size: int, fits: bool
) -> None:
    """What is put aside, too, must have a name that Linux takes: it takes 4095 bytes."""
    left = size - len(f"{built.root}/{OUT}/")
    folders = (left - 1) // 201
    path = f"{'d' * 200}/" * folders + "f" * (left - 201 * folders)
    built.write(f"{WEB}/{path}", "far down")
    if fits:
        built.build()
        assert built.read(f"{OUT}/{path}") == "far down"
        return
    with built.refuses(BuildError) as refusal:
        built.build()
    shown = f"{WEB}/{path}"[:99]
    assert refusal.text == (
        f"{WEB}/{path}: The path of this generated file would be too long: {shown}…\n"
        "  Give its folders shorter names."
    )


class TestEditsByHand:
    """Each is kept, and the note says where."""

    def edited(self, built: Project, path: str, text: str) -> str:
        """Edit a generated file, build, and return where the note says that the edit is."""
        built.write(f"{OUT}/{path}", text)
        return self.noted(built)

    def noted(self, built: Project) -> str:
        (warning,) = built.build().warnings
        kept = Path(warning.message.partition(" is kept in ")[2].removesuffix("."))
        return str(kept.relative_to(built.root / DISPLACED))

    def test_one_after_another(self, built: Project) -> None:
        for number, name in enumerate(("b.txt", "b.txt~2", "b.txt~3", "b.txt~4")):
            assert self.edited(built, "deep/b.txt", f"edit {number}") == f"deep/{name}"
            assert built.read(f"{DISPLACED}/deep/{name}") == f"edit {number}"

    def test_one_in_a_folder_where_a_file_was_put_aside(self, built: Project) -> None:
        assert self.edited(built, "a.txt", "edit") == "a.txt"
        (built.root / WEB / "a.txt").unlink()
        built.write(f"{WEB}/a.txt/inside", "a folder now")
        built.build()
        assert self.edited(built, "a.txt/inside", "another edit") == "a.txt~2/inside"
        assert built.read(f"{DISPLACED}/a.txt") == "edit"
        assert built.read(f"{DISPLACED}/a.txt~2/inside") == "another edit"

    def test_one_that_was_put_aside_before_the_build_was_killed(self, built: Project) -> None:
        """It is there already, as a second name of the same file."""
        built.write(f"{OUT}/a.txt", "edit")
        (built.root / DISPLACED).mkdir(parents=True)
        os.link(built.root / OUT / "a.txt", built.root / DISPLACED / "a.txt")
        assert self.noted(built) == "a.txt"
        assert [one.name for one in (built.root / DISPLACED).iterdir()] == ["a.txt"]
        assert built.read(f"{DISPLACED}/a.txt") == "edit"


def test_a_folder_where_a_link_was_is_not_looked_for_through_the_link(project: Project) -> None:
    """What it leads to has the same text, but goes on being another file."""
    project.deploy()
    project.write(f"{WEB}/real/deep/a.txt", "the same")
    (project.root / WEB / "link").symlink_to("real")
    project.build()
    assert (project.root / OUT / "link").is_symlink()
    (project.root / WEB / "link").unlink()
    project.write(f"{WEB}/link/deep/a.txt", "the same")
    project.build()
    assert not (project.root / OUT / "link").is_symlink()
    assert project.read(f"{OUT}/link/deep/a.txt") == "the same"
