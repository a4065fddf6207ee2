"""What ``defaults`` of the configuration gives to services whose templates are silent about it.

A template that says the key, even as null, is not silent; neither is one that says the same in
other words, or something that Podman would not take together with the default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from container_manager.compose import values
from container_manager.compose.env_entries import Entries, read_environment
from container_manager.compose.interpolate import Reader
from container_manager.compose.limits import check_limits, size
from container_manager.compose.model import ComposeService, Stack
from container_manager.errors import Problem
from container_manager.model import KeyPath, Node, dotted

_PATH: KeyPath = ("defaults",)
_DRIVERS = ("k8s-file", "json-file", "journald", "none", "passthrough")
_USERNS = re.compile(r"host|nomap|keep-id(?::.+)?|auto(?::.+)?|(?:ns|container):.+")
_DEVICE = re.compile(
    r"/[^:]+(?::/[^:]+)?(?::(?!.*(.).*\1)[rwm]+)?"  # on the host, in the container, its rights
    r"|[^/=]+/[^/=]+=.+"  # of the Container Device Interface: VENDOR/CLASS=NAME
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What may be given.

    Attributes:
        keys: compose key -> value, interpolated; without ``environment``.
        entries: its ``environment``.
    """

    keys: Mapping[str, Any] = field(default_factory=dict)
    entries: Entries = field(default_factory=Entries)


def read_defaults(node: Node | None, reader: Reader) -> Defaults:
    """Read and check ``defaults``; whatever is empty once variables are filled in gives nothing.

    Args:
        node: as :func:`container_manager.config.defaults.as_in_compose` gives it.
        reader: keeps the findings.
    """
    if node is None or not isinstance(node.value, dict):
        return Defaults()
    rest = {key: child for key, child in node.value.items() if key != "environment"}
    plain = reader.plain(Node(value=rest, where=node.where), _PATH)
    keys = _filled(plain)
    check_limits(node, keys, _PATH, reader)
    _check_values(node, keys, reader)
    entries = read_environment(reader, node.value.get("environment"), _PATH)
    return Defaults(keys=keys, entries=entries)


def with_defaults(stack: Stack, defaults: Defaults) -> Stack:
    """The stack whose services have what their templates are silent about.

    Args:
        stack: as its templates describe it; one-shots are marked.
        defaults: checked.
    """
    services = {name: _completed(one, defaults) for name, one in stack.services.items()}
    limit = defaults.keys.get("mem_limit")
    warnings = [_unlimited(one) for one in stack.services.values() if _reserves_more(one, limit)]
    return replace(stack, services=services, warnings=(*stack.warnings, *warnings))


