"""How a service is attached to networks: names that Podman takes, and one way at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from container_manager.compose.interpolate import Reader
from container_manager.model import KeyPath, Node, dotted

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_MODES = re.compile(
    r"none|host|private|(?:slirp4netns|pasta|bridge)(?::.*)?|(?:ns|service|container):.+"
)
"""The network modes that podman-compose knows; at any other it gives up."""


def is_name(value: Any) -> bool:
    """Whether Podman takes it for the name of a network or volume.

    >>> is_name("lab-net"), is_name("a/b"), is_name(None)
    (True, False, False)
    """
    return isinstance(value, str) and bool(_NAME.fullmatch(value))


def name_rule(value: Any, kind: str) -> str:
    """Why something cannot be the name of a network or volume."""
    return f"{value!r} cannot be the name of a {kind}."


NAME_REMEDY = "Use letters, digits, '.', '_' and '-', and begin with a letter or digit."


def read_networks(
    node: Node, definition: Mapping[str, Any], path: KeyPath, reader: Reader
) -> tuple[str, ...]:
    """The networks that a service names.

    Args:
        node: the service as written.
        definition: the same, interpolated.
        path: its place in the file.
        reader: keeps the findings.
    """
    _check_mode(node, definition, path, reader)
    given = definition.get("networks")
    at = node.nearest(("networks",))
    if given is None:
        return ()
    if not isinstance(given, (list, dict)):
        reader.problem(at.where, f"'{dotted((*path, 'networks'))}' must be a list of names.")
        return ()
    names = []
    for index, name in enumerate(given):
        place = at.nearest((index if isinstance(given, list) else name,))
        if not is_name(name):
            reader.problem(place.where, name_rule(name, "network"), NAME_REMEDY)
            continue
        names.append(name)
        if isinstance(given, dict) and not isinstance(given[name], (dict, type(None))):
            what = dotted((*path, "networks", name))
            reader.problem(place.where, f"'{what}' must be a mapping or empty.")
    return tuple(names)


def _check_mode(node: Node, definition: Mapping[str, Any], path: KeyPath, reader: Reader) -> None:
    mode = definition.get("network_mode")
    if mode is None or mode == "":
        return
    where = node.nearest(("network_mode",)).where
    if not isinstance(mode, str) or not _MODES.fullmatch(mode):
        reader.problem(
            where,
            f"{mode!r} is no 'network_mode'.",
            "Write host, none, private, bridge, pasta, slirp4netns, service:NAME, container:NAME "
            "or ns:PATH.",
        )
    if "networks" in definition:
        reader.problem(
            where,
            f"'{dotted(path)}' has both 'network_mode' and 'networks'.",
            "Keep one of them.",
        )
