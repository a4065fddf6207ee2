"""Names and labels that Kubernetes takes, made from those of compose files.

Source: Kubernetes, "Object Names and IDs" and "Labels and Selectors".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

MANAGER = "container-manager"
MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
NAME = "app.kubernetes.io/name"

LONGEST = 50
"""Characters of a workload's name: the cluster appends to it, in labels of 63."""

_HOST_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_PART = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
KEY = re.compile(
    rf"((?=[^/]{{1,253}}/){_PART}(\.{_PART})*/)?[A-Za-z0-9]([A-Za-z0-9_.-]{{0,61}}[A-Za-z0-9])?"
)
"""Keys of labels and annotations."""


def digest(text: str | bytes) -> str:
    """What tells one content from another, short enough for a name."""
    data = text.encode() if isinstance(text, str) else text
    return hashlib.sha256(data).hexdigest()[:10]


def object_name(text: str, *, longest: int = LONGEST) -> str:
    """A name for an object; one that is too long ends in a digest.

    >>> object_name("PV_finder"), object_name("3d")
    ('pv-finder', 'x-3d')
    """
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"
    if not name[0].isalpha():
        name = f"x-{name}"
    if len(name) > longest:
        name = f"{name[: longest - 11].rstrip('-')}-{digest(text)}"
    return name


def is_host_name(text: str) -> bool:
    """Whether pods can find a Service of this name."""
    return _HOST_NAME.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    """Whether it may stand in a label."""
    return _LABEL_VALUE.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Whether it may be the key of a label or an annotation."""
    return KEY.fullmatch(text) is not None


def label_value(text: str) -> str:
    """The same where it is legal, else what comes near it."""
    return text if is_label_value(text) else object_name(text, longest=63)


def selector(project: str, service: str) -> dict[str, str]:
    """The labels that never change: selectors of workloads cannot."""
    return {NAME: label_value(service), PART_OF: label_value(project)}


def metadata(
    project: str, service: str, name: str, annotations: Mapping[str, str] | None = None
) -> dict[str, object]:
    """What every object of a service has."""
    found: dict[str, object] = {
        "name": name,
        "labels": {MANAGED_BY: MANAGER, **selector(project, service)},
    }
    if annotations:
        found["annotations"] = dict(sorted(annotations.items()))
    return found
