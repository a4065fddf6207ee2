"""What ``plan`` says of containers, and that ``up`` does exactly that: on real containers.

After each change the plan names the containers that change and the key or file behind it; then
``up`` runs, and Podman's ids of all containers tell which were really made anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Podman
from tests.integration.providers import BUNDLED, TWO_PROVIDERS
from tests.integration.sites import Site

pytestmark = pytest.mark.podman

FILES = {
    "config.yml": """
import: provider.yml
project_name: NAME
greeting: hello
framework:
  services:
    value: {path: services/value}
    file: {path: services/file}
    image: {path: services/image}
    extra: {path: services/extra}
deployed_services: [value, file, image]
""",
    "services/docker-compose.yml.j2": "networks: {default: {}}\n",
    "services/value/docker-compose.yml.j2": """
services:
  value:
    image: IMAGE
    stop_grace_period: 1s
    environment:
      GREETING: {{ greeting }}
      TOKEN: ${API_TOKEN}
  leaner:
    image: IMAGE
    stop_grace_period: 1s
    depends_on: [value]
""",
    "services/file/docker-compose.yml.j2": """
services:
  file:
    image: IMAGE
    stop_grace_period: 1s
    volumes: ["./file/motto:/motto:ro"]
""",
    "services/file/motto.j2": "{{ greeting | upper }}\n",
    "services/image/docker-compose.yml.j2": """
services:
  image:
    build: ./image
    stop_grace_period: 1s
""",
    "services/image/Dockerfile": "FROM IMAGE\nCOPY content /content\n",
    "services/image/content": "one\n",
    "services/extra/docker-compose.yml.j2": """
services:
  extra:
    image: IMAGE
    stop_grace_period: 1s
""",
    ".env": "API_TOKEN=first-long-value\n",
}


class Stack(Site):
    """A project of four services, and what its plan says."""

    def plan(self, code: int = 3) -> dict[str, Any]:
        """What the plan says of containers: service -> (action, causes)."""
        said = json.loads(self.run("plan", "--json", "--check", code=code))
        return {one["service"]: one for one in said["containers"]}

    def moving(self) -> dict[str, str]:
        """The services whose containers are sure to change, and how."""
        changing = {n: one for n, one in self.plan().items() if one["action"] != "keep"}
        return {name: one["action"] for name, one in changing.items() if one["certain"]}

    def up(self) -> set[str]:
        """Bring it up; the services whose containers are others than before, or gone."""
        return self.changed_by("up", "-d")


@pytest.fixture
def provider() -> str:
    return BUNDLED


@pytest.fixture
def stack(tmp_path: Path, project_name: str, sh_image: str, podman: Podman, provider: str) -> Stack:
    return Stack(
        tmp_path, project_name, podman, FILES, image=sh_image, provider=provider, fresh=True
    )


@pytest.mark.parametrize("provider", TWO_PROVIDERS)
def test_up_does_what_the_plan_says_and_the_plan_says_why(stack: Stack, podman: Podman) -> None:
    assert stack.moving() == dict.fromkeys(("value", "leaner", "file", "image"), "create")
    assert not (stack.root / ".container-manager").exists()
    assert not (stack.root / "build").exists()
    assert stack.up() == {"value", "leaner", "file", "image"}
    assert {one["action"] for one in stack.plan(code=0).values()} == {"keep"}
    assert stack.up() == set()

    # One value: it is in an environment and in a mounted file; who depends on it stays.
    stack.edit("config.yml", "greeting: hello", "greeting: hallo")
    plan = stack.plan()
    assert stack.moving() == {"value": "recreate", "file": "recreate"}
    assert plan["value"]["causes"] == [
        "greeting (config.yml:4:11)",
        "'environment.GREETING' changed (services/value/docker-compose.yml.j2:7)",
    ]
    assert plan["file"]["causes"] == [
        "build/services/file/motto changes: greeting (config.yml:4:11)"
    ]
    # The flattened configuration is in the context of the image: it may come out another one.
    assert plan["image"]["action"] == "recreate"
    assert not plan["image"]["certain"]
    # The cause is known after a build, too, when no file is to change any more.
    stack.run("build")
    assert stack.plan()["value"]["causes"] == plan["value"]["causes"]
    assert stack.up() == {"value", "file"}

    # A secret; its value is nowhere in what is said.
    (stack.root / ".env").write_text("API_TOKEN=second-long-value\n")
    assert stack.plan()["value"]["causes"] == [
        "the secret in 'environment.TOKEN' changed (services/value/docker-compose.yml.j2:8)"
    ]
    assert stack.up() == {"value"}

    # An image that is built anew.
    (stack.root / "services/image/content").write_text("two\n")
    plan = stack.plan()
    assert plan["image"]["causes"][0].endswith("is built: build/services/image/content")
    assert {n: one["certain"] for n, one in plan.items() if one["action"] != "keep"} == {
        "image": False
    }
    assert stack.up() == {"image"}

    # One service more, one less.
    stack.edit("config.yml", "[value, file, image]", "[value, image, extra]")
    plan = stack.plan()
    assert stack.moving() == {"extra": "create", "file": "remove"}
    assert "deployed_services, config.yml:11:35" in plan["extra"]["causes"][0]
    assert "deployed_services, config.yml:11:20" in plan["file"]["causes"][0]
    assert stack.up() == {"extra", "file"}

    # What does not run is started, and is the same container as before.
    podman("kill", f"{stack.name}_value_1")
    podman("pause", f"{stack.name}_extra_1")
    assert stack.moving() == {"value": "start", "extra": "start"}
    assert stack.plan()["value"]["causes"] == ["it has ended with exit code 137"]
    assert stack.plan()["extra"]["causes"] == ["it is paused"]
    assert stack.up() == set()
    assert stack.plan(code=0)["value"]["action"] == "keep"


def test_a_plan_of_one_service_looks_at_it_alone(stack: Stack) -> None:
    stack.run("up", "-d")
    stack.edit("config.yml", "greeting: hello", "greeting: hallo")
    said = json.loads(stack.run("plan", "--json", "--service", "file"))
    assert [(one["service"], one["action"]) for one in said["containers"]] == [("file", "recreate")]


def test_without_podman_the_plan_of_the_build_is_shown(stack: Stack, tmp_path: Path) -> None:
    said = json.loads(
        stack.run("plan", "--json", "--check", code=3, environ={"PATH": str(tmp_path)})
    )
    assert said["changes"]
    assert said["containers"] is None
    assert "Podman is not installed" in said["problems"][0]


def test_a_provider_that_cannot_be_used_is_told_before_a_start(stack: Stack) -> None:
    """Podman's own command is too old here, or leads to a program that is not there."""
    stack.edit("config.yml", "greeting: hello", "greeting: hello\ncompose_provider: podman")
    nothing = {"PODMAN_COMPOSE_PROVIDER": "/nonexistent/compose"}
    said = json.loads(stack.run("plan", "--json", environ=nothing))
    assert {one["action"] for one in said["containers"]} == {"create"}
    (problem,) = said["problems"]
    assert "remove 'compose_provider'" in problem
