"""A folder of exported files: ours are written anew, and what is somebody's stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from container_manager.errors import BuildError
from container_manager.export.folder import write_folder
from container_manager.plugins import File

FILES = {"web.conf": File(path="web.conf", text="port 80\n")}


def test_a_second_time_writes_nothing(tmp_path: Path) -> None:
    assert write_folder(tmp_path / "out", FILES).written == ("web.conf",)
    again = write_folder(tmp_path / "out", FILES)
    assert (again.written, again.kept) == ((), 1)


@pytest.mark.parametrize("ours", [True, False])
def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path, ours: bool) -> None:
    if ours:
        write_folder(tmp_path, FILES)
    (tmp_path / "web.conf").write_text("port 8080\n")
    why = "was changed since it was exported" if ours else "was not exported by us"
    with pytest.raises(BuildError, match=rf"web\.conf {why}\.") as caught:
        write_folder(tmp_path, FILES)
    assert "Move it away" in str(caught.value)
    assert (tmp_path / "web.conf").read_text() == "port 8080\n"


def test_a_folder_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file\n")
    with pytest.raises(
        BuildError, match=r"out\S* cannot be written: (File exists|Not a directory)"
    ):
        write_folder(tmp_path / "out" / "lab", FILES)
