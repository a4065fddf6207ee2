"""The difference between an object as it is and as it would be; of secrets, the names only."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from container_manager.cluster.api import Object

_OF_THE_SERVER = frozenset(
    {"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"}
)
"""Parts of the metadata that nobody asks for, and that change by themselves."""


def difference(present: Object | None, wanted: Object) -> tuple[str, ...]:
    """The lines that differ, each with what it stands in; empty where nothing does.

    Both come from the server, which has filled in the same defaults.

    Args:
        present: the object as it is; None where there is none.
        wanted: as it would be.
    """
    before, after = _shown(present or {}), _shown(wanted)
    if wanted.get("kind") == "Secret":
        before, after = _without_values(before, after)
    old, new = _text(before), _text(after)
    if old == new:
        return ()
    lines = difflib.unified_diff(old, new, lineterm="", n=2)
    return tuple(line for line in lines if not line.startswith(("---", "+++")))


def _shown(one: Object) -> dict[str, Any]:
    """An object without what the server keeps for itself."""
    kept = {key: value for key, value in one.items() if key not in ("status", "metadata")}
    if "metadata" in one:
        metadata = one["metadata"].items()
        kept["metadata"] = {key: value for key, value in metadata if key not in _OF_THE_SERVER}
    return kept


def _without_values(
    before: dict[str, Any], after: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    shown: tuple[dict[str, Any], dict[str, Any]] = ({**before}, {**after})
    # 'kubectl apply' without --server-side keeps a copy of all values in an annotation.
    for path in (("data",), ("stringData",), ("metadata", "annotations")):
        old, new = (_at(one, path) for one in (before, after))
        _put(shown[0], path, dict.fromkeys(old, "(as it is)"))
        _put(
            shown[1],
            path,
            {
                key: "(as it is)" if old.get(key) == value else "(another value)"
                for key, value in new.items()
            },
        )
    return shown


def _at(one: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    for key in path:
        one = one.get(key) or {}
    return one


def _put(one: dict[str, Any], path: tuple[str, ...], value: Mapping[str, Any]) -> None:
    *above, last = path
    for key in above:
        one[key] = one = {**(one.get(key) or {})}
    if value or last in one:
        one[last] = value


def _text(one: Mapping[str, Any]) -> list[str]:
    import yaml

    return yaml.safe_dump(dict(one), sort_keys=True, width=10_000).splitlines() if one else []
