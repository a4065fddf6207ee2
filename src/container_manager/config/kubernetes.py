"""The key ``kubernetes``: what compose files cannot say of a stack on Kubernetes.

At the top level it holds what all services share, below a service what is asked for that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from container_manager.config.alternatives import Either, Named, OrNull
from container_manager.config.shapes import ByName, Fields, KnownKey, ListOf, Shape, Value
from container_manager.config.values import (
    FLAG,
    TEXT,
    choice,
    matching,
    or_variable,
    whole_number,
)
from container_manager.errors import Problem, did_you_mean
from container_manager.model import KeyPath, Node, dotted

QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|Ki|[MGTPE]i?|e[0-9]+)?")
"""Amounts, as Kubernetes writes them: 250m, 512Mi, 10Gi."""

ACCESS = ("ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany")
EXPOSED_AS = ("none", "Ingress", "NodePort", "LoadBalancer")
BINDS = ("files", "volume", "leave_out")


def _mapping(known: Mapping[str, KnownKey]) -> Fields:
    return Fields(known=known, expected="a mapping of " + ", ".join(known), nullable=True)


def _key(shape: Shape, meaning: str, *examples: Any, default: Any = None) -> KnownKey:
    return KnownKey(shape=shape, meaning=meaning, examples=examples, default=default)


def _named(name: str, shape: Shape) -> Named:
    return Named(name=name, shape=shape, expected=shape.expected)


_FLAG = or_variable(FLAG)
_LABEL = or_variable(
    matching(
        r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "a name of lower-case letters, digits and dashes, 63 at most",
    )
)
_NAME = _named(
    "name",
    or_variable(
        matching(
            r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?",
            "a name of lower-case letters, digits, dashes and dots",
        )
    ),
)
_REGISTRY = or_variable(
    matching(
        r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9._-]+)*",
        "a registry and a path: registry.example.org/lab",
    )
)
_COUNT = or_variable(whole_number(0, None, "a whole number from 0 on"))
_PORT = or_variable(whole_number(1, 65535, "a port from 1 to 65535"))
_AMOUNT = _named(
    "amount",
    or_variable(
        Value(
            expected="an amount as Kubernetes writes it: 250m, 512Mi, 10Gi",
            fine=lambda value: not isinstance(value, bool) and bool(QUANTITY.fullmatch(str(value))),
            json={
                "anyOf": [
                    {"type": "number", "minimum": 0},
                    {"type": "string", "pattern": f"^(?:{QUANTITY.pattern})$"},
                ]
            },
        )
    ),
)
_KEYS_OF_COMPOSE = ListOf(expected="a list of compose keys", each=TEXT)


_AMOUNTS = _named(
    "amounts",
    _mapping(
        {
            "cpu": _key(_AMOUNT, "processors, or thousandths of one", "250m", 2),
            "memory": _key(_AMOUNT, "bytes of memory", "512Mi"),
            "ephemeral-storage": _key(_AMOUNT, "bytes on the node's disk", "1Gi"),
        }
    ),
)
_STORAGE = _mapping(
    {
        "size": _key(_AMOUNT, "how much the volume holds", "10Gi"),
        "class": _key(_NAME, "its storage class", "fast"),
        "access": _key(or_variable(choice(*ACCESS)), "who may mount it", "ReadWriteMany"),
    }
)
_EXPOSED_AS = or_variable(choice(*EXPOSED_AS))
_EXPOSED = _mapping(
    {
        "type": _key(_EXPOSED_AS, "how it is reached; with a host: by an Ingress", "Ingress"),
        "port": _key(_PORT, "which of its ports, where it has several", 8080),
        "host": _key(_NAME, "the name in addresses", "lab.example.org"),
        "path": _key(TEXT, "below which path", "/app", default="/"),
        "class": _key(_NAME, "the class of its Ingress", "nginx"),
        "tls_secret": _key(_NAME, "the Secret that holds its certificate", "lab-tls"),
        "node_port": _key(_PORT, "the port on every node", 30080),
    }
)

_ONE: Mapping[str, KnownKey] = {
    "replicas": _key(_COUNT, "how many there are", 3, default=1),
    "autoscaled": _key(_FLAG, "whether somebody else scales it; no number is said", default=False),
    "stateful": _key(_FLAG, "whether it is a StatefulSet, with a volume for each replica", True),
    "image": _key(TEXT, "what the cluster runs instead", "registry.example.org/lab/web:1"),
    "resources": _key(
        _mapping(
            {
                "requests": _key(_AMOUNTS, "what it is given at least", {"cpu": "250m"}),
                "limits": _key(_AMOUNTS, "what it may use at most", {"memory": "512Mi"}),
            }
        ),
        "what it is given and may use, over what compose says",
        {"requests": {"cpu": "250m"}, "limits": {"memory": "512Mi"}},
    ),
    "storage": _key(
        ByName(
            each=_named("storage", _STORAGE),
            expected="a mapping of volumes to {size, class, access}",
            names="VOLUME",
        ),
        "its volumes, and paths of binds",
        {"data": {"size": "10Gi", "class": "fast"}},
    ),
    "binds": _key(
        ByName(
            each=or_variable(choice(*BINDS)),
            expected="a mapping of paths in the container to " + ", ".join(BINDS),
            names="PATH",
        ),
        "what becomes of bind mounts, by their path in the container",
        {"/etc/app": "files"},
    ),
    "exposure": _key(
        Either(expected=_EXPOSED_AS.expected, shapes=(_EXPOSED_AS, _named("exposure", _EXPOSED))),
        "how it is reached from outside of the cluster",
        "NodePort",
        {"type": "Ingress", "host": "lab.example.org"},
    ),
    "ports": _key(
        ListOf(expected="a list of ports", each=_PORT), "further ports that it listens at", [9090]
    ),
    "secretRef": _key(_NAME, "a Secret of the cluster whose keys are its variables", "web-secrets"),
    "liveness": _key(_FLAG, "whether it is restarted while it is unhealthy", default=False),
    "wait": _key(_FLAG, "whether it waits for what it depends on", default=True),
    "wait_image": _key(TEXT, "what waits instead of its own image", "docker.io/library/busybox:1"),
    "accept": _key(_KEYS_OF_COMPOSE, "compose keys whose loss is known", ["cap_add"]),
}
"""What may be asked for a service."""

CONTAINER = _named("kubernetes", _mapping(_ONE))
"""The same for one compose service."""

SERVICE: Mapping[str, KnownKey] = {
    **_ONE,
    "containers": _key(
        ByName(each=CONTAINER, expected="a mapping of compose services to the same keys"),
        "the same for one of several compose services of a template",
        {"worker": {"replicas": 4}},
    ),
}
"""The same, and for one of several compose services of a template."""

PROJECT: Mapping[str, KnownKey] = {
    "context": _key(TEXT, "the context of kubectl: which cluster", "lab"),
    "namespace": _key(_LABEL, "the namespace; default: the project's name", "lab"),
    "registry": _key(_REGISTRY, "where images that are built here go", "registry.example.org/lab"),
    "storage_class": _key(_NAME, "of volumes of which nothing else is said", "fast"),
    "storage_size": _key(
        _AMOUNT, "of volumes of which nothing else is said", "10Gi", default="1Gi"
    ),
    "ingress_class": _key(_NAME, "of every Ingress", "nginx"),
    "image_pull_secrets": _key(
        ListOf(expected="a list of names", each=_NAME),
        "names of Secrets with which nodes pull",
        ["registry-login"],
    ),
    "network_policies": _key(
        _FLAG, "whether only services that share a network reach each other", default=False
    ),
    "wait_image": _key(
        TEXT, "what waits instead of a service's own image", "docker.io/library/busybox:1"
    ),
    "accept": _key(_KEYS_OF_COMPOSE, "compose keys whose loss is known", ["cap_add"]),
}
"""What may be said for the whole project."""

OF_PROJECT = _mapping(PROJECT)
OF_SERVICE = OrNull(expected=_mapping(SERVICE).expected, shape=_mapping(SERVICE))


def told(shape: Shape, node: Node, path: KeyPath) -> Iterator[Problem]:
    """What is wrong with a ``kubernetes`` of the configuration.

    Args:
        shape: that of the project, or of a service.
        node: the value.
        path: where it stands.
    """
    for misfit in shape.misfits(node, path):
        where = misfit.node.where
        if misfit.key is not None and isinstance(misfit.shape, Fields):
            known = misfit.shape.known
            yield Problem(
                message=f"'{dotted(path)}': '{misfit.key}' means nothing here.",
                where=where,
                remedy=did_you_mean(str(misfit.key), known) or f"There are: {', '.join(known)}.",
            )
        else:
            message = f"'{dotted(misfit.path)}' must be {misfit.shape.expected}."
            yield Problem(message=message, where=where)
