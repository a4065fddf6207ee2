"""The same scenarios on each compose provider: the same state, the same exit codes."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Podman
from tests.integration.providers import PROVIDERS, provider_settings
from tests.integration.stacks import HandMade

from container_manager.compose.overlay import secret_prefix
from container_manager.errors import ManagerError, PreconditionError, RuntimeFailure
from container_manager.lifecycle import clean, down, up
from container_manager.podman.socket import who_answers

pytestmark = pytest.mark.podman

SECRET = "p$a \"double\" 'single' #5"
SLEEPS = '["sh", "-c", "trap \'exit 0\' TERM; while :; do sleep 0.1; done"]'
SCENARIO = """
services:
  web:
    image: {image}
    command: {sleeps}
    stop_grace_period: 1s
    environment: {{GREETING: {greeting}, PRICE: "5$$"}}
    env_file: [./web/plain.env]
    volumes: ["./web/app.conf:/app.conf", "data:/data", "/scratch"]
    ports: ["127.0.0.1:{port}:80"]
    depends_on:
      db: {{condition: service_healthy}}
      job: {{condition: service_completed_successfully}}
  db:
    image: {image}
    command: {sleeps}
    stop_grace_period: 1s
    environment: {{DB_PASSWORD: "${{DB_PASSWORD}}", URL: "db://x:${{DB_PASSWORD:?}}@db"}}
    env_file: [./web/odd.env]
    healthcheck: {{test: 'test -n "$$DB_PASSWORD"', interval: 1s}}
    networks: [back]
  job: {{build: ./web, command: ["true"]}}
  side: {{image: {image}, command: {sleeps}, network_mode: "service:web", stop_grace_period: 1s}}
