"""A place in memory for tests that write many thousands of files, and commands to disturb there."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.build.crash_scenes import SCENES, Scene
from tests.conftest import Project


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
