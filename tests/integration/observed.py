"""A stack that tests look at: it runs, and they leave it running."""

from __future__ import annotations

import contextlib
import json
import socket
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.integration.conftest import Podman
from tests.integration.program import run_here

SERVICES = """
services:
  web:
    image: IMAGE
    environment: {GREETING: "{{ framework.services.web.word }}"}
    ports: ["127.0.0.1:PORT:8000"]
    healthcheck: {test: ["CMD", "test", "!", "-e", "/tmp/sick"], interval: 1s, retries: 1}
    stop_grace_period: 1s
  flaky:
    image: IMAGE
    command: [sh, -c, "while [ ! -e /tmp/end ]; do sleep 0.2; done; exit 3"]
    restart: always
    stop_grace_period: 1s
  job:
    image: IMAGE
    command: ["true"]
"""
DEADLINE = 60.0


class Lab:
    """A project with a service that can be made sick, one that can be made to loop, and a job."""

    def __init__(self, root: Path, name: str, image: str, port: int, podman: Podman) -> None:
        self.root, self.name, self.port, self.podman = root, name, port, podman
        self.configure("hello")
        template = root / "services" / "web" / "docker-compose.yml.j2"
        template.parent.mkdir(parents=True)
        template.write_text(SERVICES.replace("IMAGE", image).replace("PORT", str(port)))
        (root / "services" / "docker-compose.yml.j2").write_text("networks: {default: {}}\n")

    def configure(self, word: str) -> None:
        """Write its configuration."""
        text = f"""
            project_name: {self.name}
            deployed_services: [web]
            framework: {{services: {{web: {{path: services/web, one_shot: [job], word: {word}}}}}}}
        """
        (self.root / "config.yml").write_text(textwrap.dedent(text))

    def run(self, *words: str, code: int | None = 0) -> str:
        """Run the program; its standard output. Without ``code``, it may end as it likes."""
        ended = run_here(words, self.root)
        assert code in (None, ended.code), ended.out + ended.said
        assert "Traceback" not in ended.said
        return ended.out

    def status(self, code: int = 0) -> dict[str, Any]:
        """What it says for programs."""
        told: dict[str, Any] = json.loads(self.run("status", "--json", code=code))
        return told

    def rows(self, code: int = 0) -> dict[str, dict[str, Any]]:
        """Compose service -> what it says of its container."""
        return {one["service"]: one for one in self.status(code)["containers"]}

    def seen(self, service: str) -> dict[str, Any]:
        """What it says of one container, be all well or not."""
        told = json.loads(self.run("status", "--json", code=None))["containers"]
        (row,) = [one for one in told if one["service"] == service]
        found: dict[str, Any] = row
        return found

    def states(self) -> dict[str, str]:
        """Compose service -> the state of its container, by Podman alone."""
        listed = self.podman.lines("ps", "--all", "--quiet", f"--filter=name=^{self.name}_")
        shown = self.podman.lines("inspect", "--format={{.Name}} {{.State.Status}}", *listed)
        return {line.split()[0].split("_")[1]: line.split()[1] for line in shown}

    def container(self, service: str) -> str:
        """The name of a service's container."""
        return f"{self.name}_{service}_1"


@contextlib.contextmanager
def running_lab(root: Path, podman: Podman, image: str) -> Iterator[Lab]:
    """A stack that runs for the time of a block."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    name = f"cmt-{uuid.uuid4().hex[:10]}"
    made = Lab(root, name, image, port, podman)
    try:
        made.run("up", "--detached")
        yield made
    finally:
        podman.remove_all(name)


def until(true: Callable[[], bool]) -> None:
    """Wait for what happens some time."""
    end = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.2)
