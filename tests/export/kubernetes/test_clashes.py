"""Names are made shorter for a cluster: what would be the same there is told, and never shared."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.export.kubernetes.stacks import on_cluster

from container_manager.errors import ConfigError


def test_two_volumes_never_become_one(project: Project) -> None:
    top: dict[str, Any] = {"volumes": {"data_a": {}, "data-a": {}}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, top=top, web={"volumes": ["data_a:/a", "data-a:/b"]})
    assert (
        "The service 'web' uses the volume 'data-a', which would be called 'data-a' on a cluster, "
        "as the volume 'data_a' is." in refusal.messages[0]
    )


def test_nor_do_one_of_the_stack_and_one_that_is_there(project: Project) -> None:
    top: dict[str, Any] = {"volumes": {"data": {}, "old": {"external": True, "name": "data"}}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, top=top, a={"volumes": ["data:/a"]}, b={"volumes": ["old:/b"]})
    assert "the volume 'data' that is there already" in refusal.messages[0]


def test_nor_do_paths_of_the_host_that_become_volumes(project: Project) -> None:
    asked = {"binds": {"/d/a": "volume", "/d-a": "volume"}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, asked, web={"volumes": ["/srv/x:/d/a", "/srv/y:/d-a"]})
    assert "called 'web-d-a' on a cluster: of /d/a and of /d-a." in refusal.messages[0]


@pytest.mark.parametrize("other", ["db-key", "DB.key"])
def test_two_secrets_never_become_one(project: Project, other: str) -> None:
    for name in ("a", "b"):
        project.write(f"services/framework/web/{name}.txt", name * 9)
    files = {"db_key": "./framework/web/a.txt", other: "./framework/web/b.txt"}
    top = {"secrets": {name: {"file": path} for name, path in files.items()}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, top=top, web={"secrets": [*files]})
    assert "'db-key' on a cluster, as the secret 'db_key' is." in refusal.messages[0]


def test_a_file_and_the_variables_of_a_service_are_not_the_same_secret(project: Project) -> None:
    project.write(".env", "API_TOKEN=hunter-4711\n")
    project.write("services/framework/web/a.txt", "a" * 9)
    top = {"secrets": {"web-environment": {"file": "./framework/web/a.txt"}}}
    said = {"secrets": ["web-environment"], "environment": {"API_TOKEN": "${API_TOKEN}"}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, top=top, web=said)
    assert "the Secret of the variables of 'web'" in refusal.messages[0]


def test_two_services_do_not_ask_for_one_port_of_the_nodes(project: Project) -> None:
    asked = {"exposure": {"type": "NodePort", "node_port": 30080}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, asked, a={"ports": ["80:80"]}, b={"ports": ["81:81"]})
    assert "'b' asks for the port 30080 of every node, as 'a' does." in refusal.messages[0]
