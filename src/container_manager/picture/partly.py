"""A part of a picture: some services, and what they rely on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from container_manager.picture.model import Picture, key_of_service


def part_of(picture: Picture, services: Iterable[str]) -> Picture:
    """Some compose services with all that they wait for, and the volumes that they share."""
    found: set[str] = set()
    todo = [key_of_service(name) for name in services]
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo.extend(link.target for link in picture.links if link.source == key)
    groups = (
        replace(group, nodes=tuple(node for node in group.nodes if node.key in found))
        for group in picture.groups
    )
    return replace(
        picture,
        groups=tuple(group for group in groups if group.nodes),
        links=tuple(link for link in picture.links if link.source in found),
    )
