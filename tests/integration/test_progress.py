"""What long commands say while they work: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import Podman

pytestmark = pytest.mark.podman

TEMPLATE = """
services:
  web:
    build: ./web
    volumes: [data:/data]
    stop_grace_period: 1s
volumes: {data: {}}
"""
CONFIG = """
project_name: NAME
deployed_services: [web]
framework: {services: {web: {path: services/web, copy: [Dockerfile]}}}
"""


class Lab:
    """A project whose image is built here."""

    def __init__(self, root: Path, name: str, image: str) -> None:
        self.root, self.name = root, name
        (root / "services/web").mkdir(parents=True)
        (root / "config.yml").write_text(CONFIG.replace("NAME", name))
        (root / "services/docker-compose.yml.j2").write_text("services: {}\n")
        (root / "services/web/docker-compose.yml.j2").write_text(TEMPLATE)
        (root / "services/web/Dockerfile.j2").write_text(
            f"FROM {image}\nRUN echo made for {name} && sleep 1\n"
        )

    def plain(self, *words: str) -> tuple[str, str]:
        """Run the program where there is no terminal; both outputs."""
        ended = subprocess.run(
            [sys.executable, "-m", "container_manager", *words],
            cwd=self.root, text=True, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout, ended.stderr

    def live(self, *words: str) -> tuple[str, str]:
        """Run it with a terminal for what it says meanwhile; standard output, and that."""
        leader, terminal = pty.openpty()
        said: list[bytes] = []

        def read() -> None:
            try:
                while data := os.read(leader, 65536):
                    said.append(data)
            except OSError:  # the other end was closed
                pass

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        ended = subprocess.run(
            [sys.executable, "-m", "container_manager", *words],
            cwd=self.root, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
            text=True, stdout=subprocess.PIPE, stderr=terminal, timeout=120, check=False,
        )  # fmt: skip
        os.close(terminal)
        reader.join(10)
        os.close(leader)
        told = b"".join(said).decode()
        assert ended.returncode == 0, told
        return ended.stdout, told


@pytest.fixture
def lab(tmp_path: Path, podman: Podman, sh_image: str) -> Iterator[Lab]:
    name = f"cmt-{uuid.uuid4().hex[:10]}"
    made = Lab(tmp_path, name, sh_image)
    podman.introduce(tmp_path)
    try:
        yield made
    finally:
        podman.remove_all(name)


def test_on_a_terminal_the_present_step_is_seen_and_the_result_is_apart(lab: Lab) -> None:
    result, told = lab.live("build", "--images", "--json")
    assert "Building the images of web" in told
    assert "STEP 2/" in told
    assert told.rindex("\x1b[?25h") > told.rindex("\x1b[?25l")  # the cursor is back
    assert result.startswith("{")
    assert "STEP" not in result
    result, told = lab.live("up", "--detached", "--json")
    assert "Creating web" in told
    assert result.startswith(("{", "["))
    result, told = lab.live("backup", "--json")
    assert f"Saving the volume {lab.name}_data" in told
    assert result.startswith(("{", "["))


def test_elsewhere_there_are_plain_lines(lab: Lab) -> None:
    for words, line in (
        (("build", "--images"), "Building the images of web"),
        (("up", "--detached"), "Creating web"),
        (("backup",), f"Saving the volume {lab.name}_data"),
        (("rebuild", "--detached", "--yes"), "Stopping web"),
        (("down",), "Stopping web"),
        (("up", "--detached"), "Creating web"),
        (("clean", "--yes"), "Stopping web"),
    ):
        result, told = lab.plain(*words)
        assert told.splitlines().count(line) == 1, (words, told)
        assert "\x1b" not in result + told
        assert "STEP" not in told
