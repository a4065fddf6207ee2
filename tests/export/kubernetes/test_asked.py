"""What is asked for by way of variables, which are texts: read as what they stand for."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.export.kubernetes.stacks import on_cluster

from container_manager.errors import ConfigError

WEB: dict[str, Any] = {"ports": ["127.0.0.1:80:80"], "healthcheck": {"test": "true"}}


def test_a_text_that_says_false_is_false(project: Project) -> None:
    project.write(".env", "NO=false\n")
    asked = {"autoscaled": "${NO}", "stateful": "${NO}", "liveness": "${NO}"}
    made = on_cluster(project, asked, web=WEB)
    assert made.get("Deployment")["spec"]["replicas"] == 1
    assert "livenessProbe" not in made.container()


def test_ports_are_numbers(project: Project) -> None:
    project.write(".env", "PORT=80\nNODE=30080\n")
    asked = {"exposure": {"type": "NodePort", "port": "${PORT}", "node_port": "${NODE}"}}
    made = on_cluster(project, asked, web=WEB)
    (port,) = made.get("Service")["spec"]["ports"]
    assert (port["port"], port["nodePort"]) == (80, 30080)


@pytest.mark.parametrize(
    ("asked", "value", "told"),
    [
        ({"replicas": "${N}"}, "x", "'kubernetes.replicas' of 'web' is 'x', which is no whole"),
        ({"autoscaled": "${N}"}, "nein", "'nein', neither true nor false"),
        ({"ports": ["${N}"]}, "99999", "'kubernetes.ports' of 'web' is 99999, and ports are"),
        ({"exposure": {"type": "Ingress", "port": "${N}"}}, "0", "exposure.port' of 'web' is 0"),
        ({"exposure": "${N}"}, "ingress", "'ingress', and not one of none, Ingress, NodePort"),
    ],
    ids=["replicas", "flag", "port", "exposed port", "exposure"],
)
def test_what_a_variable_says_wrong_is_told(
    project: Project, asked: dict[str, Any], value: str, told: str
) -> None:
    project.write(".env", f"N={value}\n")
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, asked, web=WEB)
    assert told in refusal.text


def test_a_secret_is_nothing_to_ask_for(project: Project) -> None:
    project.write(".env", "API_TOKEN=hunter-4711\n")
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, {"image": "example.org/${API_TOKEN}"}, web=WEB)
    assert "'kubernetes' of 'web' holds the secret example.org/${API_TOKEN}" in refusal.text


def test_nor_for_all(project: Project) -> None:
    project.write(".env", "API_TOKEN=hunter-4711\n")
    more = {"kubernetes": {"registry": "registry.example.org/${API_TOKEN}"}}
    with project.refuses(ConfigError, written=True) as refusal:
        on_cluster(project, more=more, web=WEB)
    assert "'kubernetes.registry' holds the secret" in refusal.text


def test_a_side_of_resources_with_nothing_behind_it_says_nothing(project: Project) -> None:
    asked = {"resources": {"limits": None, "requests": {"cpu": None, "memory": "32Mi"}}}
    made = on_cluster(project, asked, web={"cpus": 2})
    assert made.container()["resources"] == {
        "limits": {"cpu": "2"},
        "requests": {"memory": "32Mi"},
    }


class TestExposure:
    def test_a_port_that_it_does_not_listen_at_is_refused(self, project: Project) -> None:
        asked = {"exposure": {"type": "Ingress", "port": 9}}
        with project.refuses(ConfigError, written=True) as refusal:
            on_cluster(project, asked, web=WEB)
        assert "from outside at its port 9, and it listens at 80/tcp." in refusal.text

    def test_an_ingress_leads_to_no_udp(self, project: Project) -> None:
        with project.refuses(ConfigError, written=True) as refusal:
            on_cluster(project, {"exposure": "Ingress"}, web={"ports": ["53:53/udp"]})
        assert "from outside by HTTP, and it listens at 53/udp." in refusal.text

    def test_an_ingress_takes_the_first_port_of_tcp(self, project: Project) -> None:
        made = on_cluster(project, {"exposure": "Ingress"}, web={"ports": ["53:53/udp", "80:80"]})
        (rule,) = made.get("Ingress")["spec"]["rules"]
        assert rule["http"]["paths"][0]["backend"]["service"]["port"] == {"number": 80}
