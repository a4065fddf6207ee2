"""Processes that are waited for: what is told where one cannot be started."""

from __future__ import annotations

import sys
import threading
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


LINGERING = """
import signal, subprocess, sys, time
if sys.argv[1:2] == ["child"]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready", flush=True)
    time.sleep(0.5)
    open(sys.argv[2], "w").close()
else:
    subprocess.run([sys.executable, "-c", sys.argv[1], "child", sys.argv[2]])
"""


def test_what_an_ended_program_started_is_over_too(tmp_path: Path) -> None:
    """The program ends at once; what it started finishes its work first, and is waited for."""
    done, stop = tmp_path / "done", threading.Event()

    def ready(line: str) -> None:
        assert line == "ready"
        stop.set()

    argv = [sys.executable, "-c", LINGERING, LINGERING, str(done)]
    finished = ProcessRunner().run(argv, timeout=60, on_line=ready, stop=stop)
    assert not finished.ok
    assert done.exists()


def test_lines_of_both_outputs_stay_in_order_where_they_are_merged() -> None:
    said: list[str] = []
    script = "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done"
    finished = ProcessRunner().run(["sh", "-c", script], merged=True, on_line=said.append)
    assert said == [f"{name} {i}" for i in range(1, 6) for name in ("out", "err")]
    assert finished.last_lines.splitlines() == said


def test_a_program_that_says_nothing_any_more_is_ended() -> None:
    argv = [sys.executable, "-c", "import time; print('one', flush=True); time.sleep(60)"]
    said: list[str] = []
    with pytest.raises(RuntimeFailure, match="said nothing for 2 s and was ended"):
        ProcessRunner().run(argv, timeout=60, silence=2.0, on_line=said.append)
    assert said == ["one"]
