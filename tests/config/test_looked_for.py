"""Files and names that a configuration leads to in vain."""

from __future__ import annotations

import pytest
from tests.conftest import Project

from container_manager.config import choosing_ports, load
from container_manager.errors import ConfigError


def test_the_name_of_a_file_must_say_something(project: Project) -> None:
    with project.refuses(ConfigError) as refusal:
        load("")
    assert refusal.messages == ["The name of the configuration file is empty."]


def test_an_env_file_that_is_a_dangling_symlink(project: Project) -> None:
    project.deploy("web")
    (project.root / ".env").symlink_to("gone")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == ".env: This symlink leads nowhere.\n  Mend or remove it."


@pytest.mark.parametrize("asked", ["framework.a-b-c", "a-b-c"])
def test_a_name_that_two_services_could_have(project: Project, asked: str) -> None:
    service = {"path": "services/framework/web"}
    project.deploy("web")
    project.write("more.yml", "")
    project.write(
        "config.yml",
        f"""
        deployed_services: [{asked}]
        framework:
          services:
            a-b_c: {service}
            a_b-c: {service}
        """,
    )
    with project.refuses(ConfigError) as refusal:
        project.prepare()
    assert "is ambiguous: 'a-b_c' and 'a_b-c' are both defined." in refusal.text


def test_more_ports_are_asked_for_than_there_are(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing_ports, "COUNT", 0)
    project.deploy("web", port_host="auto")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert "is free for 'framework.services.web.port_host'." in refusal.text
    assert "Write a port in its place." in refusal.text
