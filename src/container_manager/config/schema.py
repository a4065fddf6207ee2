"""The keys of ``config.yml`` that mean something to us, and what they may hold.

One table is the source of validation, of the suggestions and of the reference documentation.
Every other key belongs to the user and is template context.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from container_manager.config import defaults, hooks, kubernetes, quiesce
from container_manager.config.templates import template_problems
from container_manager.errors import Location, Problem
from container_manager.model import KeyPath, Node, dotted
from container_manager.plugins import PROVIDERS, plugins

_PROVIDERS = ("podman-compose", "podman", "docker")

Check = Callable[[Node], str | None]
"""Returns what was expected, or None when the value is fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """One key: what it may hold, and what it is for.

    Attributes:
        check: what it may hold.
        meaning: what it is for.
        brought: whether a package may say it, too.
    """

    check: Check
    meaning: str
    brought: bool = False


def _text(node: Node) -> str | None:
    return None if isinstance(node.value, str) and node.value else "a text"


def _flag(node: Node) -> str | None:
    return None if isinstance(node.value, bool) else "true or false"


def _seconds(node: Node) -> str | None:
    fine = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    return None if fine and float(str(node.value)) > 0 else "a number of seconds above 0"


def _count(node: Node) -> str | None:
    fine = isinstance(node.value, int) and not isinstance(node.value, bool) and node.value >= 0
    return None if fine else "a whole number from 0 on"


def _mapping(node: Node) -> str | None:
    return None if isinstance(node.value, dict) else "a mapping"


def _texts(node: Node) -> str | None:
    fine = isinstance(node.value, list) and all(_text(item) is None for item in node.value)
    return None if fine else "a list of texts"


def _listed(node: Node) -> str | None:
    return None if isinstance(node.value, list) else "a list"


def _texts_by_name(node: Node) -> str | None:
    fine = isinstance(node.value, dict) and all(_text(v) is None for v in node.value.values())
    return None if fine else "a mapping of names to texts"


def _provider(node: Node) -> str | None:
    if node.value in _PROVIDERS:
        return None
    known = [*_PROVIDERS, *(plugin.name for plugin in plugins(PROVIDERS))]
    return None if node.value in known else "one of " + ", ".join(known)


def _on_change(node: Node) -> str | None:
    if node.value in ("nothing", "restart", "recreate") or (node.value and _texts(node) is None):
        return None
    return "nothing, restart, recreate, or a command as a list of texts"


def _additional_dirs(node: Node) -> str | None:
    expected = "a list of paths and of {src: PATH, dst: PATH}"
    if not isinstance(node.value, list):
        return expected
    for item in node.value:
        if isinstance(item.value, dict):
            if set(item.value) != {"src", "dst"} or _texts_by_name(item):
                return expected
        elif _text(item):
            return expected
    return None


TOP_LEVEL: Mapping[str, KnownKey] = {
    "import": KnownKey(
        check=lambda _: None, meaning="files to read first: a path or a list", brought=True
    ),
    "build_dir": KnownKey(check=_text, meaning="the folder to generate (default ./build)"),
    "project_name": KnownKey(check=_text, meaning="prefix of everything that runs"),
    "project_root": KnownKey(check=_text, meaning="template context; default: the project"),
    "keep_builds": KnownKey(check=_count, meaning="how many former builds can be brought back (3)"),
    "keep_backups": KnownKey(
        check=_count, meaning="how many automatic backups are kept (10); 0: all"
    ),
    "compose_provider": KnownKey(check=_provider, meaning="what runs compose files"),
    "compose_overrides": KnownKey(check=_texts, meaning="compose files laid over ours, last"),
    "deployed_services": KnownKey(check=lambda _: None, meaning="the services that run"),
    "framework": KnownKey(
        check=_mapping, meaning="holds 'services', the framework's", brought=True
    ),
    "applications": KnownKey(
        check=_mapping, meaning="applications, each with its 'services'", brought=True
    ),
    "services": KnownKey(
        check=_mapping, meaning="services in the deprecated flat form", brought=True
    ),
    "secrets": KnownKey(
        check=_texts, meaning="globs of variables that are secret; !GLOB exempts", brought=True
    ),
    "secrets_command": KnownKey(check=_texts, meaning="argv that prints further NAME=value lines"),
    "images": KnownKey(check=_texts_by_name, meaning="image references by name", brought=True),
    "defaults": KnownKey(check=_mapping, meaning="compose keys that every service gets"),
    "hooks": KnownKey(check=_mapping, meaning="commands around build, up and down"),
    "ca_certificates": KnownKey(check=_text, meaning="a file of certificates to trust, PEM"),
    "templates": KnownKey(check=lambda _: None, meaning="further Copier sources to scaffold from"),
    "kubernetes": KnownKey(
        check=lambda _: None, meaning="registry, namespace and the like, on a cluster"
    ),
}

