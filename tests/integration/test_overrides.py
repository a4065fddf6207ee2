"""``compose_overrides`` on real containers: what they get, who is recreated, and what plan says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.providers import BUNDLED, TWO_PROVIDERS
from tests.integration.sites import Site

pytestmark = pytest.mark.podman

TOKEN = "a-long-secret-value"
FILES = {
    "config.yml": """
import: provider.yml
project_name: NAME
framework:
  services:
    web: {path: services/web}
deployed_services: [web]
compose_overrides: [mine/over.yml, $MORE]
""",
    "services/docker-compose.yml.j2": "networks: {default: {}}\n",
    "services/web/docker-compose.yml.j2": """
services:
  web:
    image: IMAGE
    stop_grace_period: 1s
    environment: {GREETING: hello, TOKEN: "${API_TOKEN}"}
  other:
    image: IMAGE
    stop_grace_period: 1s
    cap_add: [NET_RAW]
    restart: always
    environment: {GONE: "1", STAYS: "2"}
""",
    "mine/over.yml": """
services:
  web:
    mem_limit: 64m
    environment: {GREETING: hallo}
""",
    "mine/more.yml": """
services:
  web:
    environment: [MINE=x$API_TOKEN]
  other:
    labels: {mine: "yes"}
    cap_add: !override [SYS_NICE]
    restart: !reset null
    environment: {GONE: !reset null}
""",
    ".env": f"API_TOKEN={TOKEN}\nMORE=mine/more.yml\n",
}


@pytest.mark.parametrize("provider", TWO_PROVIDERS)
def test_an_override_changes_its_services_and_no_others(
    tmp_path: Path, project_name: str, sh_image: str, podman: Podman, provider: str
) -> None:
    site = Site(tmp_path, project_name, podman, FILES, image=sh_image, provider=provider)
    site.run("up", "-d")

    assert site.inside("web", "echo $GREETING $TOKEN $MINE") == f"hallo {TOKEN} x{TOKEN}\n"
    web, other = json.loads(podman("inspect", *map(site.container, ("web", "other"))).stdout)
    assert web["HostConfig"]["Memory"] == 64 * 1024**2
    assert TOKEN not in json.dumps(web["Config"]["CreateCommand"])
    assert other["Config"]["Labels"]["mine"] == "yes"
    assert other["HostConfig"]["CapAdd"] == ["CAP_SYS_NICE"]
    assert other["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
    assert site.inside("other", "echo $GONE$STAYS") == "2\n"
    assert site.changed_by("up", "-d") == set()

    site.edit("mine/over.yml", "64m", "128m")
    plan = json.loads(site.run("plan", "--json", "--check", code=3))
    causes = {one["service"]: one["causes"] for one in plan["containers"]}
    assert causes["web"] == ["'mem_limit' changed (mine/over.yml:4:16)"]
    assert causes["other"] == []
    assert site.changed_by("up", "-d") == {"web"}
    (web,) = json.loads(podman("inspect", site.container("web")).stdout)
    assert web["HostConfig"]["Memory"] == 128 * 1024**2

    site.edit("config.yml", "compose_overrides: [mine/over.yml, $MORE]", "")
    assert site.changed_by("up", "-d") == {"web", "other"}
    assert site.inside("web", "echo $GREETING$MINE") == "hello\n"


def test_an_override_that_cannot_be_used_touches_nothing(
    tmp_path: Path, project_name: str, sh_image: str, podman: Podman
) -> None:
    site = Site(tmp_path, project_name, podman, FILES, image=sh_image, provider=BUNDLED)
    site.write("mine/over.yml", "services: {wbe: {mem_limit: 64m}}\n")
    site.run("up", "-d", code=2)
    assert "mine/over.yml:1:17" in site.said
    assert "Did you mean 'web'?" in site.said
    assert site.states() == {}
