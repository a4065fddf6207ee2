"""Small manifests, as ``kube.build`` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from container_manager.cluster.wanted import MANAGED, PROJECT, SERVICE, Secret, Wanted

Manifest = dict[str, Any]


def labels(name: str, project: str = "lab") -> dict[str, str]:
    return {MANAGED: "container-manager", PROJECT: project, SERVICE: name}


def deployment(name: str = "web", image: str = "example.org/web:1", **spec: Any) -> Manifest:
    container = {"name": name, "image": image, **spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {SERVICE: name}},
            "template": {
                "metadata": {"labels": labels(name)},
                "spec": {"containers": [container], "enableServiceLinks": False},
            },
        },
    }


def service(name: str = "web", port: int = 80) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "selector": {SERVICE: name},
            "ports": [{"name": f"p{port}", "port": port, "targetPort": port, "protocol": "TCP"}],
        },
    }


def claim(name: str = "data", size: str = "1Gi") -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
    }


def job(name: str = "migrate", image: str = "example.org/migrate:1") -> Manifest:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "template": {
                "metadata": {"labels": labels(name)},
                "spec": {
                    "restartPolicy": "OnFailure",
                    "containers": [{"name": name, "image": image}],
                },
            }
        },
    }


def wanted(*objects: Manifest, project: str = "lab", **secrets: Mapping[str, str]) -> Wanted:
    """All of a project; each keyword is a Secret with its values."""
    return Wanted(
        project=project,
        objects=objects,
        secrets=tuple(Secret(name=name, values=values) for name, values in secrets.items()),
    )


def secret_variable(variable: str, secret: str, key: str) -> Manifest:
    """An entry of ``env`` that comes from a Secret."""
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
