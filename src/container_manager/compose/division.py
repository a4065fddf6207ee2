"""Which containers a provider makes, and which the bundled podman-compose makes for it.

The table of capabilities decides: what a provider lacks and a service needs, goes to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from container_manager.compose.capabilities import Kind, can
from container_manager.compose.model import ComposeService, Stack


def _external_secrets(stack: Stack, service: ComposeService) -> bool:
    declared = (stack.secrets.get(name) for name in service.secrets)
    return any(one is not None and one.external for one in declared)


def _shares_namespace(_: Stack, service: ComposeService) -> bool:
    modes = [str(service.definition.get(key) or "") for key in ("network_mode", "pid", "ipc")]
    return bool(service.implied) or any(mode.startswith("container:") for mode in modes)


def _long_tmpfs(_: Stack, service: ComposeService) -> bool:
    volumes = service.definition.get("volumes") or ()
    return any(isinstance(one, Mapping) and one.get("type") == "tmpfs" for one in volumes)


def _podman_keys(_: Stack, service: ComposeService) -> bool:
    return any(str(key).startswith("x-podman") for key in service.definition)


_CREATION: Mapping[str, Callable[[Stack, ComposeService], bool]] = {
    "env_secrets": lambda _, service: bool(service.secret_entries),
    "external_secrets": _external_secrets,
    "literal_env_file": lambda _, service: not all(f.plain for f in service.env_files.values()),
    "foreign_namespaces": _shares_namespace,
    "annotations": lambda _, service: bool(service.definition.get("annotations")),
    "tmpfs_mode": _long_tmpfs,
    "podman_keys": _podman_keys,
}
"""Row of the table -> whether a service needs it."""


def lacking(kind: Kind, stack: Stack, service: ComposeService) -> tuple[str, ...]:
    """The rows of the table that keep a provider from making a service's container."""
    return tuple(
        key for key, needs in _CREATION.items() if not can(kind, key) and needs(stack, service)
    )


def divided(
    names: Sequence[str], lacks: Callable[[str], Sequence[str]]
) -> tuple[list[str], list[str]]:
    """The names that the provider takes, and those that it leaves to the bundled one.

    >>> divided(["web", "db"], lambda name: ("env_secrets",) if name == "db" else ())
    (['web'], ['db'])
    """
    left = [name for name in names if lacks(name)]
    return [name for name in names if name not in left], left


def in_turns(stack: Stack, names: Sequence[str]) -> list[list[str]]:
    """Names in groups, each after those whose namespaces it shares.

    podman-compose sorts what it makes by how many others a service waits for, and so may make a
    container before the one that it lives in.
    """
    turns: list[list[str]] = []
    waiting = list(names)
    while waiting:
        ready = [n for n in waiting if not set(stack.services[n].implied) & set(waiting)]
        turns.append(ready or waiting)
        waiting = [name for name in waiting if name not in turns[-1]]
    return turns
