"""What the shipped configuration of ``mongo`` makes of itself.

The image itself cannot be had where these tests run; what is known of it is written down here.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from container_manager.config import load

if TYPE_CHECKING:
    from tests.conftest import Project

    from container_manager.compose.model import ComposeService

CHECKOUT = Path(__file__).parents[2]

DECLARED_VOLUMES = {"/data/db", "/data/configdb"}
"""``VOLUME`` in the image's Dockerfile: what is not mounted there becomes a nameless volume."""

MONGODB = "999:999"
"""The user that the image makes, and gives its data folders to."""


def rendered(project: Project, **settings: Any) -> dict[str, ComposeService]:
    """The compose services of a project that deploys ``mongo``."""
    shutil.copytree(CHECKOUT / "services", project.root / "services")
    config = {
        "import": "services/applications/als_expert/mongo/service.yml",
        "applications": {"als_expert": {"services": {"mongo": settings}}},
        "deployed_services": ["applications.als_expert.mongo"],
    }
    project.write("config.yml", json.dumps(config))
    return dict(project.prepare(load(project.root / "config.yml", {})).stack.services)


def test_nobody_outside_reaches_it_by_default(project: Project) -> None:
    assert rendered(project)["mongo"].ports == ()


def test_a_port_is_published_on_this_machine_alone(project: Project) -> None:
    (port,) = rendered(project, port_host=27018)["mongo"].ports
    assert (port.host_ip, port.host_port, port.container_port) == ("127.0.0.1", 27018, 27017)


def test_the_init_job_is_a_one_shot_also_where_nobody_waits_for_it(project: Project) -> None:
    init = rendered(project)["mongo_init"]
    assert init.one_shot
    assert init.depends_on == {"mongo": "service_healthy"}
    assert init.restart == "no"


@pytest.mark.parametrize("settings", [{}, {"root_user": None}, {"root_user": ""}])
def test_authentication_is_on(project: Project, settings: dict[str, Any]) -> None:
    """The image turns it on where both are given."""
    mongo = rendered(project, **settings)["mongo"]
    assert mongo.environment["MONGO_INITDB_ROOT_USERNAME"] == "root"
    secret = {entry.key: entry.text for entry in mongo.secret_entries}
    assert secret == {"MONGO_INITDB_ROOT_PASSWORD": "${MONGO_ROOT_PASSWORD}"}


def test_the_scripts_get_what_they_read(project: Project) -> None:
    init = rendered(project)["mongo_init"]
    script = (project.root / "services/applications/als_expert/mongo/scripts/init.js").read_text()
    given = {*init.environment, *(entry.key for entry in init.secret_entries)} - {"HOME"}
    assert given == {name for name in given if f'setting("{name}")' in script}
    assert script.count('setting("') == len(given)


@pytest.mark.parametrize("name", ["mongo", "mongo_init"])
def test_it_fits_the_image(project: Project, name: str) -> None:
    service = rendered(project)[name]
    mounted = {str(entry).split(":")[1] for entry in service.definition["volumes"]}
    assert mounted | set(service.definition["tmpfs"]) >= DECLARED_VOLUMES | {"/tmp"}
    assert service.definition["user"] == MONGODB
    assert service.anonymous == ()
    assert service.environment["HOME"] == "/tmp"


def test_passwords_stand_in_no_command(project: Project) -> None:
    for service in rendered(project).values():
        words = json.dumps([service.definition.get(k) for k in ("command", "entrypoint")])
        assert "PASSWORD" not in words
        assert service.healthcheck is None or "PASSWORD" not in str(service.healthcheck.test)
