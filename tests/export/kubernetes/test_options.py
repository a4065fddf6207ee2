"""What stands below a key that is carried over, and is lost, is told as well."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.export.kubernetes.stacks import on_cluster

NET: dict[str, Any] = {"networks": {"n": {}}}

LOST: dict[str, dict[str, Any]] = {
    "networks.n.ipv4_address": {"networks": {"n": {"ipv4_address": "10.1.2.3"}}},
    "depends_on.b.restart": {
        "depends_on": {"b": {"condition": "service_started", "restart": True}}
    },
    "pull_policy": {"pull_policy": "daily"},
    "tmpfs": {"tmpfs": ["/run:mode=700,size=1m"]},
    "volumes.tmpfs.mode": {
        "volumes": [{"type": "tmpfs", "target": "/t", "tmpfs": {"mode": 0o700, "size": "1m"}}]
    },
}


@pytest.mark.parametrize("key", LOST)
def test_an_option_that_is_lost(project: Project, key: str) -> None:
    made = on_cluster(project, top=NET, web={"networks": ["n"], **LOST[key]}, b={})
    assert made.lost == [key]
    assert made.manifests.warnings[0].where is not None
    accepted = on_cluster(
        project, {"accept": [key]}, top=NET, web={"networks": ["n"], **LOST[key]}, b={}
    )
    assert accepted.lost == []


def test_what_is_said_of_a_network_is_told_once(project: Project) -> None:
    top = {"networks": {"n": {"internal": True, "driver": "macvlan"}}}
    made = on_cluster(project, top=top, a={"networks": ["n"]}, b={"networks": ["n"]})
    assert made.lost == ["networks.n.driver", "networks.n.internal"]


def test_options_that_are_carried_over_are_not_lost(project: Project) -> None:
    volume = {"type": "tmpfs", "target": "/t", "tmpfs": {"size": 1048576}}
    made = on_cluster(project, web={"pull_policy": "always", "volumes": [volume]})
    assert made.lost == []
    (source,) = made.pod()["volumes"]
    assert source["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Mi"}
