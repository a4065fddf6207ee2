"""A project whose template is the small one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.scaffold.making import CONFIG, ROOT, nobodys_git
from tests.scaffold.small_template import repository


@pytest.fixture
def isolated(project: Project, tmp_path: Path) -> Iterator[None]:
    """Nobody's settings of git, and a cache of Copier's that is only this test's."""
    with nobodys_git(tmp_path / "cache"):
        yield


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small template; tests take copies."""
    return repository(tmp_path_factory.mktemp("small") / "template")


@pytest.fixture
def lab(project: Project, tmp_path: Path, isolated: None, small: Path) -> Project:
    """A project whose template is the small one."""
    shutil.copytree(small, tmp_path / "template", symlinks=True)
    project.write("config.yml", CONFIG)
    project.write("services/docker-compose.yml.j2", ROOT)
    return project
