"""The script that waits before a pod starts, run by a real shell against real ports."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from container_manager.export.kubernetes.waiting import SCRIPT

SHELL = shutil.which("sh") or "sh"


def waiting(host: str, port: str, path: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [SHELL, "-c", SCRIPT, "wait", host, port],
        env={"PATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )


def only(folder: Path, *programs: str) -> str:
    """A PATH with these programs alone."""
    for name in ("sleep", *programs):
        found = sys.executable if name == "python3" else shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(Path(found).resolve())
    return str(folder)


@pytest.mark.parametrize("program", ["python3", "bash", "perl"])
def test_it_goes_on_once_a_connection_is_accepted(tmp_path: Path, program: str) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = str(server.getsockname()[1])
        with waiting("127.0.0.1", port, only(tmp_path, program)) as script:
            assert script.stdout is not None
            assert script.stdout.readline() == f"waiting for 127.0.0.1 {port}\n"
            server.listen()
            assert script.wait(60) == 0


def test_a_name_is_enough_where_no_port_is_known() -> None:
    with waiting("localhost", "", os.environ["PATH"]) as script:
        assert script.wait(60) == 0


def test_an_image_that_cannot_ask_starts_and_says_so(tmp_path: Path) -> None:
    with waiting("127.0.0.1", "1", only(tmp_path)) as script:
        assert script.wait(60) == 0
        assert script.stdout is not None
        assert script.stdout.read() == "this image cannot ask for 127.0.0.1: starting without it\n"
