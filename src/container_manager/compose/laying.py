"""One compose definition laid over another, as podman-compose and Docker Compose both do it.

Source: the Compose specification, "Merge Compose files", and podman-compose 1.6 (``rec_merge``),
which takes no value over one of another kind, and appends the words of a health check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from container_manager.compose import values
from container_manager.compose.interpolate import Reader
from container_manager.compose.model import STARTED
from container_manager.model import Key, KeyPath, Node, dotted

RESET, OVERRIDE = "!reset", "!override"
TAGS = (RESET, OVERRIDE)

_KEY = len(("services", "NAME", "KEY"))
_NORMALISED = frozenset({"build", "environment", "labels", "security_opt", "depends_on"})
"""Keys of a service that podman-compose rewrites before it looks for tags."""

_REPLACED = frozenset({"command", "entrypoint"})
"""Keys whose lists replace each other; other lists are appended."""


def refuse_tags(document: Node, reader: Reader) -> None:
    """Report tags where podman-compose does not act on them, or fails.

    Source: podman-compose 1.6, where it normalises services before it merges them, and reads of
    ``!override`` the plain words of a list alone.
    """
    for path, node in document.walk():
        if node.tag == RESET and not _may_reset(path):
            reader.problem(
                node.where,
                f"podman-compose cannot take '{dotted(path)}' away as a whole.",
                "Name what is to go below it, or change the template.",
            )
        elif node.tag == OVERRIDE and not _may_override(path, node):
            reader.problem(
                node.where,
                f"podman-compose cannot replace '{dotted(path)}' by this.",
                "!override may stand at a key of a service, before a list of words without '$'.",
            )


def _may_reset(path: KeyPath) -> bool:
    deep = len(path) > _KEY
    return path[:1] == ("services",) and (
        deep or (len(path) == _KEY and path[-1] not in _NORMALISED)
    )


def _may_override(path: KeyPath, node: Node) -> bool:
    words = node.value if isinstance(node.value, list) else ()
    return (
        path[:1] == ("services",)
        and len(path) == _KEY
        and path[-1] not in _NORMALISED
        and bool(words)
        and all(isinstance(word.value, (str, int)) and "$" not in str(word.value) for word in words)
    )


def laid_over(below: Node, above: Node, path: KeyPath, reader: Reader) -> Node:
    """What both say together; ``above`` wins.

    Args:
        below: what is there.
        above: what is laid over it.
        path: the place of both in their files.
        reader: keeps the findings.
    """
    below, above = _normal(below, path), _normal(above, path)
    if above.tag == OVERRIDE:
        return replace(above, replaced=below, tag="")
    if isinstance(above.value, dict) and (below.value is None or isinstance(below.value, dict)):
        return _mappings(below, above, path, reader)
    if path[-1] in _REPLACED:
        return replace(above, replaced=below)
    if _kind(below) is not _kind(above):
        reader.problem(
            above.where,
            f"'{dotted(path)}' is {_named(above)} here and {_named(below)} at {below.where}: "
            "podman-compose cannot lay one over the other.",
            "Write both alike.",
        )
        return below  # what is wrong is told; what is there can be read on
    if isinstance(above.value, list) and isinstance(below.value, list):
        return _lists(below.value, above, path, reader)
    return replace(above, replaced=below)


def _mappings(below: Node, above: Node, path: KeyPath, reader: Reader) -> Node:
    assert isinstance(above.value, dict)
    merged: dict[Key, Node] = dict(below.value) if isinstance(below.value, dict) else {}
    for key, child in above.value.items():
        known = merged.get(key)
        at = (*path, key)
        if known is None and child.tag:
            reader.problem(
                child.where,
                f"'{dotted(at)}' is {child.tag} here, and nothing below says anything of it.",
                "Remove it.",
            )
        elif child.tag == RESET:
            del merged[key]
        elif known is None:
            merged[key] = _normal(child, at)
        else:
            merged[key] = laid_over(known, child, at, reader)
    return replace(below, value=merged, where=below.where)


def _lists(below: list[Node], above: Node, path: KeyPath, reader: Reader) -> Node:
    assert isinstance(above.value, list)
    if path[2:] == ("healthcheck", "test"):
        reader.problem(
            above.where,
            f"Providers disagree on '{dotted(path)}' in two files: one appends the words.",
            "Write both as a text, or change the template.",
        )
    if path[2:] == ("volumes",):
        below = _without_targets(below, above.value, path, reader)
    if path[2:] == ("ports",):
        known = [item.plain() for item in below]
        for item in above.value:
            if item.plain() in known:
                reader.problem(
                    item.where,
                    f"'{dotted(path)}' has this port already.",
                    "Remove it here: ports of all files are published.",
                )
    return replace(above, value=[*below, *above.value])


def _without_targets(
    below: list[Node], above: list[Node], path: KeyPath, reader: Reader
) -> list[Node]:
    """The mounts of a template that are not replaced by those of an override."""
    targets = {_target(item): item for item in above}
    kept = []
    for item in below:
        other = targets.get(_target(item))
        if other is None or _target(item) is None:
            kept.append(item)
        elif not (_is_short(item) and _is_short(other)):
            reader.problem(
                other.where,
                f"'{dotted(path)}' mounts {_target(item)} already, at {item.where}: podman-compose "
                "replaces only SOURCE:TARGET by SOURCE:TARGET.",
                "Write both in that form.",
            )
    return kept


def _target(item: Node) -> str | None:
    try:
        return values.mount(item.plain()).target
    except ValueError:
        return None  # told where the service is read


def _is_short(item: Node) -> bool:
    return isinstance(item.value, str) and ":" in item.value


# --- one spelling of what may be written in several -----------------------------------------------


def _normal(node: Node, path: KeyPath) -> Node:
    """A value as podman-compose spells it before it merges."""
    normal = _NORMAL.get(str(path[2])) if path[:1] == ("services",) and len(path) == _KEY else None
    return normal(node) if normal is not None else node


def _entries(node: Node) -> Node:
    """``NAME=value`` in a list, as a mapping."""
    if not isinstance(node.value, list):
        return node
    found: dict[Key, Node] = {}
    for item in node.value:
        if not isinstance(item.value, str):
            return node  # told where the service is read
        name, equals, value = item.value.partition("=")
        found[name] = replace(item, value=value if equals else None)
    return replace(node, value=found)


def _dependencies(node: Node) -> Node:
    if isinstance(node.value, str):
        node = replace(node, value=[node])
    if not isinstance(node.value, list):
        return node
    return replace(
        node,
        value={
            str(item.value): replace(item, value={"condition": replace(item, value=STARTED)})
            for item in node.value
        },
    )


def _context(node: Node) -> Node:
    return replace(node, value={"context": node}) if isinstance(node.value, str) else node


def _listed(node: Node) -> Node:
    return replace(node, value=[node]) if isinstance(node.value, str) else node


_NORMAL: Mapping[str, Callable[[Node], Node]] = {
    "environment": _entries,
    "labels": _entries,
    "depends_on": _dependencies,
    "build": _context,
    "env_file": _listed,
    "security_opt": _listed,
    "volumes": _listed,
}


def _kind(node: Node) -> type:
    return type(node.value)


def _named(node: Node) -> str:
    kinds = {dict: "a mapping", list: "a list", str: "a text", bool: "a truth value"}
    return "empty" if node.value is None else kinds.get(_kind(node), "a number")
