"""Behind a proxy that asks for a password, and with a company's own certificate authority."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.company import (
    FILES,
    PASSWORD,
    Authority,
    Proxy,
    address_for_containers,
    served,
    wheel,
)
from tests.integration.conftest import Podman
from tests.integration.forwarding import DOMAIN
from tests.integration.providers import TWO_PROVIDERS
from tests.integration.registry import Registry
from tests.integration.sites import Site

from container_manager.compose.trusting import IN_CONTAINERS

pytestmark = pytest.mark.podman

CONFIG = """
project_name: NAME
import: provider.yml
ca_certificates: company.pem
deployed_services: [web]
framework: {services: {web: {path: services/web, port: PORT}}}
"""
ROOT_TEMPLATE = "networks: {default: {}}\n"
WEB = """
services:
  web:
    build: ./web
    command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 0.1; done']
  db:
    image: IMAGE
    command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 0.1; done']
    environment: {HTTPS_PROXY: ''}
"""
DOCKERFILE = f"""
FROM IMAGE
RUN pip install --no-cache-dir --index-url https://{FILES}:{{{{ framework.services.web.port }}}}/simple/ cmdemo
RUN python3 -c "import urllib.request as r; print(r.urlopen('https://{FILES}:{{{{ framework.services.web.port }}}}/hello').read())"
"""  # noqa: E501 - one instruction a line
READ = "import urllib.request as r; print(r.urlopen('https://{host}:{port}/hello').read().decode())"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def proxy(tmp_path: Path, podman: Podman, sh_image: str, project_name: str) -> Iterator[Proxy]:
    with address_for_containers(podman, sh_image, project_name) as address:
        running = Proxy(tmp_path, address)
        with running.running():
            yield running


@pytest.fixture
def port(authority: Authority) -> Iterator[int]:
    """Of the company's server, which only the proxy finds."""
    content = {
        "/hello": b"hello from the company",
        "/simple/cmdemo/": b'<a href="/cmdemo-1.0-py3-none-any.whl">cmdemo-1.0</a>',
        "/cmdemo-1.0-py3-none-any.whl": wheel("cmdemo"),
    }
    with served(content, authority.context(FILES)) as number:
        yield number


def site(
    tmp_path: Path,
    podman: Podman,
    name: str,
    authority: Authority,
    image: str,
    port: int,
    **more: str,
) -> Site:
    files = {
        "config.yml": CONFIG.replace("PORT", str(port)),
        "services/docker-compose.yml.j2": ROOT_TEMPLATE,
        "services/web/docker-compose.yml.j2": WEB,
        "services/web/Dockerfile.j2": DOCKERFILE,
        "company.pem": authority.file.read_text(),
    }
    return Site(tmp_path, name, podman, {**files, **more}, image=image)


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_an_image_is_built_through_the_proxy_and_keeps_nothing_of_it(
    tmp_path: Path,
    podman: Podman,
    project_name: str,
    python_image: str,
    authority: Authority,
    proxy: Proxy,
    port: int,
) -> None:
    made = site(tmp_path, podman, project_name, authority, python_image, port)
    # One spelling, in .env: programs in builds and containers get both.
    made.write(".env", f"https_proxy={proxy.url}\n")
    made.run("up", "--detached")
    assert proxy.asked_for(FILES) >= 3  # the index, the package, the file

    archive = tmp_path / "image.tar"
    podman("save", "--output", str(archive), f"localhost/{project_name}_web")
    layers = tmp_path / "layers"
    with tarfile.open(archive) as image:
        image.extractall(layers, filter="data")
    names: list[str] = []
    for layer in layers.rglob("*.tar"):
        with tarfile.open(layer) as content:
            names += content.getnames()
    assert any(name.endswith("/cmdemo.py") for name in names)
    assert not any("container-manager" in name for name in names)
    kept = everything_below(layers)
    assert PASSWORD.encode() not in kept
    assert authority.a_line not in kept
    assert b"ENV SSL_CERT_FILE" not in kept
    told = podman("image", "inspect", f"localhost/{project_name}_web").stdout
    assert not any(
        one.startswith(("SSL_", "PIP_", "http")) for one in json.loads(told)[0]["Config"]["Env"]
    )

    built = everything_below(made.root / "build")
    assert PASSWORD.encode() not in built
    assert authority.a_line not in built
    assert PASSWORD.encode() not in everything_below(made.root / ".container-manager")
    assert PASSWORD not in made.said

    before = proxy.asked_for(FILES)
    script = READ.format(host=FILES, port=port)
    assert "hello from the company" in made.inside("web", f'python3 -c "{script}"')
    assert proxy.asked_for(FILES) == before + 1
    inspected = json.loads(podman("inspect", made.container("web")).stdout)[0]
    assert PASSWORD not in json.dumps(inspected["Config"]["CreateCommand"])
    spared = made.inside("web", "echo $NO_PROXY").strip().split(",")
    assert {"web", "db", made.container("db"), "localhost", "127.0.0.1"} <= set(spared)
    # The template of the other says that it wants none.
    assert made.inside("db", 'echo "<$HTTPS_PROXY$https_proxy>"').strip() == "<>"

    made.run("plan", "--check")
    made.write(".env", f"https_proxy={proxy.url}/\n")
    assert "the variable HTTPS_PROXY changed" in made.run("plan", "--check", code=3)
    assert made.changed_by("up", "--detached") == {"web"}


