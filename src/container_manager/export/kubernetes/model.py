"""What becomes of a stack on Kubernetes, as data: read by what writes files, and what applies them.

Objects are plain dicts as the API takes them. No value of a secret is in any of them; a
:class:`SecretNeed` finds it at the moment when a cluster is given it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from container_manager.errors import Problem

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNeed:
    """An image that the cluster has to get.

    Attributes:
        service: the compose service that runs it.
        local: its name on this machine.
        built: whether it is built here, and so has to be pushed; others are pulled as they are.
        target: its name in the cluster, as the objects say it: with a registry, without a digest.
    """

    service: str
    local: str
    built: bool
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretNeed:
    """A Secret of the cluster, made when manifests are applied.

    Attributes:
        name: a stable name, which the objects refer to.
        values: key -> finds its value, in the environment, ``.env`` or the user's command.
    """

    name: str
    values: Mapping[str, Callable[[], str]] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifests:
    """All of a stack.

    Attributes:
        project: its name; every object says it in the label ``app.kubernetes.io/part-of``.
        objects: in the order in which they are applied.
        images: what the pods run.
        secrets: what is in no object.
        warnings: what was not carried over, each with its place, reason and remedy.
        context: the context of kubectl that the configuration names.
        namespace: the namespace that it names.
        registry: the registry that it names, where images that are built here go.
    """

    project: str
    objects: tuple[Object, ...]
    images: tuple[ImageNeed, ...] = ()
    secrets: tuple[SecretNeed, ...] = ()
    warnings: tuple[Problem, ...] = ()
    context: str | None = None
    namespace: str | None = None
    registry: str | None = None
