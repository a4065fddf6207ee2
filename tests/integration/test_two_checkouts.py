"""Two checkouts of one project on one machine: who has what, which key to change, free ports."""

from __future__ import annotations

import json
import socket
import urllib.request
from pathlib import Path

import pytest
from tests.integration.conftest import Podman

from container_manager import verbs
from container_manager.errors import PreconditionError

pytestmark = pytest.mark.podman

TEMPLATE = """\
services:
  web:
    image: {image}
    command: [httpd, -f, -p, "8000", -h, /etc]
    stop_grace_period: 0s
    ports: ["127.0.0.1:{{{{ framework.services.web.port_host }}}}:8000"]
"""
KEY = "framework.services.web.port_host"


def checkout(root: Path, name: str | None, image: str, port: str) -> Path:
    """A project with one web server; returns its configuration."""
    folder = root / "services/framework/web"
    folder.mkdir(parents=True)
    (root / "services/docker-compose.yml.j2").write_text("networks: {default: {}}\n")
    (folder / "docker-compose.yml.j2").write_text(TEMPLATE.format(image=image))
    config = root / "config.yml"
    config.write_text(
        (f"project_name: {name}\n" if name else "")
        + "deployed_services: [web]\nframework:\n  services:\n    web:\n"
        f"      path: services/framework/web\n      bind_address: 127.0.0.1\n"
        f"      port_host: {port}\n"
    )
    return config


def port_of(config: Path) -> int:
    """The port that is remembered."""
    ports = json.loads((config.parent / ".container-manager/ports.json").read_text())
    number: int = ports["config.yml"][KEY]
    return number


def answers(port: int) -> bool:
    """Whether the web server in a container can be reached there."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/group", timeout=5) as answer:
        return bool(answer.status == 200)


def test_two_checkouts_with_auto_run_at_once_and_keep_their_ports(
    tmp_path: Path,
    project_name: str,
    sh_image: str,
    podman: Podman,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """With one name they are told apart; with two, each has a port of its own."""
    first = checkout(tmp_path / "one", project_name, sh_image, "auto")
    verbs.up(first)
    port = port_of(first)
    assert answers(port)

    second = checkout(tmp_path / "two", project_name, sh_image, "auto")
    with pytest.raises(PreconditionError) as refused:
        verbs.up(second)
    (problem,) = refused.value.problems
    assert f"A stack called '{project_name}' belongs to {first}" in problem.message
    assert f"Change project_name ({second}:1:15)" in str(problem.remedy)

    second.write_text(second.read_text().replace(project_name, f"{project_name}-b", 1))
    (second.parent / ".container-manager/ports.json").write_text(
        json.dumps({"config.yml": {KEY: port}})  # as if it had been remembered before
    )
    capfd.readouterr()
    would_be = verbs.plan(second)
    assert f"Port {port} of {KEY} is taken by the container {project_name}_web_1" in (
        capfd.readouterr().err
    )
    assert would_be.foreseen is not None
    assert would_be.foreseen.problems == ()
    assert port_of(second) == port
    verbs.up(second)
    other = port_of(second)
    assert other != port
    assert answers(port)
    assert answers(other)
    assert (
        f"Port {port} of {KEY} is taken by the container {project_name}_web_1 of the project "
        f"'{project_name}', started by {first}: it is {other} from now on."
    ) in capfd.readouterr().err

    ids = podman.lines("ps", "--quiet", "--filter", f"name=^{project_name}")
    verbs.up(second)
    assert podman.lines("ps", "--quiet", "--filter", f"name=^{project_name}") == ids
    assert (port_of(first), port_of(second)) == (port, other)

    verbs.down(second)
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", other))
        somebody.listen()
        verbs.up(second)
        third = port_of(second)
        assert third not in (port, other)
        assert answers(third)
        verbs.down(second)
        ports = second.parent / ".container-manager/ports.json"
        ports.write_text(json.dumps({"config.yml": {KEY: other}}))
        verbs.build(second)
        with pytest.raises(PreconditionError, match="Run 'up' without --as-built"):
            verbs.up(second, as_built=True)


def test_a_port_of_another_checkout_leads_to_the_key_that_gives_it(
    tmp_path: Path, project_name: str, sh_image: str, podman: Podman, free_port: object
) -> None:
    """Also a stopped container keeps its port from whoever chooses a new one."""
    assert callable(free_port)
    number = free_port()
    first = checkout(tmp_path / "one", project_name, sh_image, str(number))
    verbs.up(first)
    second = checkout(tmp_path / "two", f"{project_name}-b", sh_image, "${WEB_PORT}")
    (second.parent / ".env").write_text(f"WEB_PORT={number}\n")
    with pytest.raises(PreconditionError) as refused:
        verbs.up(second)
    (problem,) = refused.value.problems
    template = second.parent / "services/framework/web/docker-compose.yml.j2"
    assert (problem.where and problem.where.file, problem.where and problem.where.line) == (
        template,
        6,
    )
    assert f"is taken by the container {project_name}_web_1 of the project '{project_name}'" in (
        problem.message
    )
    assert f"started by {first}" in problem.message
    place = f"{second}:8:18, from WEB_PORT in {second.parent / '.env'}:1"
    assert problem.remedy == f"Change {KEY} ({place}); with 'auto' a free port is chosen."

    third = checkout(tmp_path / "three", f"{project_name}-c", sh_image, "auto")
    would_be = verbs.explain(third, "web.port_host").value
    podman(
        *("create", "--name", f"{project_name}_holder", f"--publish=127.0.0.1:{would_be}:8000"),
        sh_image,
    )
    verbs.up(third)
    assert port_of(third) != would_be
