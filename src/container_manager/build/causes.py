"""Why a generated file changes: which keys of the configuration are others than when it was built.

The flattened configuration in the build directory says what they were; a tracked rendering says
which of them a template uses. This is done only for a plan that people look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from container_manager.build.content import flatten
from container_manager.build.preparing import Prepared
from container_manager.config.leaves import changed, leaves
from container_manager.config.loader import Config
from container_manager.model import BuildPlan, Change, KeyPath, Output, dotted

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # pragma: no cover - PyYAML built without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

_REWRITTEN = frozenset({"replace", "mode"})


def explained(prepared: Prepared, plan: BuildPlan) -> BuildPlan:
    """The same plan, each change of a rendered file with the keys that caused it.

    Args:
        prepared: what was rendered.
        plan: its comparison with what is there.
    """
    rewritten = [c for c in plan.changes if c.action in _REWRITTEN and not c.by_hand]
    keys = _changed_keys(prepared, plan, rewritten)
    if not keys:
        return plan
    folders = {service.name: service.folder for service in prepared.services}
    causes: dict[str, tuple[str, ...]] = {}
    for change in rewritten:
        output = plan.outputs[change.path]
        if output.text is not None:
            used = _used(prepared, output, folders)
            causes[change.path] = tuple(
                _told(prepared.config, key) for key in keys if used is None or _meets(key, used)
            )
    changes = (replace(change, causes=causes.get(change.path, ())) for change in plan.changes)
    return replace(plan, changes=tuple(changes))


def keys_behind(prepared: Prepared, owner: str | None, before: Mapping[str, str]) -> list[str]:
    """The keys that a service's compose template uses and that have another value now.

    Args:
        prepared: what was rendered.
        owner: the canonical name of the service; None: the root template.
        before: what the configuration was, as :func:`~container_manager.config.leaves.leaves`
            gives it.
    """
    keys = changed(before, leaves(prepared.config.values)) if before else []
    file = next((one for one in prepared.compose_files if one.service == owner), None)
    if not keys or file is None:
        return []
    folders = {service.name: service.folder for service in prepared.services}
    folder = folders.get(owner or "", file.template.parent)
    used = prepared.renderer.used_keys(file.template, service_dir=folder)
    return [_told(prepared.config, key) for key in keys if _meets(key, used)]


def _changed_keys(prepared: Prepared, plan: BuildPlan, rewritten: list[Change]) -> list[KeyPath]:
    """The keys whose values are others; empty where the former configuration is not there."""
    place = next((c.path for c in rewritten if plan.outputs[c.path].step == "config"), None)
    if place is None:
        return []
    try:
        text = (plan.build_dir / place).read_text(encoding="utf-8")
        before = yaml.load(text, _SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return []
    now = yaml.load(flatten(prepared.config.values), _SafeLoader)
    return list(_differences(before, now, ()))


def _differences(before: Any, now: Any, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*now, *(key for key in before if key not in now)]:
            if key not in before or key not in now:
                yield (*path, key)
            else:
                yield from _differences(before[key], now[key], (*path, key))
    elif before != now or type(before) is not type(now):
        yield path


def _used(prepared: Prepared, output: Output, folders: dict[str, Path]) -> set[KeyPath] | None:
    """The keys that made a file; None for all of them."""
    if output.step == "config" or output.source is None:
        return None
    template = Path(output.source)
    folder = folders.get(output.owner or "", template.parent)
    return prepared.renderer.used_keys(template, service_dir=folder)


def _meets(key: KeyPath, used: set[KeyPath]) -> bool:
    """Whether a changed key is used, or holds one that is, or is in a mapping used as a whole."""
    return any(path[: len(key)] == key or key[: len(path)] == path for path in used)


def _told(config: Config, key: KeyPath) -> str:
    """A changed key with its place, as people are told."""
    where = config.tree.find(key)
    return f"{dotted(key)} ({where.where})" if where else f"{dotted(key)} (no longer there)"
