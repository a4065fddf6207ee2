"""``secrets_command`` with a real tool for encrypted files, age, and a real container."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.sites import Site

pytestmark = pytest.mark.podman

SECRET = "pa$$word 'of' the database"
OTHER = "another-long-password"
FILES = {
    "config.yml": """
import: provider.yml
project_name: NAME
framework:
  services:
    web: {path: services/web, url: "db://${DB_USER}@db"}
deployed_services: [web]
secrets_command: [age, --decrypt, --identity, key.txt, secrets.env.age]
""",
    "services/docker-compose.yml.j2": "networks: {default: {}}\n",
    "services/web/docker-compose.yml.j2": """
services:
  web:
    image: IMAGE
    stop_grace_period: 1s
    environment: {DB_PASSWORD: "${DB_PASSWORD}", URL: "{{ framework.services.web.url }}"}
""",
}


def encrypt(site: Site, password: str) -> None:
    """Write ``secrets.env.age``, for the key of the site."""
    recipient = subprocess.run(
        ["age-keygen", "-y", "key.txt"], cwd=site.root, check=True, capture_output=True, text=True
    ).stdout.strip()
    plain = f"DB_USER=ann\nDB_PASSWORD={json.dumps(password)}\n"
    subprocess.run(
        ["age", "--encrypt", "--recipient", recipient, "--output", "secrets.env.age"],
        cwd=site.root,
        check=True,
        input=plain.encode(),
    )


@pytest.fixture
def site(tmp_path: Path, project_name: str, sh_image: str, podman: Podman) -> Site:
    site = Site(tmp_path, project_name, podman, FILES, image=sh_image)
    subprocess.run(["age-keygen", "-o", site.root / "key.txt"], check=True, capture_output=True)
    encrypt(site, SECRET)
    return site


def test_encrypted_secrets_reach_containers_and_no_file(site: Site, podman: Podman) -> None:
    site.run("up", "-d")
    assert site.inside("web", 'printf "%s|%s" "$DB_PASSWORD" "$URL"') == f"{SECRET}|db://ann@db"
    created = podman("inspect", "--format={{.Config.CreateCommand}}", site.container("web")).stdout
    assert SECRET not in created
    for path in site.root.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
    assert site.changed_by("up", "-d") == set()

    encrypt(site, OTHER)
    plan = json.loads(site.run("plan", "--json"))
    (web,) = plan["containers"]
    assert "the secret in 'environment.DB_PASSWORD' changed" in web["causes"][0]
    assert OTHER not in json.dumps(plan)
    assert site.changed_by("up", "-d") == {"web"}
    assert site.inside("web", 'printf "%s" "$DB_PASSWORD"') == OTHER
    told = site.run("explain", "web.url")
    assert "DB_USER: from secrets_command" in told
    assert "ann" not in told


def test_what_runs_can_be_stopped_when_the_key_is_lost(site: Site) -> None:
    site.run("up", "-d")
    subprocess.run(["age-keygen", "-o", site.root / "other.txt"], check=True, capture_output=True)
    (site.root / "other.txt").replace(site.root / "key.txt")
    site.run("up", "-d", code=2)
    assert "'secrets_command' gave no secrets: it ended with exit code 1:" in site.said
    assert "no identity matched any of the recipients" in site.said
    assert site.states() == {"web": "running"}
    site.edit("config.yml", "secrets_command:", "hooks: {before_down: ['true']}\nsecrets_command:")
    site.edit("config.yml", ', url: "db://${DB_USER}@db"', ", url: none")
    site.run("down")
    assert "The hook 'before_down' does not run." in site.said
    assert site.states() == {}
