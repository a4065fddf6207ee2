"""The key ``kubernetes`` says what is wrong with it, with its line, before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project

from container_manager.errors import ConfigError

FINE: dict[str, Any] = {
    "replicas": 2,
    "resources": {"limits": {"memory": "512Mi", "cpu": 1}},
    "storage": {"data": {"size": "10Gi", "class": "fast", "access": "ReadWriteMany"}},
    "exposure": {"type": "Ingress", "host": "lab.example.org"},
    "binds": {"/etc/app": "files"},
    "containers": {"web": {"replicas": 1, "secretRef": "vault"}},
}


def test_what_is_right_is_taken(project: Project) -> None:
    said = {"registry": "registry.example.org:5000/lab", "namespace": "lab", "context": "prod"}
    project.deploy("web", more={"kubernetes": said}, kubernetes=FINE)
    assert project.config().values["kubernetes"] == said


def test_a_variable_may_stand_for_anything(project: Project) -> None:
    project.deploy("web", kubernetes={"replicas": "${REPLICAS}"})
    project.config(REPLICAS="3")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"replicas": "two"}, "'framework.services.web.kubernetes.replicas' must be a whole"),
        ({"replicas": True}, "must be a whole number from 0 on"),
        ({"replica": 2}, "'replica' means nothing here"),
        ({"resources": {"limits": {"memory": "512MBytes"}}}, "must be an amount"),
        ({"storage": {"data": {"acces": "x"}}}, "'acces' means nothing here"),
        ({"storage": {"data": {"access": "Everybody"}}}, "must be one of ReadWriteOnce"),
        ({"exposure": "Internet"}, "must be one of none, Ingress"),
        ({"binds": {"/etc/app": "copy"}}, "must be one of files, volume, leave_out"),
        ({"containers": {"web": {"liveness": "often"}}}, "containers.web.liveness' must be true"),
        ({"ports": [0]}, "must be a port from 1 to 65535"),
        ([], "must be a mapping of replicas"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told(project: Project, said: Any, told: str) -> None:
    project.deploy("web", kubernetes=said)
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert told in refusal.text
    assert refusal.messages[0].startswith("config.yml:")


def test_a_near_miss_gets_a_hint_and_all_are_told_at_once(project: Project) -> None:
    said = {"registri": "r", "namespace": "Lab_1"}
    project.deploy("web", more={"kubernetes": said})
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.remedies[0] == "Did you mean 'registry'?"
    assert "'kubernetes.namespace' must be a name" in refusal.messages[1]
