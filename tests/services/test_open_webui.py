"""The service framework.open_webui as it is rendered: whom it asks for models, and who gets in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Project

CHECKOUT = Path(__file__).parents[2]
BUILT = "services/framework/open-webui/docker-compose.yml"
PAGE = CHECKOUT / "docs/services/open-webui.md"
PROVIDERS = {
    "lab": {"base_url": "http://models.lab:8000/v1", "api_key": "${LAB_API_KEY}"},
    "open": {"base_url": "http://open.lab/v1", "api_key": ""},
}
BOTH = ["framework.open_webui", "framework.pipelines"]
CREDENTIALS = """
    WEBUI_SECRET_KEY=a-key-to-sign-with
    WEBUI_ADMIN_PASSWORD=a-password-to-enter
    PIPELINES_API_KEY=a-key-for-pipelines
    LAB_API_KEY=a-key-for-the-lab
"""


@pytest.fixture
def render(project: Project) -> Callable[..., dict[str, Any]]:
    """Renders the compose service, for a project that deploys it with the given settings."""

    def build(deployed: list[str] | None = None, **settings: Any) -> dict[str, Any]:
        for name in ("framework/open-webui", "framework/pipelines"):
            shutil.copytree(CHECKOUT / "services" / name, project.root / "services" / name)
        shutil.copy(CHECKOUT / "services/docker-compose.yml.j2", project.root / "services")
        project.write("src/lab.py", "ANSWER = 42\n")
        project.write(".env", CREDENTIALS)
        config = {
            "import": "services/framework/*/service.yml",
            "project_name": "lab",
            "deployed_services": deployed or ["open_webui"],
            "api": {"providers": PROVIDERS},
            "framework": {"services": {"open_webui": settings}},
        }
        project.write("config.yml", json.dumps(config))
        text = project.prepare().outputs[BUILT].text
        service: dict[str, Any] = yaml.safe_load(text or "")["services"]["open-webui"]
        return service

    return build


@pytest.fixture
def environment(render: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, str]]:
    """What the container is given."""

    def build(deployed: list[str] | None = None, **settings: Any) -> dict[str, str]:
        given: dict[str, str] = render(deployed, **settings)["environment"]
        return given

    return build


def test_pipelines_and_providers_are_asked_each_with_its_own_key(
    environment: Callable[..., dict[str, str]],
) -> None:
    given = environment(BOTH, providers=["lab", "open"])
    assert given["ENABLE_OPENAI_API"] == "true"
    assert given["OPENAI_API_BASE_URLS"].split(";") == [
        "http://pipelines:9099",
        "http://models.lab:8000/v1",
        "http://open.lab/v1",
    ]
    assert given["OPENAI_API_KEYS"].split(";") == ["${PIPELINES_API_KEY}", "${LAB_API_KEY}", ""]


@pytest.mark.parametrize("deployed", [BOTH, ["open_webui", "pipelines"]])
def test_pipelines_are_found_under_either_name(
    deployed: list[str], environment: Callable[..., dict[str, str]]
) -> None:
    assert environment(deployed)["OPENAI_API_BASE_URLS"] == "http://pipelines:9099"


@pytest.mark.parametrize(
    ("url", "asked"),
    [("", "http://models.lab:8000/v1"), ("http://far:1", "http://far:1;http://models.lab:8000/v1")],
)
def test_pipelines_may_be_elsewhere_or_nowhere(
    url: str, asked: str, environment: Callable[..., dict[str, str]]
) -> None:
    given = environment(BOTH, pipelines_url=url, providers=["lab"])
    assert given["OPENAI_API_BASE_URLS"] == asked


def test_nobody_is_asked_who_was_not_named(environment: Callable[..., dict[str, str]]) -> None:
    given = environment()
    assert given["ENABLE_OPENAI_API"] == given["ENABLE_OLLAMA_API"] == "false"
    # Upstream would take an empty list for OpenAI's own address.
    assert "OPENAI_API_BASE_URLS" not in given
    assert "OLLAMA_BASE_URLS" not in given


def test_ollama_is_asked_where_it_is_named(environment: Callable[..., dict[str, str]]) -> None:
    given = environment(ollama_url="http://host.containers.internal:11434")
    assert given["ENABLE_OLLAMA_API"] == "true"
    assert given["OLLAMA_BASE_URLS"] == "http://host.containers.internal:11434"


def test_strangers_stay_outside(environment: Callable[..., dict[str, str]]) -> None:
    given = environment()
    assert given["ENABLE_SIGNUP"] == "false"
    assert given["DEFAULT_USER_ROLE"] == "pending"
    assert given["WEBUI_ADMIN_PASSWORD"] == "${WEBUI_ADMIN_PASSWORD}"
    assert given["WEBUI_SECRET_KEY"] == "${WEBUI_SECRET_KEY}"


def test_on_this_machine_browsers_may_use_either_name_of_it(
    environment: Callable[..., dict[str, str]],
) -> None:
    given = environment(port_host=3030)
    assert given["CORS_ALLOW_ORIGIN"] == "http://localhost:3030;http://127.0.0.1:3030"
    assert given["WEBUI_SESSION_COOKIE_SECURE"] == given["WEBUI_AUTH_COOKIE_SECURE"] == "false"


def test_behind_a_proxy_only_its_address_counts(
    environment: Callable[..., dict[str, str]],
) -> None:
    given = environment(public_url="https://chat.example.org/")
    assert given["WEBUI_URL"] == given["CORS_ALLOW_ORIGIN"] == "https://chat.example.org"
    assert given["WEBUI_SESSION_COOKIE_SECURE"] == given["WEBUI_AUTH_COOKIE_SECURE"] == "true"


def test_variables_of_the_user_win(environment: Callable[..., dict[str, str]]) -> None:
    given = environment(environment={"ENABLE_SIGNUP": "true", "WEBUI_NAME": "The lab's"})
    assert given["ENABLE_SIGNUP"] == "true"
    assert given["WEBUI_NAME"] == "The lab's"
    assert given["OFFLINE_MODE"] == "true"


def test_our_own_variables_can_be_replaced_too(
    environment: Callable[..., dict[str, str]],
) -> None:
    both = "https://chat.example.org;https://other.example.org"
    given = environment(environment={"CORS_ALLOW_ORIGIN": both, "WEBUI_SECRET_KEY": "mine"})
    assert given["CORS_ALLOW_ORIGIN"] == both
    # But no credential may stand in a file.
    assert given["WEBUI_SECRET_KEY"] == "${WEBUI_SECRET_KEY}"


def test_variables_become_texts(environment: Callable[..., dict[str, str]]) -> None:
    values = {"A": 1, "B": True, "C": None, "D": '"', "E": "${LAB_API_KEY}"}
    given = environment(environment=values)
    assert [given[name] for name in values] == ["1", "true", "", '"', "${LAB_API_KEY}"]


def test_what_is_left_empty_is_none(environment: Callable[..., dict[str, str]]) -> None:
    given = environment(environment=None, providers=None, ollama_url=None, public_url=None)
    assert given["WEBUI_URL"] == "http://localhost:3000"
    assert given["ENABLE_OPENAI_API"] == given["ENABLE_OLLAMA_API"] == "false"


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, ""),
        ({"WEBUI_ADMIN_PASSWORD": "x" * 72}, ""),
        ({"WEBUI_ADMIN_EMAIL": ""}, "admin_email is empty"),
        ({"WEBUI_ADMIN_EMAIL": " "}, "admin_email is empty"),
        ({"WEBUI_ADMIN_PASSWORD": ""}, "WEBUI_ADMIN_PASSWORD is empty"),
        ({"WEBUI_ADMIN_PASSWORD": "x" * 73}, "more than 72 bytes"),
        ({"WEBUI_ADMIN_PASSWORD": "\u00e9" * 37}, "more than 72 bytes"),
    ],
)
def test_it_does_not_start_where_the_first_stranger_would_be_administrator(
    environ: dict[str, str], told: str, tmp_path: Path
) -> None:
    (tmp_path / "bash").write_text("#!/bin/sh\necho upstream: $*\n")
    (tmp_path / "bash").chmod(0o755)
    good = {
        "WEBUI_ADMIN_EMAIL": "admin@localhost",
        "WEBUI_ADMIN_PASSWORD": "a-password-to-enter",
        "WEBUI_URL": "http://localhost:3000",
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    }
    script = CHECKOUT / "services/framework/open-webui/start.py"
    started = subprocess.run(
        [sys.executable, str(script)],
        env=good | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told in started.stderr
    assert (started.returncode, started.stdout) == (
        (1, "") if told else (0, "upstream: start.sh\n")
    )
    assert "xxx" not in started.stderr


def test_nothing_but_the_volume_is_written_to(render: Callable[..., dict[str, Any]]) -> None:
    service = render()
    assert service["read_only"] is True
    data, script = service["volumes"]
    assert data == f"open_webui_data:{service['environment']['DATA_DIR']}"
    assert script.endswith(":ro,z")
    assert service["tmpfs"] == ["/tmp"]
    assert service["environment"]["STATIC_DIR"].startswith("/tmp/")


def test_the_documentation_says_where_upstream_reads_each_variable(
    environment: Callable[..., dict[str, str]],
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    given = environment(providers=["lab"], ollama_url="http://ollama.lab:11434")
    table = re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE)
    assert sorted(table) == sorted(given)
