"""Finds a port for every ``auto`` of a configuration: the remembered one, or one that is free."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from container_manager.config.auto_ports import (
    ADDRESS,
    AUTO,
    COUNT,
    FILE,
    FIRST,
    KEY,
    AutoPort,
    AutoPorts,
    Avoided,
    is_port_key,
    read,
)
from container_manager.errors import Location, Problem, did_you_mean
from container_manager.inputs import note
from container_manager.model import KeyPath, Node, dotted
from container_manager.places import STATE_DIR


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A key that says ``auto``, the mapping that holds its value, and its address."""

    key: str
    holder: dict[Any, Any]
    last: Any
    address: str


def resolve_auto(
    values: dict[str, Any], tree: Node, config: Path, avoided: Avoided, problems: list[Problem]
) -> tuple[AutoPorts, list[Problem]]:
    """Put a port in the place of every ``auto``; nothing is written.

    Args:
        values: the expanded configuration; it gains the ports.
        tree: the same with places.
        config: the configuration's path; where no port is remembered, it decides which is tried.
        avoided: ports that others have.
        problems: gains what is mistyped.

    Returns:
        The ports, and suspicions.
    """
    path = config.parent / STATE_DIR / FILE
    suspicions: list[Problem] = []
    asked = list(_asked(values, tree, problems, suspicions))
    ports = AutoPorts(path=path, config=config.name)
    if not asked:
        return ports, suspicions
    note(path)
    known = read(path)
    remembered = known.get(config.name, {})
    chosen = {
        one.key: remembered[one.key]
        for one in asked
        if one.key in remembered and one.key not in avoided.given_up
    }
    fresh = [one for one in asked if one.key not in chosen]
    if fresh:
        taken = {*avoided.ports, *_written(values, tree)}
        taken.update(port for ports_of_one in known.values() for port in ports_of_one.values())
        problems += _choose(fresh, str(config), taken, chosen, tree)
    ports = replace(
        ports,
        chosen=chosen,
        addresses={one.key: one.address for one in asked},
        fresh=frozenset(one.key for one in fresh) & chosen.keys(),
        given_up={
            key: (remembered[key], who)
            for key, who in avoided.given_up.items()
            if key in remembered and key in chosen
        },
    )
    for one in asked:
        if one.key in chosen:
            one.holder[one.last] = AutoPort.of(ports, one.key)
    return ports, suspicions


def _choose(
    fresh: list[_Asked], config: str, taken: set[int], chosen: dict[str, int], tree: Node
) -> list[Problem]:
    """Find ports that are free; ``chosen`` gains them."""
    problems = []
    for one in fresh:
        port = _free_port(f"{config}\0{one.key}", one.address, taken | set(chosen.values()))
        if port is None:
            problems.append(_none_left(one.key, tree))
        else:
            chosen[one.key] = port
    return problems


def _asked(
    values: dict[str, Any], tree: Node, problems: list[Problem], suspicions: list[Problem]
) -> Iterator[_Asked]:
    for path, node in _said_of_ports(tree, ()):
        name = str(path[-1])
        service = _service_length(path)
        holders = _holders(values, path)
        value = holders[-1][path[-1]]
        if not is_port_key(name):
            if value == AUTO and service:
                suspicions.append(_elsewhere(path, node.where))
        elif value == AUTO and not service:
            problems.append(_outside(path, node.where))
        elif value == AUTO:
            address = _address(name, holders[service:])
            yield _Asked(key=dotted(path), holder=holders[-1], last=path[-1], address=address)
        elif service and value.isalpha() and did_you_mean(value.lower(), (AUTO,)):
            problems.append(
                Problem(
                    message=f"'{dotted(path)}' must be a port or '{AUTO}', not {str(value)!r}.",
                    where=node.where,
                    remedy=f"Did you mean '{AUTO}'?",
                )
            )


def _said_of_ports(node: Node, path: KeyPath) -> Iterator[tuple[KeyPath, Node]]:
    """The texts under keys that name a port; all other values are passed by, for speed."""
    value = node.value
    if isinstance(value, dict):
        for key, child in value.items():
            if isinstance(child.value, str):
                if "port" in str(key):
                    yield (*path, key), child
            elif isinstance(child.value, (dict, list)):
                yield from _said_of_ports(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            if isinstance(child.value, (dict, list)):
                yield from _said_of_ports(child, (*path, index))


def _service_length(path: KeyPath) -> int:
    """How many keys lead to the service that a path lies in; 0 where it lies in none."""
    for group in (("services",), ("framework", "services")):
        if path[: len(group)] == group and len(path) > len(group) + 1:
            return len(group) + 1
    if path[:1] == ("applications",) and path[2:3] == ("services",) and path[4:]:
        return 4
    return 0


def _holders(values: dict[str, Any], path: KeyPath) -> list[Any]:
    """The mappings and lists on the way to a value, the whole configuration first."""
    holders: list[Any] = [values]
    for key in path[:-1]:
        holders.append(holders[-1][key])
    return holders


def _address(name: str, holders: list[Any]) -> str:
    """The address of a port: the nearest ``bind_address``, looked for from its key outwards."""
    own = name.replace("-", "_").removesuffix(KEY) + ADDRESS
    for holder in reversed(holders):
        for wanted in dict.fromkeys((own, ADDRESS)):
            address = holder.get(wanted) if isinstance(holder, Mapping) else None
            if isinstance(address, str):
                return str(address)
    return ""


def _written(values: Mapping[str, Any], tree: Node) -> Iterator[int]:
    """The ports that the configuration itself gives to services."""
    for path, node in tree.walk():
        if path and is_port_key(path[-1]) and not isinstance(node.value, (dict, list)):
            value = str(_holders(dict(values), path)[-1][path[-1]])
            if value.isascii() and value.isdecimal():
                yield int(value[:6])


def _free_port(identity: str, address: str, taken: Collection[int]) -> int | None:
    from container_manager.sockets import is_free  # only where a port is chosen

    digest = hashlib.sha256(identity.encode(errors="surrogateescape")).digest()
    start = int.from_bytes(digest[:8], "big")
    for step in range(COUNT):
        port = FIRST + (start + step) % COUNT
        if port not in taken and is_free(address, port):
            return port
    return None


def _elsewhere(path: KeyPath, where: Location) -> Problem:
    return Problem(
        message=f"'{dotted(path)}' is the text '{AUTO}' and no port: only keys that are called "
        f"{KEY}, or end in _{KEY}, get a free one.",
        where=where,
        remedy="If that is what you want, ignore this.",
    )


def _outside(path: KeyPath, where: Location) -> Problem:
    return Problem(
        message=f"'{dotted(path)}' cannot be '{AUTO}': it stands in no service's definition.",
        where=where,
        remedy="Write it below the service that publishes the port, or write a number.",
    )


def _none_left(key: str, tree: Node) -> Problem:
    return Problem(
        message=f"No port between {FIRST} and {FIRST + COUNT - 1} is free for '{key}'.",
        where=tree.where,
        remedy="Write a port in its place.",
    )
