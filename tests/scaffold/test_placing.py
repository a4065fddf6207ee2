"""What is made appears in one step, and goes again without a trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import meaning, snapshot

from container_manager.scaffold.placing import placed


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """What is to be placed, with a link and an executable file."""
    folder = tmp_path / "made/web"
    folder.mkdir(parents=True)
    (folder / "run").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "run").chmod(0o755)
    (folder / "link").symlink_to("run")
    return folder


def test_everything_arrives_as_it_was(made: Path, tmp_path: Path) -> None:
    with placed(made, tmp_path / "a/b/web"):
        pass
    assert meaning(snapshot(tmp_path / "a/b/web")) == meaning(snapshot(made))
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["web"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_block_that_fails_takes_it_back(
    made: Path, tmp_path: Path, error: type[BaseException]
) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(error), placed(made, tmp_path / "a/b/c/web"):
        raise error
    assert list((tmp_path / "a").iterdir()) == []


def test_what_others_put_beside_it_stays(made: Path, tmp_path: Path) -> None:
    def put_and_fail() -> None:
        (tmp_path / "a/theirs").mkdir()
        raise RuntimeError

    with pytest.raises(RuntimeError), placed(made, tmp_path / "a/b/web"):
        put_and_fail()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["theirs"]


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_is_there_is_never_replaced(made: Path, tmp_path: Path, is_folder: bool) -> None:
    destination = tmp_path / "a/web"
    destination.mkdir(parents=True) if is_folder else destination.parent.mkdir()
    if not is_folder:
        destination.symlink_to("nowhere")
    before = meaning(snapshot(tmp_path))
    with pytest.raises(FileExistsError), placed(made, destination):
        raise AssertionError("the block must not run")
    assert meaning(snapshot(tmp_path)) == before


def test_a_file_in_the_way_of_its_parents(made: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="file"), placed(made, tmp_path / "file/b/web"):
        raise AssertionError("the block must not run")
