"""Processes that are waited for: what is told where one cannot be started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from container_manager.errors import RuntimeFailure
from container_manager.run import ProcessRunner


def test_a_folder_that_is_gone_is_named_and_not_the_program(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(RuntimeFailure, match=f"could not be started in the folder {gone}: No such"):
        ProcessRunner().run([sys.executable, "-c", ""], timeout=10, cwd=gone)


def test_a_program_that_is_not_there_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeFailure, match=r"'./no-such' could not be started: No such file"):
        ProcessRunner().run(["./no-such"], timeout=10, cwd=tmp_path)
