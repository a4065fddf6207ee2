"""What a provider cannot do is told in its words, before any container is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import Project
from tests.lifecycle.containers import inspected
from tests.podman.test_host import UNKNOWN
from tests.puppet import Puppet
from tests.test_cli import outcome

from container_manager import verbs
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.lifecycle.daily.running_once import pick

TEMPLATE = """
services:
  api: {image: localhost/api, build: ./framework/web}
  job: {image: localhost/job, build: ./framework/web}
"""


COMPOSE = f"""\
#!/bin/sh
# A Docker Compose that takes no compose file.
case "$*" in
version) echo 'Docker Compose version v2.30.0' ;;
*) echo '{UNKNOWN}' >&2; exit 1 ;;
esac
"""
PORTS = {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}}


@pytest.fixture
def lab(project: Project) -> Project:
    """One service of ours, which has two compose services."""
    folder = project.deploy("web", TEMPLATE)
    project.write(f"{folder}/Dockerfile", "FROM scratch\n")
    return project


def test_images_that_cannot_be_built_are_named(lab: Project, puppet: Puppet) -> None:
    puppet.fails("build", UNKNOWN)
    with pytest.raises(RuntimeFailure, match="The images of api, job could not be built") as told:
        verbs.build(images=True)
    assert UNKNOWN in str(told.value)
    assert "'build --images' tries again" in str(told.value)


def test_builds_are_tried_again_where_others_remove_images_meanwhile(
    lab: Project, puppet: Puppet
) -> None:
    puppet.fails("build", "Error: layer not known")
    with pytest.raises(RuntimeFailure, match="layer not known"):
        verbs.build(images=True)
    assert len([one for one in puppet.calls() if one.startswith("build")]) == 3 * len(
        ["api", "job"]
    )


def test_compose_files_that_a_provider_does_not_take(
    lab: Project, puppet: Puppet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.deploy("web", TEMPLATE, more={"compose_provider": "docker"})
    lab.write("../docker/cli-plugins/docker-compose", COMPOSE, mode=0o755)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    with lab.refuses(PreconditionError, written=True) as refusal:
        verbs.up()
    assert "Docker Compose does not take these compose files" in refusal.text
    assert UNKNOWN in refusal.text


def test_one_command_needs_one_compose_service(lab: Project) -> None:
    stack = lab.prepare().stack
    assert pick(stack, "job", ["framework.web"]) == "job"
    told = "'framework.web' has several compose services: api, job"
    with pytest.raises(PreconditionError, match=told):
        pick(stack, "framework.web", ["framework.web"])


def test_ports_are_published_once(
    lab: Project, puppet: Puppet, capsys: pytest.CaptureFixture[str]
) -> None:
    puppet.has_containers({**inspected("api"), "HostConfig": PORTS})
    assert outcome("run", "api", "--publish", "--", "true") == 2
    assert "lab_api_1 runs, and has the ports already" in capsys.readouterr().err
