"""What has to hold of every manifest, known without a cluster.

A schema finds about a fifth of what a server refuses: that names are legal, selectors match and
mounts name a volume are rules in words. So the shapes here are those of what we write, and strict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from container_manager.export.kubernetes.rules.meaning import meaning
from container_manager.export.kubernetes.rules.objects import shape


def check(objects: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What a cluster would refuse of some objects, a sentence each."""
    return tuple(f"{title(one)}: {problem}" for one, problem in faults(objects))


def faults(
    objects: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """What a cluster would refuse, with the object that it is about."""
    names: set[str] = set()
    for one in objects:
        for problem in list(shape(one)) or meaning(one):
            yield one, problem
        if title(one) in names:
            yield one, "there are two of them."
        names.add(title(one))


def title(one: Mapping[str, Any]) -> str:
    """An object as people speak of it, whatever is wrong with it."""
    metadata = one.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return f"{one.get('kind')} {name}"
