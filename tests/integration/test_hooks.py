"""``hooks`` around what starts and stops containers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.sites import Site

pytestmark = pytest.mark.podman

FILES = {
    "config.yml": """
import: provider.yml
project_name: NAME
framework:
  services:
    web: {path: services/web}
deployed_services: [web]
hooks:
  before_build: [sh, tell.sh, before_build]
  after_build: [sh, tell.sh, after_build]
  before_up: [[sh, tell.sh, before_up], [sh, needs.sh]]
  after_up: [sh, tell.sh, after_up]
  before_down: [sh, tell.sh, before_down]
""",
    "tell.sh": 'echo "$1" >> told\necho "hook says $API_TOKEN"\n',
    "needs.sh": "test ! -e broken\n",
    ".env": "API_TOKEN=a-long-secret-value\n",
    "services/docker-compose.yml.j2": "networks: {default: {}}\n",
    "services/web/docker-compose.yml.j2": """
services:
  web:
    image: IMAGE
    stop_grace_period: 1s
""",
}
BUILD = ["before_build", "after_build"]
UP = ["before_up", "after_up"]


@pytest.fixture
def site(tmp_path: Path, project_name: str, sh_image: str, podman: Podman) -> Site:
    return Site(tmp_path, project_name, podman, FILES, image=sh_image)


def told(site: Site) -> list[str]:
    """The hooks that ran since this was asked last."""
    path = site.root / "told"
    lines = path.read_text(encoding="utf-8").split() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def test_they_run_around_a_start_and_before_an_end(site: Site) -> None:
    plan = json.loads(site.run("plan", "--json"))
    assert [one["name"] for one in plan["hooks"]] == [
        *BUILD,
        *("before_up", "before_up", "after_up"),
    ]
    assert told(site) == []

    site.run("up", "-d")
    assert told(site) == [*BUILD, *UP]
    assert "  hook says ***" in site.said
    site.run("restart")
    assert told(site) == [*BUILD, *UP]
    site.run("restart", "--only")
    site.run("run", "web", "--", "true")
    assert told(site) == BUILD
    site.run("up", "-d", "--as-built")
    assert told(site) == UP

    assert json.loads(site.run("down", "--dry", "--json"))["hooks"][0]["name"] == "before_down"
    assert told(site) == []
    site.run("down")
    assert told(site) == ["before_down"]
    assert site.states() == {}
    site.run("down")  # nothing is stopped
    assert told(site) == []


def test_what_fails_before_a_start_or_an_end_stops_it(site: Site) -> None:
    site.write("broken", "")
    site.run("up", "-d", code=1)
    assert "The hook 'before_up' failed: it ended with exit code 1: sh needs.sh" in site.said
    assert "No container was touched." in site.said
    assert site.states() == {}
    assert told(site) == [*BUILD, "before_up"]

    (site.root / "broken").unlink()
    site.run("up", "-d")
    site.edit("config.yml", "[sh, tell.sh, before_down]", "['false']")
    site.run("clean", "--yes", code=1)
    assert "Nothing was stopped." in site.said
    assert site.states() == {"web": "running"}

    # A configuration that cannot be read has no hooks; what runs can be stopped.
    site.write("config.yml", "hooks: [")
    site.run("down")
    assert "No hooks run" in site.said
    assert site.states() == {}
