"""Whose a build directory is: what is recorded, and when somebody else may have it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from container_manager.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Project

RECORD = "build/.manager/project"


def test_it_is_recorded_once_and_so_that_a_copy_says_the_same(project: Project) -> None:
    project.deploy()
    project.build()
    assert project.read(RECORD) == ".."
    before = (project.root / RECORD).stat()
    project.write("services/framework/web/new.txt")
    project.build()
    after = (project.root / RECORD).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("left", ["", None], ids=["is empty", "is gone"])
def test_a_record_that_a_power_failure_took(project: Project, left: str | None) -> None:
    project.deploy()
    project.build()
    (project.root / RECORD).unlink()
    if left is not None:
        project.write(RECORD, left)
    project.write("services/framework/web/new.txt")
    project.build()
    assert project.read(RECORD) == ".."


@pytest.mark.parametrize("gone", [False, True], ids=["is there", "is gone"])
def test_that_of_another_project(
    project: Project, new_project: Callable[[str], Project], gone: bool
) -> None:
    project.deploy(more={"build_dir": "../disk"})
    project.build()
    other = new_project("other")
    other.deploy("db", "services: {db: {image: a}}\n", more={"build_dir": "../disk"})
    if gone:
        shutil.rmtree(project.root)
        other.build()
        assert sorted(other.built("../disk")) == [
            "services/docker-compose.yml",
            "services/framework/db/config.yml",
            "services/framework/db/docker-compose.yml",
        ]
    else:
        with other.refuses(BuildError) as refusal:
            other.build()
        assert f"belongs to another project, {project.root}." in refusal.text
