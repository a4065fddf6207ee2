"""Settings of a copy: read at dotted paths, overridden, and taken along from the project."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from container_manager.config.loader import Config
from container_manager.errors import UsageError, did_you_mean


def value_at(values: Any, path: str) -> Any:
    """What stands at a dotted path.

    Raises:
        UsageError: nothing does.
    """
    value, parts = values, path.split(".")
    for number, part in enumerate(parts):
        try:
            if not isinstance(value, (dict, list)):
                raise KeyError(part)
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (LookupError, ValueError) as error:
            above = ".".join(parts[:number])
            raise UsageError(
                f"project.config(): there is no '{path}'.", remedy=_nearest(value, part, above)
            ) from error
    return value


def _nearest(value: Any, part: str, above: str) -> str:
    what = f"'{above}'" if above else "The configuration"
    if isinstance(value, list):
        return f"{what} is a list of {len(value)}."
    if not isinstance(value, dict):
        return f"{what} is no mapping."
    known = [str(key) for key in value]
    return did_you_mean(part, known) or f"{what} has: {', '.join(known) or 'nothing'}."


def refuse_unwritable(key: str, value: Any) -> None:
    """Refuse what no configuration can hold.

    Raises:
        UsageError: the value of ``key`` is such.
    """
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"project.set(): the value of '{key}' cannot stand in a configuration: {error}.",
            remedy="Use texts, numbers, truth values, None, and lists and dicts of them.",
        ) from error


def put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set what stands at a path, and the mappings that lead there.

    Raises:
        UsageError: it leads through something else.
    """
    for key in path[:-1]:
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            raise UsageError(f"'{'.'.join(path)}' leads through '{key}', which is no mapping.")
    values[path[-1]] = value


def from_outside(config: Config) -> dict[str, Any]:
    """Where the project names files outside of itself: the same by their absolute paths.

    Returns:
        Top-level keys of a configuration.
    """
    changed: dict[str, Any] = {}
    for path, node in config.tree.walk():
        if not (path[-1:] == ("additional_dirs",) or path == ("compose_overrides",)):
            continue
        if not isinstance(node.value, list):
            continue
        items = [_absolute(item, config.root) for item in node.plain()]
        if items != node.plain():
            put(changed, tuple(map(str, path)), items)
    return changed


def _absolute(item: Any, root: Path) -> Any:
    source = item.get("src") if isinstance(item, dict) else item
    if not isinstance(source, str) or "$" in source:
        return item
    leads = os.path.normpath(root / source)
    if Path(leads).is_relative_to(root):
        return item
    return {**item, "src": leads} if isinstance(item, dict) else leads