def test_an_image_is_pulled_through_the_proxy_from_a_registry_of_the_company(
    tmp_path: Path,
    podman: Podman,
    project_name: str,
    sh_image: str,
    authority: Authority,
    proxy: Proxy,
) -> None:
    registry = Registry(tmp_path, podman)
    registry.offer(sh_image)
    host = f"registry{DOMAIN}"
    registry.secure(authority.context(host))
    with registry.serving():
        image = f"{host}:{registry.host.rpartition(':')[2]}/{project_name}:1"
        web = f"services:\n  web: {{image: '{image}'}}\n"
        made = site(
            tmp_path,
            podman,
            project_name,
            authority,
            sh_image,
            1,
            **{"services/web/docker-compose.yml.j2": web, "services/web/Dockerfile.j2": ""},
        )
        try:
            made.run("up", "--detached", environ={"HTTPS_PROXY": proxy.url})
        finally:
            podman("rmi", "--force", image, check=False)
    assert made.states() == {"web": "running"}
    assert proxy.asked_for(host) > 0
    assert PASSWORD not in made.said


@pytest.mark.parametrize("provider", TWO_PROVIDERS)
def test_containers_of_every_provider(
    tmp_path: Path,
    podman: Podman,
    project_name: str,
    sh_image: str,
    authority: Authority,
    provider: str,
) -> None:
    web = """
    services:
      web: {image: IMAGE, volumes: [/data]}
      db: {image: IMAGE, read_only: true, environment: {NO_PROXY: mine, PIP_CERT: /own.pem}}
    """
    files = {
        "config.yml": CONFIG.replace("PORT", "1"),
        "services/docker-compose.yml.j2": ROOT_TEMPLATE,
        "services/web/docker-compose.yml.j2": web,
        "company.pem": authority.file.read_text(),
    }
    made = Site(tmp_path, project_name, podman, files, image=sh_image, provider=provider)
    environ = {"HTTP_PROXY": "http://proxy.company.test:3128", "no_proxy": "lab.example"}
    made.run("up", "--detached", environ=environ)
    for name in ("http_proxy", "HTTP_PROXY"):
        assert made.inside("web", f"echo ${name}").strip() == environ["HTTP_PROXY"]
    assert made.inside("web", "echo $no_proxy").startswith("lab.example,localhost,")
    assert made.inside("db", "echo $NO_PROXY,$no_proxy").strip() == "mine,"
    assert made.inside("db", "echo $PIP_CERT $SSL_CERT_FILE").split() == [
        "/own.pem",
        f"{IN_CONTAINERS}/certificates.pem",
    ]
    for service in ("web", "db"):
        bundle = made.inside(service, "cat $SSL_CERT_FILE")
        assert authority.a_line.decode() in bundle
        assert bundle.count("BEGIN CERTIFICATE") > 1  # the usual ones are there, too
    assert made.changed_by("up", "--detached") == {"web", "db"}  # the proxy is gone
    made.run("up", "--detached")
    renewed = Authority(tmp_path)
    made.write("company.pem", renewed.file.read_text())
    assert "the file of 'ca_certificates' changed" in made.run("plan", "--check", code=3)
    made.run("down")
