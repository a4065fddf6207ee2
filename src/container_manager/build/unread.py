"""Settings of services that no template reads, where one of nearly the same name is read.

Every key that is not ours belongs to the user, so only templates tell which ones mean something: a
mistyped one changes nothing, without a word. It is suspected where a template asks for a key of
nearly that name that is not there, or where another file sets such a key, as one in the service's
folder does for what its template reads. What any template reads itself, alone or with all that is
around it, is no mistake, and neither is what a file in the service's folder says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from container_manager.config.loader import Config
from container_manager.config.schema import near_key
from container_manager.config.service_keys import SERVICE
from container_manager.errors import Problem
from container_manager.model import Key, KeyPath, Node, Output, Service, dotted
from container_manager.render import Renderer

_Pair = tuple[KeyPath, KeyPath]
"""A key that is set, and the one that may have been meant."""


def unread(
    config: Config, services: Sequence[Service], outputs: Mapping[str, Output], renderer: Renderer
) -> list[Problem]:
    """A warning for each setting that is probably mistyped.

    Args:
        config: the configuration.
        services: those whose settings are looked at; not those of packages, which bring along
            all that they read.
        outputs: all that was rendered.
        renderer: what rendered it.
    """
    absent = renderer.absent_keys()
    asked: dict[KeyPath, list[str]] = {}
    for *within, name in absent:
        asked.setdefault(tuple(within), []).append(str(name))
    pairs = [
        pair
        for service in services
        if service.package is None and (node := config.tree.find(service.key_path)) is not None
        for pair in _pairs(node, service.key_path, service, asked)
    ]
    if not pairs:
        return []  # as nearly always: reading what templates use means rendering them again
    used = _used_keys(services, outputs, renderer) | absent
    return [
        Problem(
            message=f"No template reads '{dotted(path)}'; did you mean '{meant[-1]}'?",
            where=config.origin(path),
            remedy="If it is a key of your own that programs read, ignore this.",
        )
        for path, meant in dict(pairs).items()
        if _is_in(used, meant) and not _is_in(used, path)
    ]


def _pairs(
    node: Node, path: KeyPath, service: Service, asked: Mapping[KeyPath, list[str]]
) -> Iterator[_Pair]:
    """Those at one path and below it; ``asked``: path -> keys that are asked for there in vain."""
    if not isinstance(node.value, dict):
        return
    several = len({child.where.file for child in node.value.values()}) > 1
    for key, child in node.value.items():
        yield from _pairs(child, (*path, key), service, asked)
        if path == service.key_path and (key in SERVICE or near_key(str(key), SERVICE)):
            continue  # ours, or told as a near miss of ours
        if child.where.file.is_relative_to(service.folder):
            continue
        elsewhere = _set_elsewhere(node.value, key) if several else []
        known = [*asked.get(path, ()), *(other for other in elsewhere if other not in SERVICE)]
        near = near_key(str(key), known) if known else None
        if near is not None:
            yield (*path, key), (*path, near)


def _set_elsewhere(children: Mapping[Key, Node], key: Key) -> list[str]:
    """The keys beside one that another file sets."""
    file = children[key].where.file
    return [str(other) for other, child in children.items() if child.where.file != file]


def _used_keys(
    services: Sequence[Service], outputs: Mapping[str, Output], renderer: Renderer
) -> set[KeyPath]:
    folders = {service.name: service.folder for service in services}
    used: set[KeyPath] = set()
    for output in outputs.values():
        if output.text is not None and output.source is not None:
            template = Path(output.source)
            folder = folders.get(output.owner or "", template.parent)
            used |= renderer.used_keys(template, service_dir=folder)
    return used


def _is_in(used: set[KeyPath], path: KeyPath) -> bool:
    """Whether a key is used, or all of a mapping that it is in."""
    return any(path[:length] in used for length in range(1, len(path) + 1))
