"""Names to services: one resolver for every form that a name may take.

``framework.X``, ``applications.APP.X``, ``services.X`` (the deprecated flat form, spelled out), and
a bare ``X``, looked up in the framework and then in the flat services. In names ``-`` and ``_`` are
one letter. What is unknown or ambiguous never resolves to something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from container_manager.errors import Location, Problem, did_you_mean
from container_manager.model import KeyPath, dotted


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a name leads: the path of keys, and the definition found there."""

    key_path: KeyPath
    settings: Mapping[str, Any]
    shadowed: KeyPath | None = None

    @property
    def name(self) -> str:
        """The canonical name: the path of keys without ``services`` in the middle."""
        if self.key_path[0] == "services":
            return dotted(self.key_path)
        return dotted((*self.key_path[:-2], self.key_path[-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """Why a name leads nowhere, and what may have been meant."""

    message: str
    remedy: str

    def problem(self, where: Location | None) -> Problem:
        """The same as a problem at the place that says the name."""
        return Problem(message=self.message, where=where, remedy=self.remedy)


def resolve(config: Mapping[str, Any], name: str) -> Match | Miss:
    """Look a service up by any form of its name."""
    parts = name.split(".")
    candidates = [_group(config, group) for group in _groups(parts)]
    found: list[Match] = []
    for group, services in candidates:
        if parts[-1] in services:
            matches = [parts[-1]]
        else:
            matches = [key for key in services if _same(str(key), parts[-1])]
        if len(matches) > 1:
            spelled = " and ".join(repr(str(key)) for key in matches)
            return Miss(
                message=f"The service name {name!r} is ambiguous: {spelled} are both defined.",
                remedy="Spell it as it is defined.",
            )
        if matches and isinstance(services[matches[0]], Mapping):
            found.append(Match(key_path=(*group, matches[0]), settings=services[matches[0]]))
    if not found:
        return _miss(config, name)
    first, *others = found
    shadowed = others[0].key_path if others else None
    return Match(key_path=first.key_path, settings=first.settings, shadowed=shadowed)


def defined_names(config: Mapping[str, Any]) -> Iterator[str]:
    """The canonical names of all services that a configuration defines."""
    groups: list[KeyPath] = [("framework", "services")]
    applications = config.get("applications")
    if isinstance(applications, Mapping):
        groups.extend(("applications", str(app), "services") for app in applications)
    groups.append(("services",))
    for group in groups:
        for key, settings in _group(config, group)[1].items():
            yield Match(key_path=(*group, key), settings=settings).name


def _groups(parts: Sequence[str]) -> list[KeyPath]:
    """The places where a name of this form may be defined, first come first."""
    match parts:
        case ["framework", _]:
            return [("framework", "services")]
        case ["services", _]:
            return [("services",)]
        case ["applications", application, _]:
            return [("applications", application, "services")]
        case [_]:
            return [("framework", "services"), ("services",)]
    return []


def _group(config: Mapping[str, Any], group: KeyPath) -> tuple[KeyPath, Mapping[Any, Any]]:
    """The mapping at ``group``, its keys as they are spelled; empty where there is none."""
    current: Any = config
    spelled: list[Any] = []
    for key in group:
        if not isinstance(current, Mapping):
            return group, {}
        exact = key in current
        same = [key] if exact else [k for k in current if _same(str(k), str(key))]
        if len(same) != 1:
            return group, {}
        spelled.append(same[0])
        current = current[same[0]]
    return tuple(spelled), current if isinstance(current, Mapping) else {}


def _same(one: str, other: str) -> bool:
    return one.replace("-", "_") == other.replace("-", "_")


def _miss(config: Mapping[str, Any], name: str) -> Miss:
    known = list(defined_names(config))
    last = name.rpartition(".")[2]
    misplaced = _misplaced(config, name.split("."))
    same_last = [other for other in known if _same(other.rpartition(".")[2], last)]
    if misplaced:
        found, wanted = misplaced
        remedy = f"{dotted(found)!r} is there, and services are looked for in {dotted(wanted)!r}."
    elif same_last:
        remedy = "Did you mean " + " or ".join(repr(other) for other in same_last) + "?"
    else:
        by_last = {other.rpartition(".")[2]: other for other in known}
        near = did_you_mean(name, [*known, *by_last])
        listed = ", ".join(known) if known else "none"
        remedy = near or f"Services that are defined: {listed}."
    return Miss(message=f"There is no service {name!r}.", remedy=remedy)


def _misplaced(config: Mapping[str, Any], parts: Sequence[str]) -> tuple[KeyPath, KeyPath] | None:
    """A service's definition that lacks ``services`` on its way, and where it is looked for."""
    for wanted in _groups(parts):
        group, there = _group(config, wanted[:-1])
        for key, value in there.items():
            if _same(str(key), parts[-1]) and isinstance(value, Mapping) and "path" in value:
                return (*group, key), wanted
    return None
