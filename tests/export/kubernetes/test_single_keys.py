"""What is told of single keys on the way to a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.export.kubernetes.stacks import REGISTRY, on_cluster

from container_manager.errors import ConfigError

DATA: dict[str, Any] = {"volumes": {"data": {}}}


@pytest.mark.parametrize(
    ("said", "top", "message"),
    [
        (
            {"secrets": [{"source": "key", "mode": 256}]},
            {"secrets": {"key": {"file": "/etc/hostname"}}},
            "'secrets' of the service 'web' is not carried over: who may read it is a matter of "
            "the whole pod.",
        ),
        (
            {"volumes": ["data:/data:U,noexec"]},
            DATA,
            "'volumes' of the service 'web' is not carried over: the options U, noexec of a mount "
            "are Podman's.",
        ),
        (
            {"volumes": ["data:/data"]},
            {"volumes": {"data": {"driver_opts": {"type": "tmpfs", "device": "tmpfs"}}}},
            "'volumes.data.driver_opts' of the service 'web' is not carried over: where its data "
            "lie is the matter of a storage class.",
        ),
        (
            {"container_name": "The.Web"},
            None,
            "'container_name' of the service 'web' is not carried over: in a cluster nothing can "
            "be called 'The.Web'.",
        ),
        (
            {"networks": {"default": {"aliases": ["The.Web"]}}},
            None,
            "'networks' of the service 'web' is not carried over: in a cluster nothing can be "
            "called 'The.Web'.",
        ),
    ],
)
def test_what_is_not_carried_over(
    project: Project, said: dict[str, Any], top: dict[str, Any] | None, message: str
) -> None:
    told = [one.message for one in on_cluster(project, top=top, web=said).manifests.warnings]
    assert message in told, told


def test_a_service_that_others_speak_of_by_a_name_that_no_cluster_has(project: Project) -> None:
    named = {"container_name": "my_web"}
    made = on_cluster(
        project, stack={"my_web": named}, web={"environment": {"API": "http://my_web:80"}}
    )
    assert (
        "'container_name' of the service 'my_web' is not carried over: in a cluster nothing can be "
        "called 'my_web'; it is reached as 'my-web'."
    ) in [one.message for one in made.manifests.warnings]


@pytest.mark.parametrize(
    ("said", "asked", "message"),
    [
        ({"command": "sh -c 'unclosed"}, None, "has 'command' that is no command: No closing"),
        (
            {"environment": {"9 LIVES": "yes"}},
            None,
            "has the variable '9 LIVES', a name that Kubernetes does not take.",
        ),
        (
            {"environment": {"A/B": "${DB_PASSWORD}"}},
            None,
            "holds a secret in the variable 'A/B', a name that no Secret can hold.",
        ),
        (
            {"volumes": ["data:/data"]},
            {"autoscaled": True},
            "is to run any number of times, and its volume 'data' has one writer.",
        ),
        (
            {"volumes": [{"type": "image", "source": "x", "target": "/x"}]},
            None,
            "mounts a volume of the kind 'image'.",
        ),
        (
            {"ports": ["80"]},
            {"exposure": {"type": "NodePort", "node_port": "${PORT}"}},
            "'kubernetes.exposure.node_port' of 'web' is 70000, and ports are from 1 to",
        ),
    ],
)
def test_what_is_refused(
    project: Project, said: dict[str, Any], asked: dict[str, Any] | None, message: str
) -> None:
    environ = {"DB_PASSWORD": "hunter2hunter2", "PORT": "70000"}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, asked, top=DATA, environ=environ, web=said)
    assert message in refusal.text


@pytest.mark.parametrize(
    ("others", "told"),
    [(["one"], "and so does 'web'."), (["one", "two"], "and so do 'two', 'web'.")],
)
def test_images_that_only_this_machine_has_are_one_problem(
    project: Project, others: list[str], told: str
) -> None:
    local = {"image": "localhost/app"}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, more={"kubernetes": {}}, stack=dict.fromkeys(others, local), web=local)
    assert told in refusal.text


def test_a_switch_of_the_project_is_true_or_false(project: Project) -> None:
    more = {"kubernetes": {**REGISTRY["kubernetes"], "network_policies": "${POLICIES}"}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, more=more, environ={"POLICIES": "some"}, web={})
    assert "'kubernetes.network_policies' of the project is " in refusal.text
    assert "neither true nor false." in refusal.text
