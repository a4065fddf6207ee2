"""Each row of the mapping table that is about being reached."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.export.kubernetes.stacks import REGISTRY, on_cluster

from container_manager.errors import ConfigError


def ports(service: Any) -> list[tuple[int, str]]:
    return [(port["port"], port["protocol"]) for port in service["spec"]["ports"]]


class TestNames:
    def test_a_service_listens_at_the_port_of_the_container(self, project: Project) -> None:
        made = on_cluster(project, web={"ports": ["127.0.0.1:27018:27017", "53:53/udp"]})
        assert ports(made.get("Service")) == [(27017, "TCP"), (53, "UDP")]
        assert [p["containerPort"] for p in made.container()["ports"]] == [27017, 53]

    def test_ports_that_are_exposed_or_asked_for_count_too(self, project: Project) -> None:
        made = on_cluster(project, {"ports": [9000]}, web={"expose": ["8000-8001"]})
        assert [number for number, _ in ports(made.get("Service"))] == [8000, 8001, 9000]

    def test_a_port_that_others_ask_for_is_found_in_what_they_say(self, project: Project) -> None:
        url = {"environment": {"DB": "mongodb://app:${DB_PASSWORD}@db:27017/x"}}
        made = on_cluster(project, environ={"DB_PASSWORD": "p"}, web=url, db={})
        assert ports(made.get("Service", "db")) == [(27017, "TCP")]

    def test_without_a_known_port_the_name_leads_to_the_pod(self, project: Project) -> None:
        assert on_cluster(project, web={}).get("Service")["spec"]["clusterIP"] == "None"

    def test_every_name_that_others_use_leads_there(self, project: Project) -> None:
        web = {"container_name": "portal", "networks": {"default": {"aliases": ["www"]}}}
        made = on_cluster(project, web=web, other={"links": ["web:front"]})
        assert made.names("Service") == ["web", "portal", "www", "front", "other"]
        assert made.get("Service", "www")["spec"] == made.get("Service")["spec"]

    def test_a_name_that_no_service_can_have_is_told_where_it_is_used(
        self, project: Project
    ) -> None:
        made = on_cluster(project, web={"environment": {"API": "http://the_api:80"}}, the_api={})
        assert made.names("Service") == ["web", "the-api"]
        assert "nothing can be called 'the_api'" in made.manifests.warnings[0].message
        assert on_cluster(project, web={}, the_api={}).lost == []

    def test_two_that_would_have_one_name_are_refused(self, project: Project) -> None:
        with project.refuses(ConfigError, written=True) as refusal:
            on_cluster(project, stack={"the_api": {}, "the-api": {}})
        assert "would be called 'the-api' on a cluster, as 'the_api' is" in refusal.text

    def test_hosts_and_name_servers_come_along(self, project: Project) -> None:
        said = {"extra_hosts": ["ioc:10.0.0.7"], "dns": "10.0.0.1", "dns_search": ["lab.local"]}
        pod = on_cluster(project, web={**said, "hostname": "front"}).pod()
        assert pod["hostAliases"] == [{"ip": "10.0.0.7", "hostnames": ["ioc"]}]
        assert pod["dnsConfig"] == {"nameservers": ["10.0.0.1"], "searches": ["lab.local"]}
        assert pod["hostname"] == "front"

    def test_there_is_no_gateway_to_a_host(self, project: Project) -> None:
        with project.refuses(ConfigError, written=True) as refusal:
            on_cluster(project, web={"extra_hosts": ["up:host-gateway"]})
        assert "knows 'up' as host-gateway: pods have no such host" in refusal.text

    def test_a_platform_chooses_nodes(self, project: Project) -> None:
        pod = on_cluster(project, web={"platform": "linux/arm64"}).pod()
        assert pod["nodeSelector"] == {"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"}


WEB = {"ports": ["0.0.0.0:80:8080"]}


class TestExposure:
    def test_a_port_for_others_needs_a_word_and_one_for_here_none(self, project: Project) -> None:
        assert on_cluster(project, web=WEB).lost == ["ports"]
        assert on_cluster(project, {"exposure": "none"}, web=WEB).lost == []
        assert on_cluster(project, web={"ports": ["127.0.0.1:80:8080"]}).lost == []

    def test_an_ingress_leads_there(self, project: Project) -> None:
        exposure = {"type": "Ingress", "host": "lab.example.org", "tls_secret": "lab-tls"}
        said = {"kubernetes": {"ingress_class": "nginx", "registry": "r.example.org"}}
        made = on_cluster(project, {"exposure": exposure}, more=said, web=WEB)
        spec = made.get("Ingress")["spec"]
        assert spec["ingressClassName"] == "nginx"
        assert spec["tls"] == [{"hosts": ["lab.example.org"], "secretName": "lab-tls"}]
        (rule,) = spec["rules"]
        assert rule["host"] == "lab.example.org"
        backend = rule["http"]["paths"][0]["backend"]
        assert backend == {"service": {"name": "web", "port": {"number": 8080}}}
        assert made.lost == []

    @pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
    def test_the_service_itself_may_be_opened(self, project: Project, kind: str) -> None:
        made = on_cluster(project, {"exposure": kind}, web=WEB)
        assert made.get("Service")["spec"]["type"] == kind

    def test_what_has_no_port_cannot_be_opened(self, project: Project) -> None:
        with project.refuses(ConfigError, written=True) as refusal:
            on_cluster(project, {"exposure": "NodePort"}, web={})
        assert "no port of it is known" in refusal.text


def test_who_shares_no_network_is_kept_out_where_that_is_asked_for(project: Project) -> None:
    said = {"kubernetes": {**REGISTRY["kubernetes"], "network_policies": True}}
    made = on_cluster(
        project,
        more=said,
        top={"networks": {"front": {}, "back": {}}},
        web={"networks": ["front", "back"]},
        db={"networks": ["back"]},
        proxy={"networks": ["front"]},
    )
    (rule,) = made.get("NetworkPolicy", "db")["spec"]["ingress"]
    names = [p["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for p in rule["from"]]
    assert names == ["db", "web"]
    assert on_cluster(project, web={}).names("NetworkPolicy") == []


class TestImages:
    def test_what_is_built_here_goes_to_the_registry(self, project: Project) -> None:
        project.write("services/framework/web/Dockerfile", "FROM example.org/base:1\n")
        made = on_cluster(project, web={"build": "./framework/web", "image": None})
        (need,) = made.manifests.images
        assert (need.service, need.built) == ("web", True)
        assert need.target == made.container()["image"]
        assert need.target.startswith("registry.example.org/lab/")

    def test_images_of_others_are_pulled_as_they_are_named(self, project: Project) -> None:
        made = on_cluster(project, web={"image": "docker.io/library/nginx:1.27"})
        (need,) = made.manifests.images
        assert (need.target, need.built) == ("docker.io/library/nginx:1.27", False)

    def test_what_only_this_machine_has_is_refused(self, project: Project) -> None:
        said = {"kubernetes": {"namespace": "lab"}}
        with project.refuses(ConfigError, written=True) as refusal:
            on_cluster(project, more=said, web={"image": "localhost/app"})
        assert "which only this machine has" in refusal.text
        assert "registry: registry.example.org/lab" in str(refusal.remedies[0])

    def test_the_cluster_may_run_another(self, project: Project) -> None:
        made = on_cluster(
            project, {"image": "example.org/app@sha256:0"}, web={"image": "localhost/a"}
        )
        assert made.container()["image"] == "example.org/app@sha256:0"
        assert made.manifests.images[0].built is False

    def test_who_pulls_may_need_a_password(self, project: Project) -> None:
        said = {"kubernetes": {"image_pull_secrets": ["registry-login"]}}
        made = on_cluster(project, more=said, web={})
        assert made.pod()["imagePullSecrets"] == [{"name": "registry-login"}]
