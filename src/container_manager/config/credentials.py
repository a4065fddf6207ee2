"""The setting ``credentials`` of a service: the variables that ``up`` generates where they lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.config.alternatives import Either
from container_manager.config.shapes import Fields, KnownKey, ListOf, Shape
from container_manager.config.telling import wrong
from container_manager.config.values import TEXT, matching
from container_manager.errors import Problem
from container_manager.model import KeyPath, Node, dotted

_NAME = matching(
    r"[A-Za-z_][A-Za-z0-9_]*", "a name of letters, digits and '_' that begins with no digit"
)
_ENTRY = Either(
    expected="NAME, or {name: NAME, volume: VOLUME}",
    shapes=(
        _NAME,
        Fields(
            expected="{name: NAME, volume: VOLUME}",
            required=("name",),
            known={
                "name": KnownKey(
                    shape=_NAME, meaning="the variable", examples=("DATABASE_PASSWORD",)
                ),
                "volume": KnownKey(
                    shape=TEXT,
                    meaning="the volume of the compose file that the first start initialises "
                    "with it",
                    examples=("data",),
                ),
            },
        ),
    ),
)
SHAPE = ListOf(expected="a list", each=_ENTRY)


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


def told(shape: Shape, node: Node, path: KeyPath) -> Iterator[Problem]:
    """What is wrong with the setting: that it is no list, or which of its entries are none."""
    if not shape.takes(node):
        yield wrong(path, node, shape.expected)
    for entry in node.value if isinstance(node.value, list) else ():
        if not is_entry(entry):
            yield Problem(
                message=f"An entry of '{dotted(path)}' must be {_ENTRY.expected}.",
                where=entry.where,
                remedy="A NAME has letters, digits and '_', and begins with no digit.",
            )


def is_entry(node: Node) -> bool:
    """Whether a node can be one entry."""
    return _ENTRY.fits(node)


def entries(service: Node) -> list[Node]:
    """The entries of a service's definition, malformed ones too."""
    listed = service.find(("credentials",))
    return listed.value if listed is not None and isinstance(listed.value, list) else []


def name_of(entry: Node) -> str:
    """The variable of a well-formed entry."""
    return str(entry.value["name"].value if isinstance(entry.value, dict) else entry.value)
