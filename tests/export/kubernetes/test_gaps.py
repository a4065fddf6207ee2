"""Nothing gets lost in silence: each key of compose is carried over, told of, or refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.export.kubernetes.stacks import on_cluster

from container_manager.compose.keys import SERVICE
from container_manager.errors import ConfigError
from container_manager.export.kubernetes.gaps import CARRIED, LOST, REFUSED


def test_every_key_of_a_service_has_its_place() -> None:
    tables = [CARRIED, LOST.keys(), REFUSED.keys()]
    assert sorted(key for table in tables for key in table) == sorted(SERVICE | {"provider"})


def test_what_is_lost_is_told_with_its_line_reason_and_remedy(project: Project) -> None:
    made = on_cluster(project, web={"image": "example.org/a", "pids_limit": 64})
    (warning,) = made.manifests.warnings
    assert str(warning).splitlines() == [
        "services/framework/web/docker-compose.yml.j2:5: 'pids_limit' of the service 'web' is "
        "not carried over: the nodes of a cluster decide that.",
        "  Ask the administrators of the cluster, or accept it: "
        "kubernetes: {accept: [pids_limit]}.",
    ]


def test_all_of_it_is_an_error_when_we_are_strict(project: Project) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, strict=True, web={"init": True, "ulimits": {"nofile": 1024}})
    assert [message.split("'")[1] for message in refusal.messages] == ["init", "ulimits"]


def test_what_is_known_and_wanted_may_be_accepted(project: Project) -> None:
    asked = {"accept": ["init"]}
    assert on_cluster(project, asked, strict=True, web={"init": True}).lost == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("logging", {"driver": "none"}),
        ("stop_signal", "SIGINT"),
        ("cpu_shares", 512),
        ("deploy", {"placement": {"constraints": ["node.role == manager"]}}),
        ("deploy", {"resources": {"limits": {"pids": 10}}}),
        ("security_opt", ["label=disable"]),
        ("labels", {"a b": "c"}),
        ("hostname", "under_score"),
    ],
    ids=["logging", "signal", "shares", "placement", "pids", "label", "labels", "hostname"],
)
def test_a_key_that_is_lost(project: Project, key: str, value: Any) -> None:
    lost = on_cluster(project, web={key: value}).lost
    assert [one.partition(".")[0] for one in lost] == [key]


@pytest.mark.parametrize(
    "said",
    [
        {"privileged": True},
        {"devices": ["/dev/fuse"]},
        {"network_mode": "host"},
        {"pid": "host"},
        {"ipc": "host"},
        {"user": "postgres"},
        {"group_add": ["video"]},
        {"volumes": ["/var/run/docker.sock:/var/run/docker.sock"]},
    ],
    ids=["privileged", "devices", "network", "pid", "ipc", "user", "group", "socket"],
)
def test_what_cannot_be_is_refused_with_what_to_do(project: Project, said: dict[str, Any]) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, web=said)
    assert "docker-compose.yml.j2:" in refusal.messages[0]
    assert refusal.remedies[0]


def test_all_that_cannot_be_is_told_at_once(project: Project) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, web={"privileged": True, "pid": "host"}, api={"devices": ["/dev/kvm"]})
    assert len(refusal.messages) == 3


def test_what_is_asked_for_a_name_that_leads_to_nothing_is_told(project: Project) -> None:
    asked = {
        "storage": {"dta": {"size": "5Gi"}},
        "binds": {"/nowhere": "files"},
        "containers": {"wbe": {"replicas": 2}},
    }
    top: dict[str, Any] = {"volumes": {"data": {}}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, asked, top=top, web={"volumes": ["data:/data"]})
    assert [message.split("'")[3] for message in refusal.messages] == ["wbe", "dta", "/nowhere"]
    assert refusal.messages[0].startswith("config.yml:")
    assert refusal.remedies[:2] == ["Did you mean 'web'?", "Did you mean 'data'?"]


@pytest.mark.parametrize(
    "key", ["annotations", "extra_hosts", "labels", "secrets", "sysctls", "tmpfs"]
)
def test_what_nobody_can_read_is_told(project: Project, key: str) -> None:
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, web={key: -1})
    (message,) = refusal.messages
    assert f"The service 'web' has '{key}' that nobody can read: '-1'." in message
