"""Stacks of one service, and what they come to on a cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.conftest import Project

from container_manager.export.kubernetes.building import build
from container_manager.export.kubernetes.model import Manifests

Manifest = Mapping[str, Any]
REGISTRY = {"kubernetes": {"registry": "registry.example.org/lab"}}


def template(*, top: Mapping[str, Any] | None = None, **services: Any) -> str:
    """A compose file; a service without an image has one."""
    full = {name: {"image": "example.org/app:1", **said} for name, said in services.items()}
    return json.dumps({"services": full, **(top or {})}, indent=1, ensure_ascii=False)


class Cluster:
    """Manifests, asked for by kind and name."""

    def __init__(self, manifests: Manifests) -> None:
        self.manifests = manifests

    def get(self, kind: str, name: str = "web") -> Any:
        found = [
            one
            for one in self.manifests.objects
            if one["kind"] == kind and one["metadata"]["name"] == name
        ]
        assert len(found) == 1, [(o["kind"], o["metadata"]["name"]) for o in self.manifests.objects]
        return found[0]

    def names(self, kind: str) -> list[str]:
        return [o["metadata"]["name"] for o in self.manifests.objects if o["kind"] == kind]

    def pod(self, kind: str = "Deployment", name: str = "web") -> Any:
        return self.get(kind, name)["spec"]["template"]["spec"]

    def container(self, kind: str = "Deployment", name: str = "web") -> Any:
        return self.pod(kind, name)["containers"][0]

    @property
    def lost(self) -> list[str]:
        """The keys that are not carried over."""
        return [warning.message.split("'")[1] for warning in self.manifests.warnings]


def on_cluster(
    project: Project,
    asked: Mapping[str, Any] | None = None,
    *,
    more: Mapping[str, Any] | None = None,
    strict: bool = False,
    top: Mapping[str, Any] | None = None,
    one_shot: list[str] | None = None,
    environ: Mapping[str, str] | None = None,
    stack: Mapping[str, Mapping[str, Any]] | None = None,
    **services: Mapping[str, Any],
) -> Cluster:
    """What compose services come to.

    Args:
        project: gets a service ``web`` with them in its template.
        asked: its ``kubernetes:``.
        more: further keys of the configuration.
        strict: whether gaps are errors.
        top: further keys of the compose file.
        one_shot: which of them end.
        environ: variables.
        stack: compose services by names that are no words of Python.
        services: compose services by their names.
    """
    settings: dict[str, Any] = {"kubernetes": asked} if asked else {}
    if one_shot:
        settings["one_shot"] = one_shot
    project.deploy(
        "web", template(top=top, **(stack or {}), **services), more=more or REGISTRY, **settings
    )
    return Cluster(build(project.prepare(project.config(**(environ or {}))), strict=strict))
