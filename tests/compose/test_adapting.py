"""What Docker Compose is given instead of what podman-compose understands, and what it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.compose.reading import read

from container_manager.compose.adapting import for_compose_v2, needed_networks, needed_volumes
from container_manager.compose.capabilities import (
    CAPABILITIES,
    COMPOSE_V2,
    PODMAN_COMPOSE,
    as_markdown,
)
from container_manager.compose.division import divided, in_turns, lacking
from container_manager.compose.model import Stack
from container_manager.compose.overlay import Overlay, dumped
from container_manager.compose.resources import network_arguments, volume_arguments

SERVICES = """
services:
  web:
    image: localhost/web
    depends_on: [db]
    volumes: [data:/data, /scratch]
  db:
    image: localhost/db
    environment: {PASSWORD: "${DB_PASSWORD}"}
    networks: [back]
    stop_grace_period: 3s
volumes: {data: {}, other: {}}
networks:
  back: {internal: true}
"""


def adapted(stack: Stack, *names: str) -> dict[str, Any]:
    """Our own compose file as Docker Compose gets it; ``!reset`` reads as None."""
    secrets = {"db": {"PASSWORD": "hidden"}}
    document = Overlay(constant={"ours": "1"}, secrets=secrets).document(stack)
    text = dumped(for_compose_v2(document, stack, names))
    text = text.replace("!reset 'null'", "null").replace("!override", "")
    return dict(yaml.safe_load(text))


def external(name: str) -> dict[str, Any]:
    return {"external": True, "name": name}


def test_it_sees_the_services_that_it_makes_and_what_they_use() -> None:
    document = adapted(read(SERVICES, environ={"DB_PASSWORD": "hidden"}), "web")
    assert document["services"]["db"] is None
    web = document["services"]["web"]
    assert web["container_name"] == "lab_web_1"
    assert web["depends_on"] is None
    assert web["stop_grace_period"] == "10s"
    assert web["networks"] == {"back": {}}  # the only one that is declared
    assert web["volumes"] == [{"type": "volume", "source": "web.0", "target": "/scratch"}]
    assert document["networks"] == {"default": None, "back": external("lab_back")}
    scratch = "lab_web_ad8614040b5f286a671c8f0c43aebe946683c987f3b029515b29a9d4834f4b4f"
    assert document["volumes"] == {
        "data": external("lab_data"), "other": None, "web.0": external(scratch),
    }  # fmt: skip


def test_what_a_template_says_stays_and_no_secret_is_in_it() -> None:
    stack = read(SERVICES, environ={"DB_PASSWORD": "hidden"})
    document = adapted(stack, "db")
    db = document["services"]["db"]
    assert not db.keys() & {"stop_grace_period", "networks", "secrets", "environment"}
    assert "hidden" not in str(document)


def test_networks_and_volumes_are_made_for_it_as_podman_compose_makes_them() -> None:
    text = """
services:
  web: {image: localhost/web, networks: [front, theirs], volumes: [data:/data, given:/given, /x]}
  silent: {image: localhost/web}
volumes:
  data: {labels: [mine=1], driver: local, driver_opts: {type: tmpfs, device: tmpfs}}
  given: {external: true}
networks:
  theirs: {external: true, name: corporate}
  front:
    name: fronting
    driver: bridge
    driver_opts: {mtu: 1400}
    enable_ipv6: true
    internal: true
    labels: {team: blue}
    x-podman.disable_dns: true
    ipam:
      driver: host-local
      config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.1, ip_range: 10.9.0.8/29}]
