"""A stack whose machine starts and stops: the commands of its unit, with its variables alone."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.boot.reading import Unit
from tests.integration.conftest import Podman
from tests.integration.sites import Site

pytestmark = pytest.mark.podman

FILES = {
    "config.yml": """
import: provider.yml
project_name: NAME
deployed_services: [web]
framework: {services: {web: {path: services/web}}}
""",
    ".env": "WEB_TOKEN=of-the-file-of-variables\n",
    "services/docker-compose.yml.j2": "services: {}\n",
    "services/web/docker-compose.yml.j2": """
services:
  web:
    image: IMAGE
    environment: {TOKEN: "${WEB_TOKEN}"}
    stop_grace_period: 1s
""",
}


def test_the_unit_brings_back_the_containers_that_were_there(
    tmp_path: Path, project_name: str, podman: Podman, sh_image: str
) -> None:
    site = Site(tmp_path, project_name, podman, FILES, image=sh_image)
    site.run("up", "--detached")
    before = site.ids()
    shown = json.loads(site.run("boot", "--dry", "--json"))
    unit = Unit.read(shown["text"], shown["name"], tmp_path, system=os.geteuid() == 0)

    def systemd_runs(argv: list[str]) -> None:
        subprocess.run(argv, env=unit.environment, cwd="/", check=True, capture_output=True)

    start, stop = unit.commands
    systemd_runs(stop)
    assert site.states() == {"web": "exited"}
    systemd_runs(start)
    assert site.states() == {"web": "running"}
    assert site.ids() == before
    assert site.inside("web", "echo $TOKEN").strip() == "of-the-file-of-variables"
    site.run("down")
    systemd_runs(start)
    assert site.states() == {"web": "running"}
