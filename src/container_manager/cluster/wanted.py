"""What a cluster is to have: objects as plain data, and the secrets that are in none of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from container_manager.cluster.api import MANAGER, Object
from container_manager.export.kubernetes.names import label_value

MANAGED = "app.kubernetes.io/managed-by"
PROJECT = "app.kubernetes.io/part-of"
SERVICE = "app.kubernetes.io/name"

CLAIM = "PersistentVolumeClaim"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")

SECRETS = "container-manager.io/secrets"
"""Annotation of pods: a digest of the secrets that they get, so that new values start new pods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One Secret of the cluster with its values, which are shown and written nowhere."""

    name: str
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that a project wants of a cluster.

    Attributes:
        project: its name: what lies in the cluster with it, and is not wanted, goes.
        objects: in the order in which they are to be made.
        secrets: what lies in no file.
    """

    project: str
    objects: tuple[Object, ...]
    secrets: tuple[Secret, ...] = ()

    @property
    def selector(self) -> str:
        """What finds everything of the project that we made."""
        return selector_of(self.project)


def selector_of(project: str) -> str:
    """What finds everything that we made of a project."""
    return f"{MANAGED}={MANAGER},{PROJECT}={label_value(project)}"


def labelled_secret(secret: Secret, project: str) -> Object:
    """A Secret as the cluster is to have it."""
    labels = {MANAGED: MANAGER, PROJECT: label_value(project)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": secret.name, "labels": labels},
        "type": "Opaque",
        "data": {
            key: base64.b64encode(value.encode()).decode()
            for key, value in sorted(secret.values.items())
        },
    }


def with_digests(one: Object, secrets: Mapping[str, Secret], ids: Mapping[str, str]) -> Object:
    """A workload whose pods say, by a digest, which secrets they were started with.

    Args:
        one: any object; what is no workload is returned as it is.
        secrets: those that we make, by name.
        ids: the id that the cluster has given to each. It keys the digest: who may read pods, and
            no secrets, cannot try out passwords with it, and every machine comes to the same.
    """
    template = pod_template(one)
    used = sorted(name for name in secrets_used(one) if name in secrets) if template else []
    if not used:
        return one
    digest = hashlib.sha256()
    for name in used:
        key = ids.get(name, "").encode()
        for entry in sorted(secrets[name].values.items()):
            digest.update(hmac.digest(key, repr(entry).encode(), "sha256"))
    copied: dict[str, Any] = deepcopy(dict(one))
    metadata = copied["spec"]["template"].setdefault("metadata", {})
    metadata["annotations"] = {
        **(metadata.get("annotations") or {}),
        SECRETS: digest.hexdigest()[:32],
    }
    return copied


def pod_template(one: Object) -> Object | None:
    """The template of a workload's pods; None for what has none."""
    if one.get("kind") not in WORKLOADS:
        return None
    found: Object = one["spec"]["template"]
    return found


def secrets_used(one: Object) -> frozenset[str]:
    """The names of the Secrets that a workload's pods read."""
    return frozenset(_names(pod_template(one) or {}))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            if key in ("secretKeyRef", "secretRef") and isinstance(child, Mapping):
                yield str(child.get("name"))
            elif key == "secret" and isinstance(child, Mapping) and "secretName" in child:
                yield str(child["secretName"])
            else:
                yield from _names(child)
    elif isinstance(value, (list, tuple)):
        for child in value:
            yield from _names(child)


def named(one: Object) -> str:
    """An object as people speak of it.

    >>> named({"kind": "Deployment", "metadata": {"name": "web"}})
    'Deployment web'
    """
    return f"{one['kind']} {one['metadata']['name']}"
