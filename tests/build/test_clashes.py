"""Names that only some file systems can keep apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from container_manager.build import preparing
from container_manager.build.clashes import folds_case
from container_manager.errors import BuildError

if TYPE_CHECKING:
    from tests.conftest import Project

WEB = "services/framework/web"
PAIRS = [("Readme.md", "README.md"), ("e\u0301.txt", "\u00e9.txt"), ("Stra\u00dfe", "STRASSE")]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_they_are_told_where_they_can_be_kept_apart(project: Project, one: str, other: str) -> None:
    project.deploy()
    project.files({f"{WEB}/{one}": "one", f"{WEB}/{other}": "other"})
    told = [str(warning) for warning in project.build().warnings]
    assert len(told) == 1
    assert "would be one file" in told[0]
    assert {project.read(f"build/{WEB}/{name}") for name in (one, other)} == {"one", "other"}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_they_are_refused_where_they_cannot(
    project: Project, monkeypatch: pytest.MonkeyPatch, one: str, other: str
) -> None:
    monkeypatch.setattr(preparing, "folds_case", lambda _: True)
    project.deploy()
    project.files({f"{WEB}/{one}": "one", f"{WEB}/{other}": "other"})
    with project.refuses(BuildError) as refusal:
        project.build()
    assert "Rename one of them" in refusal.text


def test_this_file_system_is_asked(project: Project) -> None:
    project.write("probe", "")
    same = (project.root / "PROBE").exists()
    assert folds_case(project.root / "not/yet/there") == same


def test_two_folders_that_differ_in_case_are_two(tmp_path: Path) -> None:
    for name in ("lab", "LAB"):
        (tmp_path / name).mkdir(exist_ok=True)
    assert folds_case(tmp_path / "lab") == (len(list(tmp_path.iterdir())) == 1)


def test_a_path_without_letters_tells_nothing() -> None:
    assert not folds_case(Path("/0/1"))
