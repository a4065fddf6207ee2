"""A small project, built; for thousands of files a place in memory, with commands to disturb."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.build.crash_scenes import SCENES, Scene
from tests.conftest import Project


@pytest.fixture
def built(project: Project) -> Project:
    """A project with a few files, built once."""
    project.deploy()
    project.files(
        {
            f"services/framework/web/{name}": f"{name} first"
            for name in ("a.txt", "deep/b.txt", "c.txt")
        }
    )
    project.build()
    return project


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """An empty folder; on disks each round of these tests takes twice as long."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder).resolve()


@pytest.fixture
def scene(request: pytest.FixtureRequest, project: Project, in_memory: Path) -> Iterator[Scene]:
    """The scene that the parameter names; ``project`` sees to the environment."""
    lab = Project(in_memory / "lab")
    lab.root.mkdir()
    with contextlib.chdir(lab.root):
        yield SCENES[request.param](lab, in_memory / "start")
