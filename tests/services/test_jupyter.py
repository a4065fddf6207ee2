"""The service framework.jupyter as it is rendered: who is given which kernel, token and home."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Project

    from container_manager.build.pipeline import Prepared
    from container_manager.compose.model import ComposeService

SERVICES = Path(__file__).parents[2] / "services"
FOLDER = SERVICES / "framework" / "jupyter"
BUILT = "services/framework/jupyter"
READ_KERNEL, WRITE_KERNEL = "python3-epics-readonly", "python3-epics-write"

GATEWAYS = {
    "read_only": {"address": "look.example.org", "port": 5066},
    "write_access": {"address": "touch.example.org"},
}


@pytest.fixture
def prepare(project: Project) -> Callable[..., Prepared]:
    """Prepares a project that deploys jupyter with the given ``execution`` and settings."""

    def build(execution: dict[str, Any] | None = None, **settings: Any) -> Prepared:
        shutil.copytree(FOLDER, project.root / BUILT)
        shutil.copy(SERVICES / "docker-compose.yml.j2", project.root / "services")
        project.write("src/lab.py", "ANSWER = 42\n")
        project.write("requirements.txt", "numpy\n")
        config = {
            "import": f"{BUILT}/service.yml",
            "project_name": "lab",
            "deployed_services": ["jupyter"],
            "execution": execution or {},
            "framework": {"services": {"jupyter": settings}},
        }
        project.write("config.yml", json.dumps(config))
        return project.prepare()

    return build


def kernel(prepared: Prepared, name: str) -> dict[str, Any]:
    """A rendered kernel specification."""
    text = prepared.outputs[f"{BUILT}/kernels/{name}/kernel.json"].text
    specification: dict[str, Any] = json.loads(text or "")
    return specification


def mounted_kernels(service: ComposeService) -> set[str]:
    """The names of the kernels that a container is given."""
    return {bind.source.name for bind in service.binds}


def test_each_container_is_given_its_kernels_and_nothing_else(
    prepare: Callable[..., Prepared],
) -> None:
    services = prepare().stack.services
    assert mounted_kernels(services["jupyter_read"]) == {READ_KERNEL}
    assert mounted_kernels(services["jupyter_write"]) == {READ_KERNEL, WRITE_KERNEL}


def test_the_kernels_environment_is_drawn_from_the_configuration(
    prepare: Callable[..., Prepared],
) -> None:
    prepared = prepare({"epics": {"gateways": GATEWAYS}})
    read, write = (kernel(prepared, name)["env"] for name in (READ_KERNEL, WRITE_KERNEL))
    assert read["EPICS_EXECUTION_MODE"] == "read_only"
    assert (read["EPICS_CA_ADDR_LIST"], read["EPICS_CA_SERVER_PORT"]) == (
        "look.example.org",
        "5066",
    )
    assert write["EPICS_EXECUTION_MODE"] == "write_access"
    assert (write["EPICS_CA_ADDR_LIST"], write["EPICS_CA_SERVER_PORT"]) == (
        "touch.example.org",
        "5064",
    )


def test_without_a_gateway_nothing_can_be_reached(prepare: Callable[..., Prepared]) -> None:
    prepared = prepare()
    for name in (READ_KERNEL, WRITE_KERNEL):
        env = kernel(prepared, name)["env"]
        for protocol in ("CA", "PVA"):
            assert env[f"EPICS_{protocol}_ADDR_LIST"] == ""
            assert env[f"EPICS_{protocol}_AUTO_ADDR_LIST"] == "NO"


def test_variables_of_a_mode_reach_its_kernel_alone(prepare: Callable[..., Prepared]) -> None:
    more = {"EPICS_CA_MAX_ARRAY_BYTES": "1000000", "EPICS_CA_SERVER_PORT": "5999"}
    prepared = prepare({"modes": {"read_only": {"environment": more}}})
    assert kernel(prepared, READ_KERNEL)["env"].items() >= more.items()
    assert not kernel(prepared, WRITE_KERNEL)["env"].items() & more.items()


def test_the_read_container_is_told_nowhere_where_to_write(
    prepare: Callable[..., Prepared],
) -> None:
    prepared = prepare({"epics": {"gateways": GATEWAYS}})
    service = prepared.stack.services["jupyter_read"]
    assert "touch.example.org" not in json.dumps(service.definition, default=str)
    assert "touch.example.org" not in json.dumps(kernel(prepared, READ_KERNEL))


def test_the_image_holds_neither_kernels_nor_the_configuration() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    lines = re.findall(r"^(?:COPY|ADD) (.*)$", text, flags=re.MULTILINE)
    sources = {word for line in lines for word in line.split()[:-1] if not word.startswith("--")}
    assert sources == {
        "requirements.txt",
        "repo_src/requirements.tx[t]",
        "repo_sr[c]",
        ".keep",
        "jupyter_server_config.py",
        "ipython_kernel_config.py",
        "check.py",
        "execution_mode.py",
    }


def test_the_two_share_an_image_and_nothing_else(prepare: Callable[..., Prepared]) -> None:
    services = prepare().stack.services
    read, write = services["jupyter_read"], services["jupyter_write"]
    assert read.image == write.image == "localhost/lab_jupyter"
    assert (read.volumes, write.volumes) == (("jupyter_read_home",), ("jupyter_write_home",))
    assert [entry.text for entry in read.secret_entries] == ["${JUPYTER_READ_TOKEN}"]
    assert [entry.text for entry in write.secret_entries] == ["${JUPYTER_WRITE_TOKEN}"]
    assert {port.host_port for port in (*read.ports, *write.ports)} == {8088, 8089}


def test_what_the_image_installs_is_pinned_with_its_hashes() -> None:
    wanted = (FOLDER / "requirements.in").read_text(encoding="utf-8").splitlines()
    lock = (FOLDER / "requirements.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9-]+)==[^\n]* \\\n    --hash=sha256:", lock, flags=re.MULTILINE)
    named = re.findall(r"^([a-z][^\s=]*)", lock, flags=re.MULTILINE)
    assert set(named) == set(pinned) > {line for line in wanted if not line.startswith("#")}


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, ""),
        ({"EPICS_EXECUTION_MODE": "read_only"}, "EPICS: read only (no gateway is configured)"),
        (
            {
                "EPICS_EXECUTION_MODE": "write_access",
                "EPICS_CA_ADDR_LIST": "touch.example.org",
                "EPICS_CA_SERVER_PORT": "5064",
            },
            "EPICS: WRITE ACCESS (gateway touch.example.org, port 5064)",
        ),
        ({"EPICS_EXECUTION_MODE": "simulated"}, "EPICS: simulated (no gateway is configured)"),
    ],
)
def test_a_kernel_tells_its_mode(environ: dict[str, str], told: str) -> None:
    spec = importlib.util.spec_from_file_location("execution_mode", FOLDER / "execution_mode.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.describe(environ) == told
