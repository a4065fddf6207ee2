"""What a server may answer: checked where it comes in, so that nobody behind it meets surprises.

What stands between us and a cluster answers too: a login page, half a text, a redirection. That is
told as such, and is never taken for an empty cluster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

Object = Mapping[str, Any]
"""One object of Kubernetes, as plain data."""

_SHOWN = 160
_MAPPINGS = frozenset(
    """
    annotations capacity labels lastState matchLabels metadata requests running selector
    spec state template terminated waiting
    """.split()  # noqa: SIM905 - as a list of literals it would fill a screen
)
_LISTS = frozenset(
    """
    conditions containerStatuses containers initContainerStatuses initContainers managedFields ports
    """.split()  # noqa: SIM905 - as above
)
_NUMBERS = frozenset(
    """
    availableReplicas desiredNumberScheduled exitCode generation numberAvailable observedGeneration
    readyReplicas replicas restartCount updatedNumberScheduled updatedReplicas
    """.split()  # noqa: SIM905 - as above
)
_TIMES = frozenset({"creationTimestamp", "finishedAt", "startedAt"})
_OPAQUE = frozenset({"annotations", "labels", "managedFields", "matchLabels"})
"""Keys that are read somewhere, and what they are in every kind of Kubernetes' own; what stands in
the last ones has names of somebody else's."""

_WITH_SPEC = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "Service"})
"""Kinds whose ``spec`` is read."""

_READ = _WITH_SPEC | {"Event", "PersistentVolumeClaim", "ReplicaSet", "Namespace"}
"""Kinds of which more is read than ``metadata``."""

_WITH_TEMPLATE = _WITH_SPEC - {"Pod", "Service"}


class Silent(Exception):
    """The cluster does not answer, or what answers is no cluster."""


def parsed(content: str) -> Any:
    """JSON as data; None where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def excerpt(content: str) -> str:
    r"""The beginning of what was said, in one line that a terminal can show.

    >>> excerpt("<html><body>Log in,\nplease</body></html>")
    'Log in, please'
    """
    plain = re.sub(r"<[^<>]*>", " ", content[: 20 * _SHOWN])
    line = " ".join("".join(c if c.isprintable() else " " for c in plain).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN].rstrip()} …"


def object_of(said: Any, content: str) -> Object:
    """One object.

    Args:
        said: what was answered, as data.
        content: the same as text, for the message.

    Raises:
        Silent: it is no object of Kubernetes.
    """
    kind = said.get("kind") if isinstance(said, dict) else None
    if not isinstance(kind, str) or not isinstance(said.get("apiVersion"), str):
        raise _strange(content)
    return _object(said, kind, content)


def items_of(said: Any, version: str, kind: str, content: str) -> list[Object]:
    """The objects of a list, which do not say themselves what they are.

    Args:
        said: what was answered, as data.
        version: of their API.
        kind: theirs.
        content: the answer as text, for the message.

    Raises:
        Silent: it is no list of objects.
    """
    items = said.get("items") if isinstance(said, dict) else said
    if not isinstance(said, dict) or not isinstance(items, list | None):
        raise _strange(content)
    typed = {"apiVersion": version, "kind": kind}
    return [
        _object({**one, **typed} if isinstance(one, dict) else one, kind, content)
        for one in items or ()
    ]


def kinds_of(said: Any, content: str) -> dict[str, Object]:
    """The kinds of a version of the API: kind -> its plural under ``name``, and ``namespaced``.

    Raises:
        Silent: it is no list of kinds.
    """
    found = said.get("resources") if isinstance(said, dict) else said
    if not isinstance(said, dict) or not isinstance(found, list | None):
        raise _strange(content)
    kinds: dict[str, Object] = {}
    for one in found or ():
        if not isinstance(one, dict) or not {"name", "kind", "namespaced"} <= one.keys():
            raise _strange(content)
        if "/" not in str(one["name"]):
            kinds[str(one["kind"])] = one
    return kinds


def _object(one: Any, kind: str, content: str) -> Object:
    if not isinstance(one, dict):
        raise _strange(content)
    found = {key: value for key, value in one.items() if value is not None}
    metadata, spec = found.get("metadata"), found.get("spec", {})
    fine = isinstance(metadata, dict) and isinstance(metadata.get("name"), str)
    fine = fine and isinstance(found.get("status", {}), dict) and isinstance(spec, dict)
    fine = fine and (kind not in _WITH_SPEC or "spec" in found)
    if not fine:
        raise _strange(content)
    if kind in _READ:
        found = _settled(found, content)
    else:  # others may mean something else by the same words
        found["metadata"] = _settled(found["metadata"], content)
    if not _has_containers(kind, found.get("spec", {})):
        raise _strange(content)
    return found


def _settled(value: Any, content: str) -> Any:
    """A value whose keys are what they have to be; what is null there is as good as not said."""
    if isinstance(value, list):
        return [_settled(item, content) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, child in value.items():
        if child is None and key in _TYPED:
            continue
        if not _fits(key, child):
            raise _strange(content)
        found[key] = child if key in _OPAQUE else _settled(child, content)
    return found


_TYPED = _MAPPINGS | _LISTS | _NUMBERS | _TIMES


def _fits(key: str, value: Any) -> bool:
    if key in _MAPPINGS:
        return isinstance(value, dict)
    if key in _LISTS:
        return isinstance(value, list) and all(isinstance(one, dict) for one in value)
    if key in _NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool)
    return key not in _TIMES or _is_time(value)


def _is_time(value: Any) -> bool:
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _has_containers(kind: str, spec: Mapping[str, Any]) -> bool:
    pod: Any = spec
    if kind in _WITH_TEMPLATE:
        pod = spec.get("template", {}).get("spec", {})
    elif kind != "Pod":
        return True
    return bool(pod.get("containers"))


def _strange(content: str) -> Silent:
    said = excerpt(content)
    told = f"it says '{said}'" if said else "it says nothing"
    return Silent(f"what answers is no Kubernetes: {told}")
