"""Checks the keys of ``config.yml`` that are ours, and suggests them where one is nearly met.

What they are stands in :mod:`container_manager.config.known`. Every other key belongs to the user
and is template context.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from container_manager.config.known import TOP_LEVEL
from container_manager.config.service_keys import SERVICE
from container_manager.config.shapes import KnownKey
from container_manager.config.telling import told, wrong
from container_manager.errors import Location, Problem, did_you_mean
from container_manager.model import KeyPath, Node, dotted


def validate(tree: Node) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about known keys, all of them at once."""
    errors = _check_keys(tree, TOP_LEVEL, ())
    warnings = _near_misses(tree, TOP_LEVEL, ())
    services = service_nodes(tree, errors)
    named = [path for path, node in services if node.find(("path",)) is not None]
    for path, node in services:
        errors.extend(_check_keys(node, SERVICE, path))
        warnings.extend(_near_misses(node, SERVICE, path))
        if isinstance(node.value, dict) and "path" not in node.value:
            errors.append(
                Problem(
                    message=f"The service {dotted(path)} has no 'path'.",
                    where=node.where,
                    remedy=_near_service(path, named)
                    or "Name the folder with its docker-compose.yml.j2: path: services/…",
                )
            )
    return errors, warnings


def _near_service(path: KeyPath, named: Iterable[KeyPath]) -> str | None:
    """The service that somebody meant to set something of."""
    return did_you_mean(dotted(path), [dotted(one) for one in named if one[:-1] == path[:-1]])


def service_nodes(tree: Node, problems: list[Problem]) -> list[tuple[KeyPath, Node]]:
    """Every service that the configuration defines; what has the wrong shape is a problem."""
    found: list[tuple[KeyPath, Node]] = []
    for group in (("framework", "services"), *_application_groups(tree, problems), ("services",)):
        services = tree.find(group)
        if services is None or services.value is None:
            continue
        if not isinstance(services.value, dict):
            if len(group) > 1:  # a wrong top-level 'services' is told by its own rule
                problems.append(wrong(group, services, "a mapping of services"))
            continue
        for name, node in services.value.items():
            if isinstance(node.value, dict):
                found.append(((*group, name), node))
            else:
                problems.append(wrong((*group, name), node, "a mapping with a 'path'"))
    return found


def setting_problems(settings: Mapping[str, Any], where: Location) -> list[Problem]:
    """What is wrong with a service's settings that come from a program and not from a file."""
    return _check_keys(_node(settings, where), SERVICE, ())


def _node(value: Any, where: Location) -> Node:
    if isinstance(value, Mapping):
        return Node(value={key: _node(v, where) for key, v in value.items()}, where=where)
    if isinstance(value, (list, tuple)):
        return Node(value=[_node(item, where) for item in value], where=where)
    return Node(value=value, where=where)


def _application_groups(tree: Node, problems: list[Problem]) -> list[KeyPath]:
    applications = tree.find(("applications",))
    if applications is None or not isinstance(applications.value, dict):
        return []
    groups: list[KeyPath] = []
    for name, node in applications.value.items():
        if isinstance(node.value, dict):
            groups.append(("applications", name, "services"))
        elif node.value is not None:
            problems.append(wrong(("applications", name), node, "a mapping"))
    return groups


def _check_keys(node: Node, known: Mapping[str, KnownKey], path: KeyPath) -> list[Problem]:
    if not isinstance(node.value, dict):
        return []
    problems: list[Problem] = []
    for key, child in node.value.items():
        rule = known.get(str(key))
        if rule is None or (child.value is None and not path):
            continue  # a top-level key whose content is commented out is as good as absent
        problems += (rule.told or told)(rule.shape, child, (*path, key))
    return problems


def _near_misses(node: Node, known: Mapping[str, KnownKey], path: KeyPath) -> list[Problem]:
    if not isinstance(node.value, dict):
        return []
    unknown = [(str(key), child) for key, child in node.value.items() if key not in known]
    return [
        Problem(
            message=f"'{dotted((*path, key))}' means nothing to us; did you mean '{near}'?",
            where=child.where,
            remedy="If it is a key of your own, ignore this.",
        )
        for key, child in unknown
        if (near := near_key(key, known)) is not None
    ]


def near_key(key: str, known: Iterable[str]) -> str | None:
    """The known key that somebody probably meant; None where none is near."""
    return _near_key(key.replace("-", "_"), tuple(known))


@functools.lru_cache(maxsize=1024)
def _near_key(key: str, known: tuple[str, ...]) -> str | None:
    """Services have the same keys, and there may be many of them."""
    near = get_close_matches(key, known, n=1, cutoff=0.83)
    return near[0] if near else next((one for one in known if _is_swapped(key, one)), None)


def _is_swapped(key: str, known: str) -> bool:
    """Whether two letters changed places, which in a short key is too much for the above."""
    pairs = range(len(key) - 1)
    return any(key[:n] + key[n + 1] + key[n] + key[n + 2 :] == known for n in pairs)
