"""A configuration as digests of its values: enough to tell later which keys are others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from container_manager.model import KeyPath

_SHORT = 16


def leaves(values: Mapping[str, Any]) -> dict[str, str]:
    """Every key of a configuration that holds no mapping -> a digest of its value.

    >>> sorted(leaves({"a": {"b": 1}, "c": [1, 2]}))
    ['["a", "b"]', '["c"]']
    """
    return {json.dumps(path): _digest(value) for path, value in _leaves(values, ())}


def key_of(leaf: str) -> KeyPath:
    """The key path that a name of :func:`leaves` stands for."""
    return tuple(json.loads(leaf))


def _leaves(value: Mapping[Any, Any], path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    for key, child in value.items():
        if isinstance(child, Mapping) and child:
            yield from _leaves(child, (*path, key))
        else:
            yield (*path, key), child


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[KeyPath]:
    """The keys whose values are others, or that only one of the two has.

    >>> changed(leaves({"a": 1, "b": 2}), leaves({"a": 1, "b": 3, "c": 4}))
    [('b',), ('c',)]
    """
    return [key_of(leaf) for leaf in {**now, **before} if now.get(leaf) != before.get(leaf)]


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:_SHORT]
