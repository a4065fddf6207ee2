"""Every shipped service: valid by the Compose specification, and safe to leave running."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tests.services.scan import violations

from container_manager.compose.stack import read_stack
from container_manager.config import load
from container_manager.config.source import parse_yaml
from container_manager.errors import RenderError
from container_manager.model import ComposeFile
from container_manager.testing.checks import no_literal_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Project

    from container_manager.build.pipeline import Prepared
    from container_manager.compose.model import ComposeService

CHECKOUT = Path(__file__).parents[2]
SHIPPED = (
    "framework.jupyter",
    "framework.open_webui",
    "framework.pipelines",
    "applications.als_expert.mongo",
    "applications.als_expert.pv_finder",
    "framework.gateway",
    "applications.demo.counter",
)


@pytest.fixture
def everything(project: Project) -> Callable[[dict[str, Any]], Prepared]:
    """Prepares a project that deploys everything we ship, with the given settings."""

    def prepare(settings: dict[str, Any]) -> Prepared:
        shutil.copytree(CHECKOUT / "services", project.root / "services")
        project.write("src/lab.py", "ANSWER = 42\n")
        project.write("config.yml", (CHECKOUT / "config.yml").read_text(encoding="utf-8"))
        deployed = {"import": "config.yml", "deployed_services": list(SHIPPED)}
        project.write("everything.yml", json.dumps(settings | deployed))
        return project.prepare(load(project.root / "everything.yml", project.environ))

    return prepare


@pytest.fixture
def prepared(everything: Callable[[dict[str, Any]], Prepared]) -> Prepared:
    """All of it, with the settings that it is shipped with."""
    return everything({})


def test_nothing_shipped_is_forgotten_here() -> None:
    folders = {path.parent.name for path in CHECKOUT.glob("services/*/**/docker-compose.yml.j2")}
    assert {name.rpartition(".")[2] for name in SHIPPED} == {f.replace("-", "_") for f in folders}


def test_compose_files_are_valid_by_the_specification(prepared: Prepared, tmp_path: Path) -> None:
    files = []
    for path, output in prepared.outputs.items():
        if path.endswith("docker-compose.yml"):
            file = tmp_path / "rendered" / path
            file.parent.mkdir(parents=True)
            file.write_text(output.text or "", encoding="utf-8")
            files.append(str(file))
    assert len(files) == len(SHIPPED) + 1
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    finished = subprocess.run([*argv, *files], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_no_service_is_unsafe(prepared: Prepared) -> None:
    found = [
        f"{service.owner}, {service.name}: {what}"
        for service in prepared.stack.services.values()
        for what in violations(service)
    ]
    assert found == []


def test_no_secret_is_written_out(prepared: Prepared) -> None:
    found = [
        str(problem)
        for service in (None, *prepared.services)
        for problem in no_literal_secret(service, prepared)
    ]
    assert found == []


def test_every_image_is_a_configuration_value(prepared: Prepared) -> None:
    configured = set(prepared.config.values["images"].values())
    stack = prepared.stack
    for service in stack.services.values():
        if service.build is None and service.image not in stack.builders:
            assert service.image in configured
        elif service.build is not None:
            assert service.build.definition["args"]["BASE"] in configured


PUBLISHED = (
    "framework.services.jupyter.containers.read",
    "framework.services.open_webui",
    "framework.services.pipelines",
    "framework.services.gateway",
    "applications.als_expert.services.mongo",
    "applications.als_expert.services.pv_finder",
)


@pytest.mark.parametrize("key", PUBLISHED)
def test_a_quote_in_a_port_stays_there_and_is_refused(
    everything: Callable[[dict[str, Any]], Prepared], key: str
) -> None:
    settings: Any = {"port_host": '1"2'}
    for name in reversed(key.split(".")):
        settings = {name: settings}
    with pytest.raises(RenderError, match=r"""'127.0.0.1:1"2:\d+' is no port"""):
        everything(settings)


@pytest.mark.parametrize("network", ["no", "1"])
def test_the_name_of_a_network_stays_a_text(
    everything: Callable[[dict[str, Any]], Prepared], network: str
) -> None:
    assert set(everything({"network": network}).stack.networks) == {network}


UNSAFE: dict[str, Any] = {
    "image": "mongo:latest",
    "privileged": True,
    "network_mode": "host",
    "devices": ["/dev/fuse"],
    "ports": ["8080:80", "0.0.0.0:8081:80"],
    "volumes": ["/run/podman/podman.sock:/run/podman.sock"],
}


def test_the_scan_finds_what_it_looks_for(tmp_path: Path) -> None:
    service = _service(UNSAFE, tmp_path)
    assert set(violations(service)) == {
        "every address:8080 is open to other machines",
        "0.0.0.0:8081 is open to other machines",
        "mounts /run/podman/podman.sock",
        "network_mode: host",
        "privileged",
        "has devices",
        "keeps capabilities",
        "may gain privileges",
        "writable file system",
        "the image mongo:latest is not fully qualified and pinned",
        "'bad' has no health check",
        "no restart policy",
        "no mem_limit",
        "no pids_limit",
    }


@pytest.mark.parametrize(
    ("image", "pinned"),
    [
        ("docker.io/library/mongo:8.0.4", True),
        ("registry.example.org:5000/lab/mongo:8.0.4", True),
        (f"ghcr.io/open-webui/pipelines@sha256:{'0' * 64}", True),
        ("ghcr.io/open-webui/pipelines:main", False),
        ("ghcr.io/open-webui/pipelines", False),
        ("library/mongo:8.0.4", False),
    ],
)
def test_what_counts_as_pinned(image: str, pinned: bool, tmp_path: Path) -> None:
    found = any("pinned" in what for what in violations(_service({"image": image}, tmp_path)))
    assert found is not pinned


def _service(definition: dict[str, Any], base: Path) -> ComposeService:
    from container_manager.config.environment import Environment

    path = base / "docker-compose.yml"
    document = parse_yaml(yaml.safe_dump({"services": {"bad": definition}}), path, compose=True)
    assert document is not None
    file = ComposeFile(path=path, template=path, service=None, load=lambda: document)
    return read_stack([file], {}, Environment(process={}), project_name="lab").services["bad"]