"""
ROOT = "services: {}\nvolumes: {data: {}}\nnetworks: {back: {internal: true}, front: {}}\n"


@pytest.fixture(params=PROVIDERS)
def stack(
    request: pytest.FixtureRequest, tmp_path: Path, project_name: str, podman: Podman
) -> Iterator[HandMade]:
    """A project that is run with one provider after the other."""
    made = HandMade(tmp_path / "project", project_name)
    podman.introduce(made.root)
    made.use(provider_settings(request.param, tmp_path, podman.host.version))
    web = made.base / "web"
    web.mkdir(parents=True)
    (web / "app.conf").write_text("one")
    (web / "plain.env").write_text("# a remark\nFROM_FILE=plain\n")
    (web / "odd.env").write_text('FROM_FILE="has $PATH"\n')
    yield made
    shutil.rmtree(made.root, ignore_errors=True)


def failure(action: Callable[[], object]) -> ManagerError:
    with pytest.raises(ManagerError) as caught:
        action()
    return caught.value


def observed(podman: Podman, name: str) -> dict[str, Any]:
    """What Podman reports of a project."""
    label = f"--filter=label=com.docker.compose.project={name}"
    ids = podman.lines("ps", "--all", "--quiet", label)
    containers = json.loads(podman("inspect", *ids).stdout) if ids else []
    return {
        "containers": {one["Name"]: _container(one) for one in containers},
        "networks": {
            one["name"]: (one["driver"], one["internal"], one.get("options"))
            for one in _inspected(podman, "network", name)
        },
        "volumes": {one["Name"]: one["Driver"] for one in _inspected(podman, "volume", name)},
    }


def _inspected(podman: Podman, kind: str, name: str) -> list[dict[str, Any]]:
    names = [n for n in podman.lines(kind, "ls", "--format={{.Name}}") if n.startswith(name)]
    return list(json.loads(podman(kind, "inspect", *names).stdout)) if names else []


def _container(one: dict[str, Any]) -> dict[str, Any]:
    config = one["Config"]
    # Later versions of Podman mask secrets, under names of their own: the test looks inside.
    usual = (
        *("PATH=", "TERM=", "HOSTNAME=", "HOME=", "container="),
        *("DB_PASSWORD=", "URL=", secret_prefix(config["Labels"]["com.docker.compose.project"])),
    )
    return {
        "state": (one["State"]["Status"], one["State"]["ExitCode"]),
        "environment": sorted(entry for entry in config["Env"] if not entry.startswith(usual)),
        "after": config["Labels"]["io.container-manager.after"],
        "mounts": sorted((m["Type"], m.get("Name", ""), m["Destination"]) for m in one["Mounts"]),
        "networks": sorted(one["NetworkSettings"]["Networks"] or {}),
        "ports": one["HostConfig"]["PortBindings"],
        "mode": one["HostConfig"]["NetworkMode"].partition(":")[0],
        "health": (config.get("Healthcheck") or {}).get("Test"),
    }


def expected(name: str, port: int) -> dict[str, Any]:
    """What it is to report once the scenario is up."""
    scratch = f"{name}_web_ad8614040b5f286a671c8f0c43aebe946683c987f3b029515b29a9d4834f4b4f"
    plain: dict[str, Any] = {
        "environment": [],
        "after": "",
        "mounts": [],
        "ports": {},
        "health": None,
    }
    running = {"state": ("running", 0), "mode": "bridge", **plain}
    default = [f"{name}_default"]
    return {
        "containers": {
            f"{name}_web_1": running
            | {
                "environment": ["FROM_FILE=plain", "GREETING=hello", "PRICE=5$"],
                "after": "db,job",
                "mounts": [
                    ("bind", "", "/app.conf"),
                    ("volume", f"{name}_data", "/data"),
                    ("volume", scratch, "/scratch"),
                ],
                "networks": default,
                "ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]},
            },
            f"{name}_db_1": running
            | {
                "environment": ["FROM_FILE=has $PATH"],
                "networks": [f"{name}_back"],
                "health": ["CMD-SHELL", 'test -n "$DB_PASSWORD"'],
            },
            f"{name}_job_1": {**running, "state": ("exited", 0), "networks": default},
            f"{name}_side_1": {**running, "mode": "container", "after": "web", "networks": default},
        },
        "networks": {
            f"{name}_back": ("bridge", True, None), f"{name}_default": ("bridge", False, None),
        },
        "volumes": {f"{name}_data": "local", scratch: "local"},
    }  # fmt: skip


def test_a_stack_lives_the_same_life(
    stack: HandMade, sh_image: str, podman: Podman, free_port: Callable[[], int]
) -> None:
    """Up; nothing to do; a value, a mounted file and a secret change; down; up; clean."""
    port = free_port()
    stack.settings["one_shot"] = ["job"]
    stack.environ["DB_PASSWORD"] = SECRET
    (stack.base / "web" / "Dockerfile").write_text(f"FROM {sh_image}\nLABEL of=job\n")

    def made(greeting: str) -> set[str]:
        text = SCENARIO.format(image=sh_image, sleeps=SLEEPS, port=port, greeting=greeting)
        return set(up(stack.project(), stack.build(text, ROOT)).created)

    def inside(service: str, *command: str) -> str:
        return podman("exec", f"{stack.name}_{service}_1", *command).stdout

    assert made("hello") == {"web", "db", "job", "side"}
    first = observed(podman, stack.name)
    assert first == expected(stack.name, port)
    given = inside("db", "env").splitlines()
    assert {f"DB_PASSWORD={SECRET}", f"URL=db://x:{SECRET}@db"} <= set(given)
    created = podman("inspect", f"{stack.name}_db_1", "--format={{json .Config.CreateCommand}}")
    assert "double" not in created.stdout
    assert made("hello") == set()
    assert observed(podman, stack.name) == first

    assert made("other") == {"web", "side"}
    (stack.base / "web" / "app.conf").write_text("two")
    stack.environ["DB_PASSWORD"] = "changed"
    assert made("other") == {"web", "side", "db"}
    assert inside("web", "cat", "/app.conf") == "two"
    assert "DB_PASSWORD=changed" in inside("db", "env")
    inside("web", "sh", "-c", "echo kept > /scratch/file")

    down(stack.project())
    left = observed(podman, stack.name)
    assert left == {"containers": {}, "networks": {}, "volumes": first["volumes"]}
    assert made("hello") == {"web", "db", "job", "side"}
    assert inside("web", "cat", "/scratch/file") == "kept\n"
    clean(stack.project(), save=False)
    assert observed(podman, stack.name) == {"containers": {}, "networks": {}, "volumes": {}}


def test_failures_are_told_alike(stack: HandMade, sh_image: str, podman: Podman) -> None:
    """A build that fails, an image that is missing, a program that is not there."""
    web = f"  web: {{image: {sh_image}, command: {SLEEPS}, stop_grace_period: 1s}}\n"
    (stack.base / "web" / "Dockerfile").write_text(f"FROM {sh_image}\nRUN echo no luck; exit 3\n")

    def refused(services: str) -> ManagerError:
        text = f"services:\n{web}{services}"
        return failure(lambda: up(stack.project(), stack.build(text)))

    error = refused("  built: {build: ./web}\n")
    assert (type(error), error.exit_code) == (RuntimeFailure, 1)
    assert "The image of the service 'built' could not be built" in str(error)
    assert "exit status 3" in str(error)
    assert "--podman-path" not in str(error)
    error = refused("  absent: {image: localhost/cmt-no-such-image}\n")
    assert error.exit_code == 1
    assert "localhost/cmt-no-such-image of the service 'absent' is not on this machine" in str(
        error
    )
    assert observed(podman, stack.name)["containers"] == {}

    error = refused(f"  bad: {{image: {sh_image}, command: [/no/such/program]}}\n")
    assert error.exit_code == 1
    assert "bad failed: it could not be started" in str(error)
    assert "/no/such/program" in str(error)
    states = {
        name: one["state"][0] for name, one in observed(podman, stack.name)["containers"].items()
    }
    assert states == {f"{stack.name}_web_1": "running", f"{stack.name}_bad_1": "created"}


@pytest.mark.parametrize("stack", ["docker", "podman+v2"], indirect=True)
def test_what_docker_compose_does_not_take_is_refused_before_anything_is_touched(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    text = f"services:\n  web: {{image: {sh_image}, colour: red}}\n"
    error = failure(lambda: up(stack.project(), stack.build(text)))
    assert (type(error), error.exit_code) == (PreconditionError, 2)
    assert "colour" in str(error)
    assert observed(podman, stack.name) == {"containers": {}, "networks": {}, "volumes": {}}


SERVES = """
import os, sys, time
from pathlib import Path
from container_manager.podman import socket
from container_manager.podman.host import connect
from container_manager.run import ProcessRunner

