"""``defaults`` on real containers: what they get, and who is recreated when a default changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Podman
from tests.integration.stacks import HandMade

from container_manager.lifecycle import up
from container_manager.model import Build

pytestmark = pytest.mark.podman

TOKEN = "t0ken with $igns and 'quotes'"
SLEEPS = json.dumps(["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"])
DEFAULTS = """
defaults:
  restart: on-failure:3
  logging: {driver: json-file, options: {max-size: 10m}}
  mem_limit: 64m
  pids_limit: 50
  devices: ['/dev/null:/dev/nothing']
  environment:
    GREETING: hello $$ there
    TOKEN: x${API_TOKEN}y
    EMPTY: ${NO_TOKEN}
  stop_grace_period: 3s
"""


@pytest.fixture
def stack(tmp_path: Path, project_name: str, podman: Podman) -> Iterator[HandMade]:
    """A project with defaults and nothing running."""
    environ = {"API_TOKEN": TOKEN, "NO_TOKEN": ""}
    made = HandMade(tmp_path / "project", project_name, environ)
    podman.introduce(made.root)
    made.config_text += DEFAULTS
    yield made
    shutil.rmtree(tmp_path / "project", ignore_errors=True)


def built(stack: HandMade, image: str) -> Build:
    """A silent service, one that says most of it itself, and a job."""
    return stack.build(
        f"""
services:
  silent:
    image: {image}
    command: {SLEEPS}
    environment:
    depends_on: {{job: {{condition: service_completed_successfully}}}}
  own:
    image: {image}
    command: {SLEEPS}
    restart: always
    logging: {{driver: none}}
    deploy: {{resources: {{limits: {{memory: 32m}}}}}}
    environment: [GREETING=mine, TOKEN=none, EMPTY]
  job: {{image: {image}, command: ["true"]}}
"""
    )


def inspected(podman: Podman, stack: HandMade, service: str) -> dict[str, Any]:
    (found,) = json.loads(podman("inspect", f"{stack.name}_{service}_1").stdout)
    assert isinstance(found, dict)
    return found


def printed(podman: Podman, stack: HandMade, service: str, variable: str) -> str:
    container = f"{stack.name}_{service}_1"
    return podman("exec", container, "sh", "-c", f'printf "<%s>" "${{{variable}-unset}}"').stdout


def test_containers_get_what_their_templates_are_silent_about(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    up(stack.project(), built(stack, sh_image))

    silent = inspected(podman, stack, "silent")
    host = silent["HostConfig"]
    assert (host["LogConfig"]["Type"], host["LogConfig"]["Size"]) == ("json-file", "10MB")
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    assert (host["Memory"], host["PidsLimit"]) == (64 * 1024**2, 50)
    podman("exec", f"{stack.name}_silent_1", "test", "-c", "/dev/nothing")
    assert silent["Config"]["Labels"]["io.container-manager.grace"] == "3"
    assert printed(podman, stack, "silent", "GREETING") == "<hello $ there>"
    assert printed(podman, stack, "silent", "TOKEN") == f"<x{TOKEN}y>"
    assert printed(podman, stack, "silent", "EMPTY") == "<>"
    assert TOKEN not in json.dumps(silent["Config"]["CreateCommand"])

    own = inspected(podman, stack, "own")["HostConfig"]
    assert own["LogConfig"]["Type"] == "none"
    assert own["RestartPolicy"]["Name"] == "always"
    assert own["Memory"] == 32 * 1024**2
    assert printed(podman, stack, "own", "GREETING") == "<mine>"
    assert printed(podman, stack, "own", "TOKEN") == "<none>"

    job = inspected(podman, stack, "job")["HostConfig"]
    assert job["RestartPolicy"]["Name"] in ("", "no")
    assert job["LogConfig"]["Size"] == "10MB"


def test_a_changed_default_recreates_those_whom_it_concerns(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    assert set(up(stack.project(), built(stack, sh_image)).created) == {"silent", "own", "job"}
    assert up(stack.project(), built(stack, sh_image)).created == ()

    stack.config_text = stack.config_text.replace("on-failure:3", "unless-stopped")
    assert up(stack.project(), built(stack, sh_image)).created == ("silent",)
    policy = inspected(podman, stack, "silent")["HostConfig"]["RestartPolicy"]
    assert policy["Name"] == "unless-stopped"

    stack.config_text = stack.config_text.replace("10m", "20m")
    assert set(up(stack.project(), built(stack, sh_image)).created) == {"silent", "job"}
    log = inspected(podman, stack, "silent")["HostConfig"]["LogConfig"]
    assert log["Size"] == "20MB"

    stack.environ["API_TOKEN"] = "another t0ken"
    assert set(up(stack.project(), built(stack, sh_image)).created) == {"silent", "job"}
    assert printed(podman, stack, "silent", "TOKEN") == "<xanother t0keny>"
