"""The setting ``quiesce`` of a service: the commands around a backup of its volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.model import Node

TIMEOUT = 60.0
"""Seconds that a command may take, unless ``timeout`` says otherwise."""

EXPECTED = "a mapping with before, after (argv lists), container (a compose service), timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiesce:
    """What makes a service's files fit to be copied while it runs.

    Attributes:
        before: argv, run inside its container; empty: none.
        after: the same, once the copy is made, however that went.
        container: the compose service to run them in; None: the one that mounts a volume.
        timeout: seconds that each may take.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    container: str | None = None
    timeout: float = TIMEOUT


def declared(settings: Mapping[str, Any]) -> Quiesce | None:
    """What a service's settings declare.

    >>> declared({"quiesce": {"before": ["sync"]}})
    Quiesce(before=('sync',), after=(), container=None, timeout=60.0)
    """
    entry = settings.get("quiesce")
    if not isinstance(entry, Mapping):
        return None
    return Quiesce(
        before=tuple(map(str, entry.get("before") or ())),
        after=tuple(map(str, entry.get("after") or ())),
        container=entry.get("container"),
        timeout=float(entry.get("timeout") or TIMEOUT),
    )


def expected(node: Node) -> str | None:
    """What ``quiesce`` should have been; None where it is fine."""
    entry = node.plain()
    if not isinstance(entry, dict) or not set(entry) <= {"before", "after", "container", "timeout"}:
        return EXPECTED
    argvs = [entry[key] for key in ("before", "after") if entry.get(key) is not None]
    timeout = entry.get("timeout", TIMEOUT)
    fine = (
        any(argvs)
        and all(isinstance(argv, list) and all(_is_word(word) for word in argv) for argv in argvs)
        and (entry.get("container") is None or _is_word(entry["container"]))
        and isinstance(timeout, (int, float))
        and not isinstance(timeout, bool)
        and 0 < timeout < float("inf")
    )
    return None if fine else EXPECTED


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value
