"""The key ``kubernetes``: what compose files cannot say of a stack on Kubernetes.

At the top level it holds what all services share, below a service what is asked for that one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from container_manager.errors import Problem, did_you_mean
from container_manager.model import Node

QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|Ki|[MGTPE]i?|e[0-9]+)?")
"""Amounts, as Kubernetes writes them: 250m, 512Mi, 10Gi."""

ACCESS = ("ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany")
EXPOSED_AS = ("none", "Ingress", "NodePort", "LoadBalancer")
BINDS = ("files", "volume", "leave_out")

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9._-]+)*")

Check = Callable[[Node], Iterator[tuple[Node, str]]]
"""Gives what is wrong, each with what was expected."""


def _one(expected: str, fine: Callable[[object], bool]) -> Check:
    def check(node: Node) -> Iterator[tuple[Node, str]]:
        value = node.plain()
        if not fine(value) and not (isinstance(value, str) and "${" in value):
            yield node, expected

    return check


def _named(pattern: re.Pattern[str], expected: str) -> Check:
    return _one(expected, lambda v: isinstance(v, str) and bool(pattern.fullmatch(v)))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_port(value: object) -> bool:
    return _is_count(value) and 1 <= int(str(value)) <= 65535  # noqa: PLR2004 - ports are so


def _choice(*known: str) -> Check:
    return _one("one of " + ", ".join(known), lambda v: v in known)


def _listed(each: Check, expected: str) -> Check:
    def check(node: Node) -> Iterator[tuple[Node, str]]:
        if not isinstance(node.value, list):
            yield node, expected
            return
        for item in node.value:
            yield from each(item)

    return check


def _by_name(each: Check, expected: str) -> Check:
    def check(node: Node) -> Iterator[tuple[Node, str]]:
        if not isinstance(node.value, dict):
            yield node, expected
            return
        for item in node.value.values():
            yield from each(item)

    return check


def _fields(known: Mapping[str, Check]) -> Check:
    def check(node: Node) -> Iterator[tuple[Node, str]]:
        if not isinstance(node.value, dict):
            yield node, "a mapping of " + ", ".join(known)
            return
        for key, child in node.value.items():
            rule = known.get(str(key))
            if rule is None:
                near = did_you_mean(str(key), known) or f"There are: {', '.join(known)}."
                yield child, f"!'{key}' means nothing here.\n{near}"
            elif child.value is not None:
                yield from rule(child)

    return check


_FLAG = _one("true or false", lambda v: isinstance(v, bool))
_TEXT = _one("a text", lambda v: isinstance(v, str) and bool(v))
_NAME = _named(_SUBDOMAIN, "a name of lower-case letters, digits, dashes and dots")
_AMOUNT = _one(
    "an amount as Kubernetes writes it: 250m, 512Mi, 10Gi",
    lambda v: not isinstance(v, bool) and bool(QUANTITY.fullmatch(str(v))),
)
_AMOUNTS = _fields({"cpu": _AMOUNT, "memory": _AMOUNT, "ephemeral-storage": _AMOUNT})
_STORAGE = _fields({"size": _AMOUNT, "class": _NAME, "access": _choice(*ACCESS)})
_PORT = _one("a port from 1 to 65535", _is_port)
_EXPOSED = _fields(
    {
        "type": _choice(*EXPOSED_AS),
        "port": _PORT,
        "host": _NAME,
        "path": _TEXT,
        "class": _NAME,
        "tls_secret": _NAME,
        "node_port": _PORT,
    }
)


def _exposure(node: Node) -> Iterator[tuple[Node, str]]:
    yield from (_EXPOSED if isinstance(node.value, dict) else _choice(*EXPOSED_AS))(node)


_ONE: Mapping[str, Check] = {
    "replicas": _one("a whole number from 0 on", _is_count),
    "autoscaled": _FLAG,
    "stateful": _FLAG,
    "image": _TEXT,
    "resources": _fields({"requests": _AMOUNTS, "limits": _AMOUNTS}),
    "storage": _by_name(_STORAGE, "a mapping of volumes to {size, class, access}"),
    "binds": _by_name(
        _choice(*BINDS), "a mapping of paths in the container to " + ", ".join(BINDS)
    ),
    "exposure": _exposure,
    "ports": _listed(_PORT, "a list of ports"),
    "secretRef": _NAME,
    "liveness": _FLAG,
    "wait": _FLAG,
    "wait_image": _TEXT,
    "accept": _listed(_TEXT, "a list of compose keys"),
}
"""What may be asked for a service."""

SERVICE: Mapping[str, Check] = {
    **_ONE,
    "containers": _by_name(_fields(_ONE), "a mapping of compose services to the same keys"),
}
"""The same, and for one of several compose services of a template."""

PROJECT: Mapping[str, Check] = {
    "context": _TEXT,
    "namespace": _named(_LABEL, "a name of lower-case letters, digits and dashes, 63 at most"),
    "registry": _named(_REGISTRY, "a registry and a path: registry.example.org/lab"),
    "storage_class": _NAME,
    "storage_size": _AMOUNT,
    "ingress_class": _NAME,
    "image_pull_secrets": _listed(_NAME, "a list of names"),
    "network_policies": _FLAG,
    "wait_image": _TEXT,
    "accept": _listed(_TEXT, "a list of compose keys"),
}
"""What may be said for the whole project."""


def problems(node: Node | None, path: str, known: Mapping[str, Check]) -> Iterator[Problem]:
    """What is wrong with a ``kubernetes`` of the configuration.

    Args:
        node: it; None where it is not said.
        path: how it is called in messages.
        known: :data:`PROJECT` or :data:`SERVICE`.
    """
    if node is None or node.value is None:
        return
    for at, expected in _fields(known)(node):
        if expected.startswith("!"):
            message, _, remedy = expected[1:].partition("\n")
            yield Problem(message=f"'{path}': {message}", where=at.where, remedy=remedy)
        else:
            key = next((".".join(map(str, p)) for p, n in node.walk() if n is at), "")
            told = f"{path}.{key}" if key else path
            yield Problem(message=f"'{told}' must be {expected}.", where=at.where)
