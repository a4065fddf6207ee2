"""Images for a cluster in an archive: what is in its place is never taken for one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.test_cli import outcome


@pytest.mark.parametrize("what", ["a folder", "a pipe"])
def test_only_a_file_is_replaced_by_an_archive(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    project.deploy("web")
    there = tmp_path / "there"
    if what == "a folder":
        there.mkdir()
    else:
        os.mkfifo(there)
    before = there.stat().st_mode
    assert outcome("kube.images", f"--archive={there}") == 2
    assert "no file for an archive: nothing was done." in capsys.readouterr().err
    assert there.stat().st_mode == before


def test_a_folder_that_is_not_there_is_told(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy("web")
    assert outcome("kube.images", f"--archive={tmp_path}/none/images.tar") == 2
    assert "There is no folder" in capsys.readouterr().err