def _filled(given: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty; podman-compose takes no null where it expects a mapping."""
    full = {k: _filled(v) if isinstance(v, dict) else v for k, v in given.items()}
    return {key: value for key, value in full.items() if value not in (None, "", [], {})}


# --- what the values must be ----------------------------------------------------------------------


def _driver(value: Any) -> None:
    if value not in _DRIVERS:
        raise ValueError(f"Podman has no log driver {value!r}; it has {', '.join(_DRIVERS)}")


def _userns(value: Any) -> None:
    if not _USERNS.fullmatch(str(value)):
        raise ValueError(
            f"{value!r} is no user namespace; write host, keep-id, auto, nomap, ns:PATH or "
            "container:NAME"
        )


def _device(value: Any) -> None:
    if not _DEVICE.fullmatch(str(value)):
        raise ValueError(
            f"{value!r} is no device; write its path, /dev/fuse, or /dev/a:/dev/b:rwm (the rights: "
            "some of r, w and m)"
        )


_READERS: Mapping[KeyPath, Callable[[Any], object]] = {
    ("restart",): values.restart,
    ("stop_grace_period",): values.duration,
    ("userns_mode",): _userns,
    ("logging", "driver"): _driver,
    ("logging", "options", "max-size"): size,
}


def _check_values(node: Node, keys: Mapping[str, Any], reader: Reader) -> None:
    readers = dict(_READERS)
    for index in range(len(keys.get("devices", ()))):
        readers["devices", index] = _device
    for path, read in readers.items():
        value = _at(keys, path)
        if value is None or "${" in str(value):  # a reference that was left is told already
            continue
        try:
            read(value)
        except ValueError as error:
            reader.problem(node.nearest(path).where, f"'{dotted((*_PATH, *path))}': {error}.")


def _at(value: Any, path: KeyPath) -> Any:
    """The value at a path; None where there is none."""
    for key in path:
        if isinstance(value, list) and isinstance(key, int):
            value = value[key]
        elif isinstance(value, Mapping):
            value = value.get(key)
        else:
            return None
    return value


# --- who gets what --------------------------------------------------------------------------------

_LIMITS = ("deploy", "resources", "limits")
_RESERVED = (("deploy", "resources", "reservations", "memory"), ("mem_reservation",))
_OTHER_WORDS: Mapping[str, tuple[KeyPath, ...]] = {
    "mem_limit": ((*_LIMITS, "memory"),),
    "pids_limit": ((*_LIMITS, "pids"),),
    "restart": (("deploy", "restart_policy"),),
    "userns_mode": (("x-podman.uidmaps",), ("x-podman.gidmaps",)),
}
"""Where else a template may have said it."""

_NAMESPACES = ("network_mode", "pid", "ipc")
_OF_ANOTHER = ("service:", "container:", "ns:")


def _completed(service: ComposeService, defaults: Defaults) -> ComposeService:
    keys = {
        key: value
        for key, value in defaults.keys.items()
        if key not in service.definition and not _settled(service, key, value)
    }
    entries = defaults.entries
    names = frozenset(entries.places) - service.entry_places.keys() - _from_files(service)
    public = {name: value for name, value in entries.public.items() if name in names}
    secret = tuple(entry for entry in entries.secret if entry.key in names)
    places = {name: place for name, place in entries.places.items() if name in names}
    texts = {name: text for name, text in entries.texts.items() if name in names}
    grace, restart = keys.get("stop_grace_period"), keys.get("restart")
    return replace(
        service,
        environment={**service.environment, **public},
        secret_entries=(*service.secret_entries, *secret),
        entry_places={**service.entry_places, **places},
        stop_grace_period=values.duration(grace) if grace else service.stop_grace_period,
        restart=values.restart(restart) if restart else service.restart,
        definition={
            **service.definition,
            **keys,
            "environment": {**service.definition["environment"], **texts},
        },
        default_keys=keys,
        default_entries=names,
    )


def _settled(service: ComposeService, key: str, value: Any) -> bool:
    """Whether what a service is, or what its template says elsewhere, speaks against a default."""
    if any(_says(service.definition, path) for path in _OTHER_WORDS.get(key, ())):
        return True
    if key == "restart":
        return service.one_shot  # restarted for ever, it would never be done
    if key == "mem_limit":
        return _reserves_more(service, value)
    if key == "userns_mode":
        # What is shared belongs to the user namespace of its owner; Podman cannot enter both.
        return any(
            str(service.definition.get(name) or "").startswith(_OF_ANOTHER) for name in _NAMESPACES
        )
    return False


def _says(definition: Mapping[str, Any], path: KeyPath) -> bool:
    around = _at(definition, path[:-1])
    return isinstance(around, Mapping) and path[-1] in around


def _from_files(service: ComposeService) -> frozenset[str]:
    """The variables that ``env_file`` gives; a provider lets ``environment`` win over them."""
    return frozenset(name for file in service.env_files.values() for name in file.names)


def _reserves_more(service: ComposeService, limit: Any) -> bool:
    """Whether a default limit of memory is below what a service without its own reserves."""
    own = ("mem_limit",), *_OTHER_WORDS["mem_limit"]
    if not limit or any(_says(service.definition, path) for path in own):
        return False
    reserved = next(_reservations(service), 0.0)
    return 0 < size(limit) < reserved


def _reservations(service: ComposeService) -> Iterator[float]:
    for path in _RESERVED:
        value = _at(service.definition, path)
        if value:
            yield size(value)


def _unlimited(service: ComposeService) -> Problem:
    return Problem(
        message=f"The service '{service.name}' reserves more memory than 'defaults.mem_limit' "
        "allows: it runs without a limit.",
        where=service.where,
        remedy="Give it a 'mem_limit' of its own.",
    )
