"""The setting ``credentials`` of a service: the variables that ``up`` generates where they lack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.model import Node

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One entry.

    Attributes:
        name: the variable.
        volume: the compose volume that the service's first start initialises with it, if any.
    """

    name: str
    volume: str | None = None


def declared(settings: Mapping[str, Any]) -> list[Credential]:
    """The credentials that a service's settings declare.

    >>> declared({"credentials": ["API_KEY", {"name": "DB_PASSWORD", "volume": "data"}]})[1]
    Credential(name='DB_PASSWORD', volume='data')
    """
    return [
        Credential(name=str(entry["name"]), volume=entry.get("volume"))
        if isinstance(entry, Mapping)
        else Credential(name=str(entry))
        for entry in settings.get("credentials") or ()
    ]


def is_entry(node: Node) -> bool:
    """Whether a node can be one entry."""
    entry = node.plain()
    if isinstance(entry, str):
        entry = {"name": entry}
    return (
        isinstance(entry, dict)
        and {"name"} <= set(entry) <= {"name", "volume"}
        and all(isinstance(value, str) and value for value in entry.values())
        and _NAME.fullmatch(entry["name"]) is not None
    )


def entries(service: Node) -> list[Node]:
    """The entries of a service's definition, malformed ones too."""
    listed = service.find(("credentials",))
    return listed.value if listed is not None and isinstance(listed.value, list) else []


def name_of(entry: Node) -> str:
    """The variable of a well-formed entry."""
    return str(entry.value["name"].value if isinstance(entry.value, dict) else entry.value)
