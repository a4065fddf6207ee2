"""Settings of services in packages that are probably mistyped.

A service of the project may have any key of its own; one from a package brings along all that it
reads. A key beside these that is nearly one of them would be ignored without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from container_manager.config.known import TOP_LEVEL
from container_manager.config.schema import near_key
from container_manager.config.service_keys import SERVICE
from container_manager.errors import Problem
from container_manager.model import KeyPath, Node, dotted


def mistyped(own: Node, brought: Node, path: KeyPath = ()) -> Iterator[Problem]:
    """Keys of the user's that stand beside what packages bring along, and are nearly the same.

    Args:
        own: what the user's files say.
        brought: what packages bring along.
        path: where both stand.
    """
    if not isinstance(own.value, dict) or not isinstance(brought.value, dict):
        return
    for key, child in own.value.items():
        if key in brought.value:
            yield from mistyped(child, brought.value[key], (*path, key))
        elif not _holds_names(path) and key not in TOP_LEVEL and key not in SERVICE:
            near = near_key(str(key), [str(other) for other in brought.value])
            if near is not None:
                yield Problem(
                    message=f"'{dotted((*path, key))}' means nothing to the package; did you mean "
                    f"'{near}'?",
                    where=child.where,
                    remedy="If it is a key of your own, ignore this.",
                )


def _holds_names(path: KeyPath) -> bool:
    """Whether the keys there are names of services or applications."""
    if path[:1] == ("applications",):
        return path[2:] in ((), ("services",))
    return path in (("framework", "services"), ("services",))