"""
    stack = read(text)
    networks = needed_networks(stack, ["web", "silent"])
    assert list(networks) == ["fronting", "lab_default"]
    ours: dict[str, Any] = {"project": "lab", "labels": {"ours": "1"}}
    project = ["--label=com.docker.compose.project=lab", "--label=io.podman.compose.project=lab"]
    assert network_arguments("fronting", networks["fronting"], **ours) == [
        *("create", *project, "--label=team=blue", "--label=ours=1", "--internal"),
        *("--driver", "bridge", "--opt=mtu=1400", "--ipam-driver", "host-local", "--ipv6"),
        *("--disable-dns", "--subnet", "10.9.0.0/24", "--ip-range", "10.9.0.8/29"),
        *("--gateway", "10.9.0.1", "fronting"),
    ]
    assert network_arguments("lab_default", None, **ours) == [
        *("create", *project, "--label=ours=1", "lab_default")
    ]
    volumes = needed_volumes(stack, ["web"])
    named, anonymous = volumes
    assert named == "lab_data"
    assert volume_arguments(named, volumes[named], **ours) == [
        *("create", *project, "--label=mine=1", "--label=ours=1", "--driver", "local"),
        *("--opt=type=tmpfs", "--opt=device=tmpfs", "lab_data"),
    ]
    # Without our labels: podman-compose gives it none, and it goes with its container.
    assert volume_arguments(anonymous, None, **ours) == ["create", *project, anonymous]


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ("environment: {KEY: '${API_KEY}'}", "env_secrets"),
        ("secrets: [kept]", "external_secrets"),
        ("env_file: [odd.env]", "literal_env_file"),
        ("env_file: [plain.env]", None),
        ("network_mode: service:other", "foreign_namespaces"),
        ("ipc: container:somebody", "foreign_namespaces"),
        ("links: [other]", "foreign_namespaces"),
        ("annotations: {a: b}", "annotations"),
        ("volumes: [{type: tmpfs, target: /x, tmpfs: {size: 1m}}]", "tmpfs_mode"),
        ("healthcheck: {test: [CMD, sh, -c, 'a; b']}", "health_words"),
        ("volumes: [{type: tmpfs, target: /x}, data:/data]", None),
        ("x-podman.no_hosts: true", "podman_keys"),
        ("devices: [vendor.com/thing=one]", "cdi_devices"),
        ("devices: ['/dev/null:/dev/nothing']", None),
        ("ports: ['8080:80']\nuser: '7'", None),
    ],
)
def test_what_a_service_needs_decides_who_makes_it(
    tmp_path: Path, body: str, row: str | None
) -> None:
    (tmp_path / "odd.env").write_text("A=b $c\n")
    (tmp_path / "plain.env").write_text("# a remark\n\nA=b\nC=/x,y:z@1\n")
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    text = f"services:\n  web:\n    image: localhost/x\n{indented}"
    text += "  other: {image: localhost/x}\n"
    text += "volumes: {data: {}}\nsecrets: {kept: {external: true}}\n"
    stack = read(text, environ={"API_KEY": "long-enough-value"}, base=tmp_path)
    assert lacking(COMPOSE_V2, stack, stack.services["web"]) == ((row,) if row else ())
    assert lacking(PODMAN_COMPOSE, stack, stack.services["web"]) == ()


def test_what_lives_in_another_container_is_made_after_it() -> None:
    text = """
services:
  last: {image: localhost/x, network_mode: service:side}
  side: {image: localhost/x, network_mode: "container:lab_web_1"}
  web: {image: localhost/x, depends_on: [db]}
  db: {image: localhost/x}
"""
    stack = read(text)
    assert in_turns(stack, list(stack.services)) == [["web", "db"], ["side"], ["last"]]
    assert in_turns(stack, ["last"]) == [["last"]]
    assert divided(["web", "side"], lambda name: ["x"] if name == "side" else []) == (
        ["web"], ["side"],
    )  # fmt: skip


def test_every_difference_is_answered_and_documented() -> None:
    for key, row in CAPABILITIES.items():
        assert (row.podman_compose == row.compose_v2) or row.ours, f"{key}: who evens it out?"
    root = Path(__file__).parents[2]
    assert as_markdown() in (root / "docs" / "providers.md").read_text(encoding="utf-8")
