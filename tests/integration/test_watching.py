"""``watch``: edits are built, and each service gets what it asks for."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import Podman

pytestmark = pytest.mark.podman

SERVICES = {
    "quiet": "nothing",
    "again": "restart",
    "told": "[sh, -c, 'cat /code/file >> /tmp/told']",
    "plain": "recreate",
}
TEMPLATE = """
services:
  NAME:
    image: IMAGE
    environment: {WORD: "{{ word }}"}
    volumes: ["./NAME/code:/code:ro"]
    stop_grace_period: 1s
"""


class Watched:
    """A project whose edits are followed."""

    def __init__(self, root: Path, name: str, image: str) -> None:
        self.root, self.name = root, name
        self.lines: list[str] = []
        services = "".join(
            f"    {one}: {{path: services/{one}, on_change: {asked}}}\n"
            for one, asked in SERVICES.items()
        )
        self.write(
            "config.yml",
            f"project_name: {name}\nword: first\ndeployed_services: [{', '.join(SERVICES)}]\n"
            f"framework:\n  services:\n{services}",
        )
        self.write("services/docker-compose.yml.j2", "services: {}\n")
        for one in SERVICES:
            text = TEMPLATE.replace("NAME", one).replace("IMAGE", image)
            self.write(f"services/{one}/docker-compose.yml.j2", text)
            self.write(f"services/{one}/code/file", "first\n")

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def start(self) -> subprocess.Popen[str]:
        """Begin to watch; what is said is kept."""
        process = subprocess.Popen(
            [sys.executable, "-m", "container_manager", "watch"],
            cwd=self.root, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        said = process.stderr
        assert said is not None
        threading.Thread(target=lambda: self.lines.extend(iter(said.readline, ""))).start()
        return process

    def wait_for(self, text: str) -> str:
        """Wait until a line with a text is said; all that was said since the last call."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for place, line in enumerate(self.lines):
                if text in line:
                    said, self.lines[: place + 1] = "".join(self.lines[: place + 1]), []
                    return said
            time.sleep(0.05)
        pytest.fail(f"'{text}' was not said: {''.join(self.lines)}")


@pytest.fixture
def watched(tmp_path: Path, project_name: str, sh_image: str) -> Watched:
    return Watched(tmp_path / "lab", project_name, sh_image)


@pytest.fixture
def containers(watched: Watched, podman: Podman) -> Callable[[], dict[str, tuple[str, str]]]:
    """Compose service -> id and time of the start of its container, by Podman alone."""

    def look() -> dict[str, tuple[str, str]]:
        shown = podman.lines(
            "ps", "--format={{.Names}} {{.ID}} {{.StartedAt}}", f"--filter=name=^{watched.name}_"
        )
        words = [line.split() for line in shown]
        return {name.split("_")[1]: (one, started) for name, one, started in words}

    return look


@pytest.fixture
def process(watched: Watched) -> Iterator[subprocess.Popen[str]]:
    """The program that watches, ready for the first edit."""
    with watched.start() as process:
        watched.wait_for("Watching ")
        yield process
        process.kill()


@contextlib.contextmanager
def writing_all_the_time(file: Path) -> Iterator[None]:
    """A program that appends to a file, ten times a second."""
    done = threading.Event()

    def write() -> None:
        while not done.wait(0.1):
            with file.open("a", encoding="utf-8") as log:
                log.write("a line\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def test_each_service_gets_what_it_asks_for(
    watched: Watched,
    process: subprocess.Popen[str],
    containers: Callable[[], dict[str, tuple[str, str]]],
    podman: Podman,
) -> None:
    before = containers()
    for one in SERVICES:
        watched.write(f"services/{one}/code/file", "second\n")
    watched.wait_for("again: running")
    watched.wait_for("again: running")  # 'up' looked at it, then it was restarted
    after = containers()
    assert after["quiet"] == before["quiet"]
    assert after["told"] == before["told"]
    assert after["again"][0] == before["again"][0]
    assert after["again"][1] != before["again"][1]
    assert after["plain"][0] != before["plain"][0]
    for one in SERVICES:
        assert podman("exec", after[one][0], "cat", "/code/file").stdout == "second\n"
    assert podman("exec", after["told"][0], "cat", "/tmp/told").stdout == "second\n"

    # A broken edit is told with its place, and nothing that runs is touched.
    watched.write("services/quiet/docker-compose.yml.j2", "services: {{ oops }}\n")
    said = watched.wait_for("Still watching.")
    assert "services/quiet/docker-compose.yml.j2:1: 'oops' is not defined" in said
    assert containers() == after

    # What is more than mounted files is applied as 'up' does, whatever was asked for.
    text = TEMPLATE.replace("NAME", "quiet").replace("IMAGE", "localhost/cm-test-sh:latest")
    watched.write("services/quiet/docker-compose.yml.j2", text.replace("WORD", "OTHER"))
    watched.wait_for("quiet: running")
    latest = containers()
    assert latest["quiet"][0] != after["quiet"][0]
    assert {n: one for n, one in latest.items() if n != "quiet"} == {
        n: one for n, one in after.items() if n != "quiet"
    }

    # Who writes without a pause keeps nothing from being built.
    with writing_all_the_time(watched.root / "services/quiet/code/log"):
        watched.wait_for("Changed: services/quiet/code")

    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=20) == 130
    watched.wait_for("Watching has ended; what runs goes on running.")
    assert containers() == latest
