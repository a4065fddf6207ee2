"""A project whose template is the small one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.scaffold import small_template
from tests.scaffold.making import CONFIG, ROOT
from tests.scaffold.small_template import repository


@pytest.fixture
def isolated(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody's settings of git, and a cache of Copier's that is only this test's."""
    from plumbum import local

    monkeypatch.setenv("COPIER_CACHE_DIR", str(tmp_path / "cache"))
    for name, value in small_template.GIT.items():
        monkeypatch.setenv(name, value)
    with local.env(**small_template.GIT):
        yield


@pytest.fixture
def lab(project: Project, tmp_path: Path, isolated: None) -> Project:
    """A project whose template is the small one."""
    repository(tmp_path / "template")
    project.write("config.yml", CONFIG)
    project.write("services/docker-compose.yml.j2", ROOT)
    return project
