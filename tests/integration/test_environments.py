"""Two environments of one checkout, up at once; Podman alone says what became of each."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import snapshot
from tests.integration.conftest import SH_IMAGE, Podman
from tests.integration.sites import Site

pytestmark = pytest.mark.podman

CONFIG = """\
project_name: NAME
deployed_services: [web]
framework:
  services:
    web:
      path: services/framework/web
      bind_address: 127.0.0.1
      port_host: auto
      credentials: [{name: WEB_PASSWORD, volume: data}]
      motto: common
"""
TEMPLATE = """\
services:
  web:
    image: IMAGE
    command: [httpd, -f, -p, "8000", -h, /data]
    stop_grace_period: 0s
    environment:
      WEB_PASSWORD: ${WEB_PASSWORD}
      MOTTO: "{{ framework.services.web.motto }}"
    ports: ["127.0.0.1:{{ framework.services.web.port_host }}:8000"]
    volumes: ["data:/data"]
volumes: {data: {}}
"""
PROD = "import: config.yml\nframework: {services: {web: {motto: of prod}}}\n"
WEB = "services/framework/web"
FILES = {
    "config.yml": CONFIG,
    "config.prod.yml": PROD,
    "services/docker-compose.yml.j2": "networks: {default: {}}\n",
    f"{WEB}/docker-compose.yml.j2": TEMPLATE,
}
KEY = "framework.services.web.port_host"


@dataclass(frozen=True)
class Everything:
    """All that there is of one stack: what Podman has of it, and its files."""

    containers: dict[str, tuple[str, int]]
    volumes: dict[str, str]
    networks: list[str]
    secrets: list[str]
    images: list[str]
    files: dict[str, object]


@dataclass
class Stack:
    """One environment of the site: its words on the command line, its name, its files."""

    site: Site
    podman: Podman
    name: str
    options: tuple[str, ...]
    build: str
    dotenv: str

    def run(self, *argv: str, code: int = 0) -> str:
        return self.site.run(*argv, *self.options, code=code)

    def everything(self) -> Everything:
        label = f"--filter=label=com.docker.compose.project={self.name}"
        ours = f"--filter=label=io.container-manager.project={self.name}"
        listed = json.loads("".join(self.podman.lines("ps", "--all", label, "--format=json")))
        volumes = self.podman.lines("volume", "ls", label, "--format={{.Name}} {{.CreatedAt}}")
        secrets = self.podman.lines("secret", "ls", "--format={{.Name}} {{.ID}}")
        return Everything(
            containers={one["Id"]: (one["State"], one["StartedAt"]) for one in listed},
            volumes=dict(line.split(" ", 1) for line in volumes),
            networks=self.podman.lines("network", "ls", ours, "--format={{.Name}} {{.ID}}"),
            secrets=sorted(one for one in secrets if one.startswith(f"{self.name}.")),
            images=self.podman.lines("images", ours, "--format={{.Repository}} {{.Id}}"),
            files={
                **snapshot(self.site.root / self.build),
                ".env": (self.site.root / self.dotenv).read_bytes(),
            },
        )

    @property
    def port(self) -> int:
        known = json.loads((self.site.root / ".container-manager/ports.json").read_text())
        number: int = known["config.prod.yml" if self.options else "config.yml"][KEY]
        return number

    def page(self) -> str:
        """What its web server answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/page", timeout=5) as answer:
            return str(answer.read().decode())

    def write_page(self, text: str) -> None:
        container = f"{self.name}_web_1"
        self.podman("exec", container, "sh", "-c", f"echo -n {text} > /data/page")

    def inside(self, variable: str) -> str:
        argv = ("exec", f"{self.name}_web_1", "sh", "-c", f"echo ${variable}")
        return self.podman(*argv).stdout.strip()


@pytest.fixture
def stacks(tmp_path: Path, project_name: str, sh_image: str, podman: Podman) -> tuple[Stack, Stack]:
    """The stack of ``config.yml``, and that of its environment."""
    site = Site(tmp_path, project_name, podman, FILES, image=sh_image)
    prod = ("--env", "prod")
    return (
        Stack(site, podman, project_name, (), "build", ".env"),
        Stack(site, podman, f"{project_name}-prod", prod, "build-prod", ".env.prod"),
    )


