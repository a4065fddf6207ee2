"""Where test runs of one user meet: a folder with a known name, where everybody may write."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from container_manager.errors import PreconditionError
from container_manager.testing.ports import Ports
from container_manager.testing.private import meeting_folder, open_lock


@pytest.fixture
def outer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"container-manager-tests-{os.geteuid()}"


def test_is_for_us_alone(outer: Path) -> None:
    assert meeting_folder("ports").is_dir()
    assert [path.stat().st_mode & 0o777 for path in (outer, outer / "ports")] == [0o700, 0o700]
    assert meeting_folder("ports") == outer / "ports"


def test_one_that_is_open_to_others_is_refused(outer: Path) -> None:
    outer.mkdir()
    outer.chmod(0o777)
    with pytest.raises(PreconditionError, match=r"not yours alone\.\n  Remove it, or set TMPDIR"):
        Ports().take()


def test_one_that_is_a_link_is_refused(outer: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    outer.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PreconditionError, match="not yours alone"):
        meeting_folder("ports")


def test_one_of_another_user_is_refused(outer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    another = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: another)
    outer.with_name(f"container-manager-tests-{another}").mkdir(mode=0o700)
    with pytest.raises(PreconditionError, match="not yours alone"):
        meeting_folder("ports")


def test_no_link_is_followed_and_nothing_emptied(outer: Path, tmp_path: Path) -> None:
    folder = meeting_folder("ports")
    theirs = tmp_path / "theirs"
    theirs.write_text("kept", encoding="utf-8")
    (folder / "1").symlink_to(theirs)
    with pytest.raises(PreconditionError, match="cannot be opened"):
        open_lock(folder / "1", wait=False)
    (folder / "2").write_text("kept", encoding="utf-8")
    held = open_lock(folder / "2", wait=False)
    assert held is not None
    assert open_lock(folder / "2", wait=False) is None
    held.close()
    assert theirs.read_text(encoding="utf-8") == (folder / "2").read_text(encoding="utf-8")
