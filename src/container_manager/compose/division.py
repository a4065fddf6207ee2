"""Which containers a provider makes, and which the bundled podman-compose makes for it.

The table of capabilities decides: what a provider lacks and a service needs, goes to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from container_manager.compose.capabilities import Kind, can
from container_manager.compose.devices import devices_of, is_cdi
from container_manager.compose.model import ComposeService, Stack
from container_manager.compose.overlay import container_name


def _external_secrets(stack: Stack, service: ComposeService) -> bool:
    declared = (stack.secrets.get(name) for name in service.secrets)
    return any(one is not None and one.external for one in declared)


def _shares_namespace(_: Stack, service: ComposeService) -> bool:
    return bool(service.implied or _containers_named(service))


def _containers_named(service: ComposeService) -> set[str]:
    """The containers that a service shares a namespace with, by their own names."""
    modes = [str(service.definition.get(key) or "") for key in ("network_mode", "pid", "ipc")]
    split = (mode.partition(":") for mode in modes)
    return {name for kind, _, name in split if kind == "container"}


def _long_tmpfs(_: Stack, service: ComposeService) -> bool:
    volumes = service.definition.get("volumes") or ()
    return any(isinstance(one, Mapping) and one.get("tmpfs") for one in volumes)


def _words_with_blanks(_: Stack, service: ComposeService) -> bool:
    """Whether a health check has words that Podman's socket would split, or lose.

    Source: Podman joins the words of ``CMD`` with blanks and splits them again
    (pkg/specgenutil and pkg/api, as measured with 4.3.1).
    """
    check = service.definition.get("healthcheck")
    test = check.get("test") if isinstance(check, Mapping) else None
    is_command = isinstance(test, Sequence) and not isinstance(test, str) and test[:1] == ["CMD"]
    return is_command and any(len(str(word).split()) != 1 for word in test or ())


def _podman_keys(_: Stack, service: ComposeService) -> bool:
    return any(str(key).startswith("x-podman") for key in service.definition)


_CREATION: Mapping[str, Callable[[Stack, ComposeService], bool]] = {
    "env_secrets": lambda _, service: bool(service.secret_entries),
    "external_secrets": _external_secrets,
    "literal_env_file": lambda _, service: not all(f.plain for f in service.env_files.values()),
    "foreign_namespaces": _shares_namespace,
    "annotations": lambda _, service: bool(service.definition.get("annotations")),
    "tmpfs_mode": _long_tmpfs,
    "health_words": _words_with_blanks,
    "podman_keys": _podman_keys,
    "cdi_devices": lambda _, service: any(map(is_cdi, devices_of(service))),
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
    owners = {container_name(stack.project, one): one.name for one in stack.services.values()}
    first = {
        name: {*stack.services[name].implied}
        | {owners[held] for held in _containers_named(stack.services[name]) if held in owners}
        for name in names
    }
    turns: list[list[str]] = []
    waiting = list(names)
    while waiting:
        ready = [name for name in waiting if not first[name] & set(waiting)]
        turns.append(ready or waiting)
        waiting = [name for name in waiting if name not in turns[-1]]
    return turns