def test_two_environments_run_side_by_side_and_never_touch_each_other(
    stacks: tuple[Stack, Stack],
) -> None:
    base, prod = stacks
    base.site.edit(f"{WEB}/docker-compose.yml.j2", f"image: {SH_IMAGE}", "build: ./framework/web")
    base.site.write(f"{WEB}/Dockerfile", f"FROM {SH_IMAGE}\nRUN mkdir -p /data\n")
    for process in [base.site.start("up", "-d", *one.options) for one in stacks]:
        _, said = process.communicate(timeout=180)
        assert process.returncode == 0, said
    base.write_page("common")
    prod.write_page("prod")
    assert base.port != prod.port
    assert (base.page(), prod.page()) == ("common", "prod")
    assert (base.inside("MOTTO"), prod.inside("MOTTO")) == ("common", "of prod")
    assert base.inside("WEB_PASSWORD") != prod.inside("WEB_PASSWORD")
    for one in stacks:
        assert one.inside("WEB_PASSWORD") in (one.site.root / one.dotenv).read_text()
        assert (one.site.root / one.dotenv).stat().st_mode & 0o077 == 0
        one.run("plan", "--check")

    seen = prod.everything()
    assert len(seen.containers) == len(seen.volumes) == len(seen.secrets) == len(seen.images) == 1
    base.run("down")
    assert prod.everything() == seen
    assert prod.page() == "prod"
    base.run("plan", "--check", code=3)
    prod.run("plan", "--check")

    base.run("up", "-d")
    assert (base.page(), prod.everything()) == ("common", seen)
    base.run("rebuild", "-d", "--volumes", "--yes")
    assert prod.everything() == seen
    base.write_page("again")

    seen = base.everything()
    prod.run("clean", "--yes")
    assert base.everything() == seen
    assert base.page() == "again"
    left = prod.everything()
    assert left.containers == {}
    assert left.volumes == {}
    assert left.networks == left.secrets == left.images == []
    prod.run("plan", "--check", code=3)
    base.run("plan", "--check")


def test_each_brings_back_its_own_volumes(stacks: tuple[Stack, Stack]) -> None:
    base, prod = stacks
    for one in stacks:
        one.run("up", "-d")
        one.write_page(one.name)
    prod.run("clean", "--yes")
    base.run("backup")
    (saved,) = json.loads(prod.run("backups", "--json"))
    assert [one["name"] for one in saved["volumes"]] == [f"{prod.name}_data"]
    prod.run("restore", "--yes")
    prod.run("up", "-d")
    assert (base.page(), prod.page()) == (base.name, prod.name)


def test_what_a_changed_environment_would_do_is_told_before(stacks: tuple[Stack, Stack]) -> None:
    base, prod = stacks
    for one in stacks:
        one.run("up", "-d")
    base.site.edit("config.prod.yml", "of prod", "another")
    told = prod.run("plan", "--check", code=3)
    assert "config.prod.yml" in told
    base.run("plan", "--check")
    before = base.everything()
    prod.run("up", "-d")
    assert prod.inside("MOTTO") == "another"
    assert base.everything() == before


def test_a_name_that_both_would_have_is_refused_with_its_owner(
    stacks: tuple[Stack, Stack],
) -> None:
    base, prod = stacks
    shared = f"volumes: {{data: {{name: {base.name}_shared}}}}"
    base.site.edit(f"{WEB}/docker-compose.yml.j2", "volumes: {data: {}}", shared)
    base.run("up", "-d")
    prod.run("up", "-d", code=2)
    assert f"{base.name}_shared" in base.site.said
    assert str(base.site.root / "config.yml") in base.site.said


def test_an_environment_whose_file_is_gone_can_be_stopped(stacks: tuple[Stack, Stack]) -> None:
    base, prod = stacks
    for one in stacks:
        one.run("up", "-d")
    seen = base.everything()
    (base.site.root / "config.prod.yml").unlink()
    prod.run("down")
    assert prod.everything().containers == {}
    assert base.everything() == seen
