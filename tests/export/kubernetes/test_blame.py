"""What a cluster would refuse is told as the line that it comes from, and never as our mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Project
from tests.export.kubernetes.stacks import on_cluster

from container_manager.errors import ConfigError, Location
from container_manager.export.kubernetes.blame import faults
from container_manager.model import Node

DATA: dict[str, Any] = {"volumes": {"data": {}}}
PLACE = "services/framework/web/docker-compose.yml.j2:"

OF_COMPOSE: dict[str, dict[str, Any]] = {
    "dns": {"dns": ["ns.example.org"]},
    "dns_search": {"dns_search": ["Lab.Local"]},
    "extra_hosts": {"extra_hosts": ["My_Host:10.0.0.1"]},
    "cap_add": {"cap_add": ["net-raw"]},
    "sysctls": {"sysctls": {"Net.X": "1"}},
    "platform": {"platform": "lin ux"},
    "group_add": {"group_add": ["99999999999"]},
    "stop_grace_period": {"stop_grace_period": "999999h"},
    "tmpfs": {"tmpfs": ["run"]},
    "labels": {"labels": {f"k{i}": "x" * 120_000 for i in range(3)}},
}


@pytest.mark.parametrize("key", OF_COMPOSE)
def test_a_key_of_a_compose_file(project: Project, key: str) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, web=OF_COMPOSE[key])
    (message,) = refusal.messages
    assert message.startswith(PLACE)
    assert (
        f"'{key}' of the service 'web' is nothing that a cluster takes. Deployment web" in message
    )


@pytest.mark.parametrize("below", ["/etc", "../up", "a/../../up"])
def test_what_leads_out_of_a_volume(project: Project, below: str) -> None:
    mount = {"type": "volume", "source": "data", "target": "/d", "volume": {"subpath": below}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, top=DATA, web={"volumes": [mount]})
    assert "'volumes' of the service 'web' is nothing that a cluster takes" in refusal.text


def test_a_file_whose_name_no_config_map_takes(project: Project) -> None:
    project.write("services/framework/web/conf/..data/a", "x")
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, web={"volumes": ["./framework/web/conf:/c:ro"]})
    (message,) = refusal.messages
    assert "configMap.items[0].path cannot be '..data/a'" in message


OF_CONFIGURATION: dict[str, tuple[dict[str, Any], str]] = {
    "replicas": ({"replicas": 99999999999, "stateful": True}, "replicas"),
    "an image": ({"image": "a b"}, "image"),
    "a secret": ({"secretRef": "a..b"}, "secretRef"),
    "a host": ({"exposure": {"type": "Ingress", "host": "a..b"}}, "exposure"),
    "a path": ({"exposure": {"type": "Ingress", "path": "x"}}, "exposure"),
    "more than the limit": ({"resources": {"requests": {"memory": "2Gi"}}}, "resources"),
    "nothing to store": ({"storage": {"data": {"size": "0"}}}, "storage"),
    "of one container": ({"containers": {"web": {"image": "a b"}}}, "containers.web.image"),
}


@pytest.mark.parametrize("what", OF_CONFIGURATION)
def test_a_key_of_the_configuration(project: Project, what: str) -> None:
    asked, key = OF_CONFIGURATION[what]
    project.write(".env", "WEB_TOKEN=hunter-4711\n")
    said = {
        "ports": ["127.0.0.1:80:80"],
        "volumes": ["data:/d"],
        "mem_limit": "64m",
        "environment": {"WEB_TOKEN": "${WEB_TOKEN}"},
    }
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, asked, top=DATA, web=said)
    (message,) = refusal.messages
    assert message.startswith("config.yml:")
    assert f"'framework.services.web.kubernetes.{key}' is nothing that a cluster takes" in message


def test_a_key_for_all(project: Project) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, more={"kubernetes": {"image_pull_secrets": ["a..b"]}}, web={})
    assert "config.yml:" in refusal.messages[0]
    assert "'kubernetes.image_pull_secrets' is nothing that a cluster takes" in refusal.messages[0]


@pytest.mark.parametrize("entry", ["99999", "0", "20-10", "abc", "80-99999"])
def test_what_is_exposed_is_a_port(project: Project, entry: str) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, web={"expose": [entry]})
    (message,) = refusal.messages
    assert f"The service 'web' exposes '{entry}', which is no port" in message


OURS: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "a", "labels": {}},
}
ANNOTATED = {**OURS["metadata"], "annotations": {"big": "x" * 300_000}}


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([OURS, OURS], "ConfigMap a: there are two of them."),
        ([{**OURS, "data": {"a": "x" * (1 << 20)}}], "ConfigMap a: it is larger than 1 MiB."),
        (
            [{**OURS, "metadata": ANNOTATED}],
            "ConfigMap a: its annotations are larger than 256 KiB.",
        ),
    ],
    ids=["twice", "large", "annotations"],
)
def test_what_comes_from_no_service_is_our_mistake(objects: list[Any], told: str) -> None:
    (problem,) = faults(objects, {}, (), Node(value={}, where=Location(Path("config.yml"))))
    assert problem.message == f"{told} This is a mistake of ours."
