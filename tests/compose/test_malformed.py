"""Parts of compose files that are not what they have to be: told with their line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.compose.reading import one, read, refused
from tests.conftest import Project


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("volumes", "data:/data", "'volumes' must be a list."),
        ("volumes", [{"type": "volume"}], "a volume needs 'target', the path in the container"),
        (
            "volumes",
            [{"type": "bind", "target": "/data"}],
            "a bind mount needs 'source', the path on the host",
        ),
        ("volumes", ["a:b:c:d"], "'a:b:c:d' is no volume; write SOURCE:TARGET or SOURCE:TARGET:ro"),
        ("ports", [{"published": 80}], "a port needs 'target', the port in the container"),
        (
            "networks",
            {"inner": "yes"},
            "'services.web.networks.inner' must be a mapping or empty.",
        ),
        (
            "healthcheck",
            {"test": "true", "retries": "often"},
            "'healthcheck.retries' must be a whole number.",
        ),
        (
            "healthcheck",
            {"test": "true", "start_period": "soon"},
            "'healthcheck.start_period': 'soon' is no duration;",
        ),
        (
            "healthcheck",
            {"test": "true", "start_interval": "soon"},
            "'healthcheck.start_interval': 'soon' is no duration;",
        ),
        (
            "labels",
            {"at.$HOST": "here"},
            "The key 'services.web.labels.at.$HOST' holds a '$': providers disagree on whether",
        ),
    ],
)
def test_a_part_of_a_service(key: str, value: Any, message: str) -> None:
    problems = refused(one(f"{key}: {json.dumps(value)}"))
    assert any(message in problem and ":4:" in problem for problem in problems), problems


def test_the_name_of_a_service() -> None:
    (problem,) = refused("services:\n  'web server':\n    image: localhost/web\n")
    assert (
        "docker-compose.yml:3:5: 'web server' cannot be the name of a compose service." in problem
    )


def test_the_name_of_the_project_is_the_configurations() -> None:
    stack = read("name: lab\nservices:\n  web:\n    image: localhost/web\n")
    (warning,) = stack.warnings
    assert warning.message == (
        "'name' has no effect: the project's name comes from the configuration."
    )


def test_one_shot_names_a_service_of_its_own_template(project: Project) -> None:
    project.deploy("web", one_shot=["migrate"])
    with project.refuses() as refusal:
        project.prepare()
    assert refusal.text.endswith(
        "'one_shot' of framework.web names 'migrate', which its template does not define.\n"
        "  It defines: web."
    )


def test_a_file_of_variables_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "site.env").write_bytes(b"SITE=\xff\n")
    (problem,) = refused(one("env_file: site.env"), base=tmp_path)
    assert "site.env of 'env_file' cannot be read: 'utf-8' codec" in problem


def test_a_file_of_variables_with_the_value_of_a_secret(project: Project) -> None:
    project.write(".env", "DB_PASSWORD=hunter2hunter2\n")
    template = "services:\n  web:\n    image: localhost/web\n    env_file: /etc/lab/site.env\n"
    site = project.write("site.env", "SITE=hunter2hunter2\n")
    project.deploy("web", template.replace("/etc/lab/site.env", str(site)))
    with project.refuses() as refusal:
        project.prepare()
    assert "The file 'site.env' of 'env_file' holds a secret's value:" in refusal.text
