"""What has to hold of every manifest, known without a cluster.

A schema finds about a fifth of what a server refuses: that names are legal, selectors match and
mounts name a volume are rules in words. So the shapes here are those of what we write, and strict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from container_manager.export.kubernetes.rules.meaning import meaning
from container_manager.export.kubernetes.rules.objects import shape


def check(objects: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What a cluster would refuse of some objects, a sentence each."""
    found: list[str] = []
    names: set[tuple[str, str]] = set()
    for one in objects:
        metadata = one.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        title = f"{one.get('kind')} {name}"
        wrong = list(shape(one))
        found += [f"{title}: {problem}" for problem in wrong or meaning(one)]
        key = (str(one.get("kind")), str(name))
        if key in names:
            found.append(f"{title}: there are two of them.")
        names.add(key)
    return tuple(found)
