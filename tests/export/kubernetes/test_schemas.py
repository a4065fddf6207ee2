"""Manifests of any services keep our rules and Kubernetes' own schemas, oldest and newest."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Project
from tests.export.kubernetes.full_stacks import everything, shipped
from tests.export.kubernetes.stacks import Cluster, on_cluster

from container_manager.errors import ConfigError, RenderError
from container_manager.export.kubernetes.rules import check

VERSIONS = ("1.25", kubernetes_validate.latest_version())


def assert_valid(made: Cluster, versions: tuple[str, ...] = VERSIONS) -> None:
    assert check(made.manifests.objects) == ()
    for one in made.manifests.objects:
        for version in versions:
            kubernetes_validate.validate(dict(one), version, strict=True)


def test_everything_that_is_carried_over_is_valid(project: Project) -> None:
    made = everything(project)
    kinds = {one["kind"] for one in made.manifests.objects}
    assert kinds == {
        *("ConfigMap", "PersistentVolumeClaim", "Service", "NetworkPolicy"),
        *("StatefulSet", "Deployment", "Job", "Ingress"),
    }
    assert_valid(made)


def test_the_shipped_services_are_valid(project: Project) -> None:
    made = shipped(project)
    assert set(made.lost) == {"pids_limit"}
    assert made.names("StatefulSet") == [
        *("counter", "mongo", "jupyter-read", "jupyter-write", "pipelines", "open-webui"),
    ]
    assert_valid(made)


names = st.from_regex(r"[a-z][a-z0-9_-]{0,70}", fullmatch=True)
plain = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{\ufeff\u2028\u2029")
texts = st.text(plain, max_size=30).map(lambda text: text.replace("$", "$$"))
ports = st.integers(1, 65535).map(lambda number: f"127.0.0.1:{number}:{number}")
amounts = st.sampled_from(["64m", "1g", "1.5g", "104857601"])
services = st.fixed_dictionaries(
    {},
    optional={
        "command": st.lists(texts.filter(bool), max_size=3),
        "entrypoint": st.lists(texts.filter(bool), max_size=2),
        "environment": st.dictionaries(
            st.from_regex(r"[A-Z][A-Z0-9_]{0,60}", fullmatch=True), texts, max_size=4
        ),
        "labels": st.dictionaries(
            st.from_regex(r"[A-Za-z0-9./ _-]{1,70}", fullmatch=True), texts, max_size=3
        ),
        "ports": st.lists(ports, max_size=4, unique=True),
        "expose": st.lists(st.integers(1, 65535).map(str), max_size=3),
        "healthcheck": st.fixed_dictionaries(
            {"test": texts.filter(bool)},
            optional={
                "interval": st.integers(1, 900).map(lambda seconds: f"{seconds}s"),
                "start_period": st.integers(1, 9000).map(lambda n: f"{n}ms"),
                "retries": st.integers(1, 99),
            },
        ),
        "volumes": st.lists(
            st.sampled_from(["data:/data", "more_data:/more", "/cache", "data:/data/again:ro"]),
            unique=True,
        ),
        "tmpfs": st.lists(st.sampled_from(["/run", "/tmp:size=1m"]), unique=True),
        "mem_limit": amounts,
        "cpus": st.floats(0.001, 64),
        "user": st.sampled_from(["root", "0", "1000", "1000:1000"]),
        "read_only": st.booleans(),
        "cap_drop": st.just(["ALL"]),
        "hostname": names,
        "container_name": names,
        "restart": st.sampled_from(["no", "always", "on-failure", "on-failure:3"]),
        "stop_grace_period": st.integers(1, 600).map(lambda seconds: f"{seconds}s"),
    },
)


@pytest.mark.timeout(600)
@settings(
    deadline=None,
    max_examples=40,  # an example takes 50 ms
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), stack=st.dictionaries(names, services, min_size=1, max_size=3))
def test_any_services_give_what_keeps_the_rules_or_are_refused_as_ours(
    project: Project, data: st.DataObject, stack: dict[str, dict[str, Any]]
) -> None:
    for name, others in zip(stack, [*stack][1:], strict=False):
        condition = data.draw(st.sampled_from(["started", "healthy", "completed_successfully"]))
        stack[name]["depends_on"] = {others: {"condition": f"service_{condition}"}}
    top: dict[str, Any] = {"volumes": {"data": {}, "more_data": {}}}
    asked = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "replicas": st.integers(0, 5),
                "stateful": st.booleans(),
                "exposure": st.sampled_from(["none", "NodePort", "Ingress", "LoadBalancer"]),
            },
        )
    )
    try:
        made = on_cluster(project, asked, top=top, stack=stack)
    except (ConfigError, RenderError) as error:
        refused = str(error)
    else:
        refused = ""
        assert_valid(made, VERSIONS[:1])
    assert "a mistake of ours" not in refused