SERVICE: Mapping[str, KnownKey] = {
    "path": KnownKey(check=_text, meaning="its folder, or package:DISTRIBUTION/FOLDER"),
    "copy_src": KnownKey(check=_flag, meaning="whether src/ is copied as repo_src/"),
    "additional_dirs": KnownKey(check=_additional_dirs, meaning="further folders to copy"),
    "render_kernel_templates": KnownKey(
        check=_flag, meaning="whether kernel.json.j2 files are rendered"
    ),
    "no_render": KnownKey(check=_texts, meaning="globs of .j2 files copied as they are"),
    "one_shot": KnownKey(check=_texts, meaning="compose services that end"),
    "on_change": KnownKey(
        check=_on_change,
        meaning="what 'watch' does when mounted files change (default: recreate)",
    ),
    "start_timeout": KnownKey(check=_seconds, meaning="seconds to become ready"),
    "quiesce": KnownKey(check=quiesce.expected, meaning="commands around a backup of its volumes"),
    "credentials": KnownKey(check=_listed, meaning="variables that up generates if not set"),
    "kubernetes": KnownKey(
        check=lambda _: None, meaning="what compose cannot say of it on a cluster"
    ),
}


def validate(tree: Node) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about known keys, all of them at once."""
    errors = _check_keys(tree, TOP_LEVEL, ())
    warnings = _near_misses(tree, TOP_LEVEL, ())
    errors += [_wrong(*misfit) for misfit in defaults.misfits(tree)]
    errors += defaults.unknown_keys(tree)
    errors += template_problems(tree)
    errors += hooks.problems(tree)
    errors += kubernetes.problems(tree.find(("kubernetes",)), "kubernetes", kubernetes.PROJECT)
    for path, node in service_nodes(tree, errors):
        errors.extend(_check_keys(node, SERVICE, path))
        asked = node.find(("kubernetes",))
        errors += kubernetes.problems(asked, dotted((*path, "kubernetes")), kubernetes.SERVICE)
        warnings.extend(_near_misses(node, SERVICE, path))
        if isinstance(node.value, dict) and "path" not in node.value:
            errors.append(
                Problem(
                    message=f"The service {dotted(path)} has no 'path'.",
                    where=node.where,
                    remedy="Name the folder with its docker-compose.yml.j2: path: services/…",
                )
            )
    return errors, warnings


def service_nodes(tree: Node, problems: list[Problem]) -> list[tuple[KeyPath, Node]]:
    """Every service that the configuration defines; what has the wrong shape is a problem."""
    found: list[tuple[KeyPath, Node]] = []
    for group in (("framework", "services"), *_application_groups(tree, problems), ("services",)):
        services = tree.find(group)
        if services is None or services.value is None:
            continue
        if not isinstance(services.value, dict):
            if len(group) > 1:  # a wrong top-level 'services' is told by its own rule
                problems.append(_wrong(group, services, "a mapping of services"))
            continue
        for name, node in services.value.items():
            if isinstance(node.value, dict):
                found.append(((*group, name), node))
            else:
                problems.append(_wrong((*group, name), node, "a mapping with a 'path'"))
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
            problems.append(_wrong(("applications", name), node, "a mapping"))
    return groups


def _check_keys(node: Node, known: Mapping[str, KnownKey], path: KeyPath) -> list[Problem]:
    if not isinstance(node.value, dict):
        return []
    problems = []
    for key, child in node.value.items():
        rule = known.get(str(key))
        if rule is None or (child.value is None and not path):
            continue  # a top-level key whose content is commented out is as good as absent
        expected = rule.check(child)
        if expected:
            problems.append(_wrong((*path, key), child, expected))
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
    return near[0] if near else None


def _wrong(path: KeyPath, node: Node, expected: str) -> Problem:
    shown = _shown(node)
    return Problem(message=f"'{dotted(path)}' must be {expected}, not {shown}.", where=node.where)


def _shown(node: Node) -> str:
    if node.value is None:
        return "null"
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, list):
        return "a list" if node.value else "an empty list"
    if isinstance(node.value, bool):
        return str(node.value).lower()
    return f"the text {node.value!r}" if isinstance(node.value, str) else repr(node.value)
