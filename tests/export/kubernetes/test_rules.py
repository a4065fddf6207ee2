"""What a server would refuse is known without one: 23 manifests, each broken in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from container_manager.export.kubernetes.rules import check

Object = dict[str, Any]

DEPLOYMENT: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "example.org/web:1",
                        "ports": [{"containerPort": 8080, "name": "http"}],
                        "resources": {"limits": {"memory": "64Mi"}},
                        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                    }
                ],
                "volumes": [{"name": "data", "emptyDir": {}}],
            },
        },
    },
}
SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"app": "web"},
        "type": "ClusterIP",
        "ports": [{"port": 80, "protocol": "TCP"}],
    },
}
CLAIM: Object = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def config_map(**data: Any) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def pod(one: Object) -> Any:
    return one["spec"]["template"]["spec"]


def container(one: Object) -> Any:
    return pod(one)["containers"][0]


def of(base: Object, change: Callable[[Object], Any]) -> Object:
    changed = copy.deepcopy(base)
    change(changed)
    return changed


def wrong(change: Callable[[Object], Any]) -> Object:
    return of(DEPLOYMENT, change)


BROKEN: dict[str, Object] = {
    "a key with a typing error": wrong(lambda d: container(d).update(imagePulPolicy="Always")),
    "a number as text": wrong(lambda d: d["spec"].update(replicas="2")),
    "a variable that is a number": wrong(
        lambda d: container(d).update(env=[{"name": "A", "value": 1}])
    ),
    "no selector": wrong(lambda d: d["spec"].pop("selector")),
    "a selector of other pods": wrong(
        lambda d: d["spec"].update(selector={"matchLabels": {"a": "b"}})
    ),
    "a name with capitals": wrong(lambda d: d["metadata"].update(name="Web_UI")),
    "a path as label": wrong(lambda d: d["metadata"]["labels"].update({"p": "/srv/my project"})),
    "a label's key with a space": wrong(lambda d: d["metadata"]["labels"].update({"a b": "x"})),
    "an amount in words": wrong(
        lambda d: container(d)["resources"].update(limits={"memory": "512MBytes"})
    ),
    "a mount of nothing": wrong(
        lambda d: container(d)["volumeMounts"].append({"name": "nope", "mountPath": "/x"})
    ),
    "a port twice": wrong(
        lambda d: container(d)["ports"].append({"containerPort": 8080, "name": "http"})
    ),
    "a port beyond the last": wrong(
        lambda d: container(d)["ports"].append({"containerPort": 99999})
    ),
    "a long name of a port": wrong(
        lambda d: container(d)["ports"].append({"containerPort": 1, "name": "x" * 20})
    ),
    "pods of a Deployment that end": wrong(lambda d: pod(d).update(restartPolicy="Never")),
    "an unknown policy": wrong(lambda d: pod(d).update(restartPolicy="Sometimes")),
    "an unknown kind of Service": of(SERVICE, lambda d: d["spec"].update(type="Foo")),
    "a Service without ports": of(SERVICE, lambda d: d["spec"].pop("ports")),
    "a version that is gone": wrong(lambda d: d.update(apiVersion="extensions/v1beta1")),
    "a probe that does nothing": wrong(
        lambda d: container(d).update(readinessProbe={"periodSeconds": 3})
    ),
    "a key with a slash": config_map(**{"a/b": "x"}),
    "more than 1 MiB": config_map(a="x" * 1_100_000),
    "a Secret in plain text": {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "c"},
        "data": {"a": "***"},
    },
    "an unknown mode": of(CLAIM, lambda d: d["spec"].update(accessModes=["ReadWriteMany2"])),
}


def test_what_is_right_passes() -> None:
    assert check([DEPLOYMENT, SERVICE, CLAIM, config_map(a="x")]) == ()


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found(what: str) -> None:
    assert check([BROKEN[what]]) != ()


def test_all_that_is_broken_is_told_at_once_and_by_its_name() -> None:
    found = check([BROKEN["an unknown kind of Service"], DEPLOYMENT, DEPLOYMENT])
    assert found == (
        "Service web: Service.spec.type must be one of ClusterIP, NodePort, LoadBalancer.",
        "Deployment web: there are two of them.",
    )


def test_a_request_above_its_limit_is_found() -> None:
    amounts = {"limits": {"memory": "64Mi"}, "requests": {"memory": "1Gi"}}
    one = wrong(lambda d: container(d).update(resources=amounts))
    assert check([one]) == ("Deployment web: web asks for more memory than its limit allows.",)
