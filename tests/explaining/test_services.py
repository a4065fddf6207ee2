"""``explain --service NAME``: everything that its templates used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from container_manager import verbs
from container_manager.errors import ConfigError, ManagerError
from container_manager.report.looking import show_service

if TYPE_CHECKING:
    from tests.conftest import Project

TEMPLATE = """
    {% set web = framework.services.web %}
    services:
      web:
        image: {{ images.web }}
        ports: ["127.0.0.1:{{ web.port_host }}:80"]
        depends_on: [db]
        environment:
          MODE: ${MODE:-quiet}
          TOKEN: {{ web.token }}
          DB_PASSWORD: ${DB_PASSWORD}
"""


@pytest.fixture
def lab(project: Project) -> Project:
    project.write(".env", "DB_PASSWORD=never-shown-1\n")
    images = {"images": {"web": "localhost/web"}}
    project.deploy("web", TEMPLATE, more=images, port_host=8085, token="${API_TOKEN}", unused=1)
    project.write("services/framework/web/site.conf.j2", "{{ framework.services.web.port_host }}")
    project.deploy("db", "services: {db: {image: localhost/db}}\n", more=images)
    return project


def test_keys_variables_secrets_images_and_what_it_needs(
    lab: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    told = verbs.explain_service(None, "web")
    used = {key.key: (key.value, [path.name for path in key.templates]) for key in told.keys}
    assert used == {
        "framework.services.web.port_host": (8085, ["docker-compose.yml.j2", "site.conf.j2"]),
        "framework.services.web.token": ("${API_TOKEN}", ["docker-compose.yml.j2"]),
        "images.web": ("localhost/web", ["docker-compose.yml.j2"]),
    }
    assert all(key.where is not None for key in told.keys)
    assert {one.name: (one.secret, one.source) for one in told.variables} == {
        "MODE": (False, "default"),
        "API_TOKEN": (True, "unset"),
        "DB_PASSWORD": (True, ".env"),
    }
    assert told.images == (("web", "localhost/web"),)
    assert told.needs == (("db", "framework.db"),)
    assert told.ports == ("127.0.0.1:8085->80",)
    show_service([told], json=False)
    show_service([told], json=True)
    printed = capsys.readouterr().out
    assert "never-shown-1" not in printed
    assert "needs     db of framework.db" in printed
    assert json.loads(printed[printed.index("[\n") :])[0]["needs"] == {"db": "framework.db"}


def test_it_works_although_another_service_cannot_be_rendered(
    lab: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.write("services/framework/db/docker-compose.yml.j2", "services: {db: {{ nothing }}}")
    told = verbs.explain_service(None, "framework.web")
    assert "images.web" in [key.key for key in told.keys]
    assert told.needs == (("db", ""),)
    assert "'nothing'" in capsys.readouterr().err


def test_one_that_cannot_be_rendered_itself_or_is_not_deployed_is_refused(lab: Project) -> None:
    lab.write("services/framework/web/docker-compose.yml.j2", "{{ nothing }}")
    with lab.refuses(ManagerError) as refusal:
        verbs.explain_service(None, "web")
    assert "'nothing'" in refusal.text
    with lab.refuses(ConfigError) as refusal:
        verbs.explain_service(None, "wob")
    assert "There is no service 'wob'" in refusal.text
