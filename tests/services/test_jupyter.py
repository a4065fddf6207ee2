"""The service framework.jupyter as it is rendered: who is given which kernel, token and home."""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


@pytest.mark.parametrize(("value", "text"), [(1, "1"), (True, "true"), (None, ""), ('"', '"')])
def test_a_variable_of_a_mode_becomes_a_text(
    value: object, text: str, prepare: Callable[..., Prepared]
) -> None:
    prepared = prepare({"modes": {"read_only": {"environment": {"A": value}}}})
    assert kernel(prepared, READ_KERNEL)["env"]["A"] == text


def test_no_environment_is_none(prepare: Callable[..., Prepared]) -> None:
    prepared = prepare({"modes": {"write_access": {"environment": None}}})
    assert kernel(prepared, WRITE_KERNEL)["env"]["EPICS_EXECUTION_MODE"] == "write_access"


def test_an_empty_public_url_is_none_whatever_the_shell_says(
    prepare: Callable[..., Prepared],
) -> None:
    service = prepare(containers={"read": {"public_url": None}}).stack.services["jupyter_read"]
    assert service.environment["PUBLIC_URL"] == ""


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
        "hidden_tokens.py",
        "public_url.py",
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
    assert load("execution_mode").describe(environ) == told


def load(name: str) -> Any:
    """A module that the image holds."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOKEN = "0123456789abcdef"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """The log, after :func:`hide` was called with the token."""
    make = logging.getLogRecordFactory()
    load("hidden_tokens").hide(TOKEN)
    yield lambda: caplog.text
    logging.setLogRecordFactory(make)


class Asked:
    """Shows its address only when it is written, as a request does."""

    def __repr__(self) -> str:
        return f"Asked(uri='/api?token={TOKEN}')"


def test_a_token_is_in_no_record(logged: Callable[[], str]) -> None:
    log = logging.getLogger("tornado.general")
    log.warning("404 GET /api/x?a=1&token=%s&b=2", TOKEN)
    log.error("%r", Asked())
    log.error("%d%% of %s", 1, {"it": TOKEN})
    log.error("does not fit: %d", TOKEN)
    try:
        int(TOKEN)
    except ValueError:
        log.exception("Uncaught", stack_info=True)
    assert TOKEN not in logged()
    assert "404 GET /api/x?a=1&token=[secret]&b=2" in logged()
    assert "with base 10: '[secret]'" in logged()


def test_the_token_of_somebody_else_is_hidden_in_an_address(logged: Callable[[], str]) -> None:
    logging.getLogger().warning("403 GET /lab?token=%s", "f3dcba9876543210")
    assert "f3dcba9876543210" not in logged()
