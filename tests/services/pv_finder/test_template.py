"""What the shipped configuration of ``pv_finder`` makes of itself, and what a site may change."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from container_manager.config import load
from container_manager.errors import RenderError

if TYPE_CHECKING:
    from tests.conftest import Project

    from container_manager.compose.model import ComposeService

CHECKOUT = Path(__file__).parents[3]
NAMES = ["applications.als_expert.mongo", "applications.als_expert.pv_finder"]


def rendered(project: Project, names: list[str], **settings: Any) -> dict[str, ComposeService]:
    """The compose services of a project that deploys ``names``."""
    if not (project.root / "services").exists():
        shutil.copytree(CHECKOUT / "services", project.root / "services")
    config = {
        "import": "services/applications/*/*/service.yml",
        "images": {"python": "registry.example.org/python:3.13"},
        "applications": {"als_expert": {"services": {"pv_finder": settings}}},
        "deployed_services": names,
    }
    project.write("config.yml", json.dumps(config))
    return dict(project.prepare(load(project.root / "config.yml", {})).stack.services)


def test_it_waits_for_the_seed_and_the_seed_for_the_database(project: Project) -> None:
    services = rendered(project, NAMES)
    done = "service_completed_successfully"
    assert services["pv_finder"].depends_on == {"pv_finder_seed": done}
    assert services["pv_finder_seed"].depends_on == {"mongo_init": done}
    assert services["pv_finder_seed"].one_shot
    assert not services["pv_finder"].one_shot


def test_its_image_is_built_once(project: Project) -> None:
    services = rendered(project, NAMES)
    assert services["pv_finder"].image == services["pv_finder_seed"].image
    assert services["pv_finder"].build is not None
    assert services["pv_finder_seed"].build is None


def test_a_database_elsewhere_is_not_waited_for(project: Project) -> None:
    database = {"host": "mongo.example.org", "tls": True, "auth_source": "admin"}
    with project.refuses(written=True) as refusal:  # by rendered(), not by us
        rendered(project, NAMES[1:], database=database)
    assert "MONGO_APP_PASSWORD is required and not set" in refusal.text
    project.write(".env", "MONGO_APP_PASSWORD=was-given-to-us\n")
    services = rendered(project, NAMES[1:], database=database)
    assert services["pv_finder_seed"].depends_on == {}
    environment = services["pv_finder"].environment
    assert environment["MONGO_HOST"] == "mongo.example.org"
    assert environment["MONGO_TLS"] == "true"
    assert environment["MONGO_AUTH_SOURCE"] == "admin"


@pytest.mark.parametrize(
    ("host", "awaited"),
    [("mongo", {"mongo_init": "service_completed_successfully"}), ("mongo.example.org", {})],
)
def test_a_site_with_channels_of_its_own_seeds_nothing(
    project: Project, host: str, awaited: dict[str, str]
) -> None:
    services = rendered(project, NAMES, seed=False, database={"host": host})
    assert "pv_finder_seed" not in services
    assert services["pv_finder"].depends_on == awaited


def test_secrets_reach_it_as_secrets_only(project: Project) -> None:
    services = rendered(project, NAMES)
    secret = {entry.key: entry.text for entry in services["pv_finder"].secret_entries}
    assert secret == {
        "PV_FINDER_TOKEN": "${PV_FINDER_TOKEN}",
        "MONGO_PASSWORD": "${MONGO_APP_PASSWORD:?pv_finder logs in to its database with it}",
    }


def test_the_addresses_follow_the_published_port(project: Project) -> None:
    url = "https://pv.example.org"
    services = rendered(project, NAMES, port_host=9051, public_url=url)
    (port,) = services["pv_finder"].ports
    assert (port.host_ip, port.host_port, port.container_port) == ("127.0.0.1", 9051, 8051)
    environment = services["pv_finder"].environment
    hosts = "127.0.0.1:9051,[::1]:9051,localhost:9051,pv_finder:8051"
    assert environment["PV_FINDER_HOSTS"] == hosts
    assert environment["PV_FINDER_PUBLIC_URL"] == url


@pytest.mark.parametrize(("value", "text"), [(True, "true"), ("true", "true"), ("false", "false")])
def test_truth_may_be_told_as_a_text(project: Project, value: object, text: str) -> None:
    services = rendered(project, NAMES, seed=value, database={"tls": value})
    assert ("pv_finder_seed" in services) == (text == "true")
    assert services["pv_finder"].environment["MONGO_TLS"] == text


@pytest.mark.parametrize("value", ["no", "yes", "", 0, 1, None])
def test_what_is_neither_true_nor_false_is_refused(project: Project, value: object) -> None:
    with pytest.raises(RenderError, match=r"'seed: .*' does not exist") as caught:
        rendered(project, NAMES, seed=value, database={"tls": value})
    assert "'tls: " in str(caught.value)


def test_a_quote_stays_part_of_its_value(project: Project) -> None:
    services = rendered(project, NAMES, database={"port": '3"4', "host": None})
    environment = services["pv_finder"].environment
    assert (environment["MONGO_PORT"], environment["MONGO_HOST"]) == ('3"4', "")


def test_an_empty_public_url_is_none_whatever_the_shell_says(project: Project) -> None:
    services = rendered(project, NAMES, public_url=None)
    assert services["pv_finder"].environment["PV_FINDER_PUBLIC_URL"] == ""
