"""Names in ``kubernetes:`` of a service that lead to nothing: they would be ignored in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from container_manager.compose.model import ComposeService, Stack
from container_manager.errors import Problem, did_you_mean
from container_manager.model import Node, Service, dotted


def misnamed(services: Iterable[Service], stack: Stack, tree: Node) -> Iterator[Problem]:
    """Each name that leads to nothing.

    Args:
        services: those that are deployed.
        stack: what their compose files mean.
        tree: the configuration, with its places.
    """
    owned: dict[str | None, list[ComposeService]] = {}
    for one in stack.services.values():
        owned.setdefault(one.owner, []).append(one)
    for service in services:
        asked = service.settings.get("kubernetes")
        own = owned.get(service.name, [])
        for path, name, known, what in _named(asked, own):
            if name not in known:
                at = (*service.key_path, "kubernetes", *path)
                yield Problem(
                    message=f"'{dotted(at)}' names '{name}', which is no {what} of its template.",
                    where=tree.nearest((*at, name)).where,
                    remedy=did_you_mean(name, known) or f"There is {', '.join(known) or 'none'}.",
                )


def _named(
    asked: Any, own: list[ComposeService]
) -> Iterator[tuple[tuple[str, ...], str, list[str], str]]:
    """Every name that is asked for: where, itself, what it may be, and in words."""
    if not isinstance(asked, Mapping):
        return
    names = [one.name for one in own]
    binds = [bind.target for one in own for bind in one.binds]
    volumes = [*dict.fromkeys(volume for one in own for volume in one.volumes), *binds]
    containers = asked.get("containers") or {}
    for name in containers:
        yield ("containers",), str(name), names, "compose service"
    said = [((), asked), *((("containers", str(name)), of) for name, of in containers.items())]
    for path, one in said:
        for key, known, what in (("storage", volumes, "volume"), ("binds", binds, "bind")):
            for name in (one or {}).get(key) or ():
                yield (*path, key), str(name), known, what