folder = Path(sys.argv[1])
host = connect(ProcessRunner(), folder, os.environ)
with socket.opened(ProcessRunner(), host, host.environment(os.environ), folder) as address:
    print(address, socket.who_answers(address), flush=True)
    if sys.argv[2] == "fail":
        raise SystemExit("something failed")
    time.sleep(60)
"""


@pytest.mark.parametrize("how", ["interrupt", "fail"])
def test_a_socket_of_our_own_ends_with_its_call(how: str, podman: Podman, tmp_path: Path) -> None:
    argv = (sys.executable, "-c", SERVES, str(tmp_path), how)
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout is not None
        address, _, who = serving.stdout.readline().strip().partition(" ")
        assert who == "podman"
        if how == "interrupt":
            serving.send_signal(signal.SIGINT)
        serving.wait(timeout=30)
    assert who_answers(address) is None
    assert not Path(address.removeprefix("unix://")).parent.exists()
    commands = (path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline"))
    with contextlib.suppress(OSError):  # a process may end meanwhile
        assert not any(address.encode() in command for command in commands)


def test_what_is_no_provider_is_refused_by_up_alone(
    tmp_path: Path, project_name: str, sh_image: str, podman: Podman
) -> None:
    """dockerd, most of all. What finds containers by their labels needs no provider."""
    stack = HandMade(tmp_path / "project", project_name)
    podman.introduce(stack.root)
    text = f"services:\n  web: {{image: {sh_image}, command: {SLEEPS}, stop_grace_period: 1s}}\n"
    up(stack.project(), stack.build(text))
    before = observed(podman, stack.name)
    stack.use(provider_settings("docker", tmp_path, podman.host.version))
    stack.environ["DOCKER_HOST"] = f"unix://{tmp_path}/docker.sock"
    error = failure(lambda: up(stack.project(), stack.build(text)))
    assert (type(error), error.exit_code) == (PreconditionError, 2)
    assert "where nobody answers" in str(error)
    del stack.environ["DOCKER_HOST"]
    stack.environ["PATH"] = "/usr/bin:/bin"
    stack.config_text = stack.config_text.replace("docker", "podman")
    if podman.host.version < (4, 7):
        assert "has no 'podman compose'" in str(
            failure(lambda: up(stack.project(), stack.build(text)))
        )
    assert observed(podman, stack.name) == before
    assert down(stack.project()).removed == (f"{stack.name}_web_1", f"{stack.name}_default")


def test_another_provider_finds_nothing_to_do(
    tmp_path: Path, project_name: str, sh_image: str, podman: Podman
) -> None:
    settings = provider_settings("docker", tmp_path, podman.host.version)
    stack = HandMade(tmp_path / "project", project_name)
    podman.introduce(stack.root)
    text = f"services:\n  web: {{image: {sh_image}, command: {SLEEPS}, stop_grace_period: 1s}}\n"
    assert up(stack.project(), stack.build(text)).created == ("web",)
    stack.use(settings)
    assert up(stack.project(), stack.build(text)).created == ()
    clean(stack.project(), save=False)
