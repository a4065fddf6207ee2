"""Which declared credentials the services that are about to run need."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from container_manager.compose.model import Declared, Stack
from container_manager.config.credentials import declared
from container_manager.errors import ConfigError, Problem, did_you_mean, raise_all
from container_manager.model import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """One credential.

    Attributes:
        name: the variable.
        service: the canonical name of the first service that declares it.
        volumes: the volumes that a first start initialises with it.
    """

    name: str
    service: str
    volumes: tuple[Declared, ...]


def needed(services: Iterable[Service], stack: Stack, names: Collection[str]) -> list[Needed]:
    """The declared credentials of what is to run, and those that it uses of other services.

    Args:
        services: the deployed services.
        stack: their compose services.
        names: the compose services that are to run.

    Raises:
        ConfigError: a credential names a volume that no template declares.
    """
    running = {stack.services[name].owner for name in names}
    used = used_secrets(stack, names)
    problems: list[Problem] = []
    found: dict[str, Needed] = {}
    for service in services:
        for one in declared(service.settings):
            if one.volume is not None and one.volume not in stack.volumes:
                problems.append(_unknown_volume(service, one.name, one.volume, stack))
            elif service.name in running or one.name in used:
                known = found.get(one.name)
                volumes = known.volumes if known else ()
                if one.volume is not None and stack.volumes[one.volume] not in volumes:
                    volumes += (stack.volumes[one.volume],)
                first = known.service if known else service.name
                found[one.name] = Needed(name=one.name, service=first, volumes=volumes)
    raise_all(ConfigError, problems)
    return list(found.values())


def used_secrets(stack: Stack, names: Iterable[str]) -> set[str]:
    """The secret variables that some compose services get."""
    entries = (entry for name in names for entry in stack.services[name].secret_entries)
    return {variable for entry in entries for variable in entry.variables}


def _unknown_volume(service: Service, name: str, volume: str, stack: Stack) -> Problem:
    declared_ones = ", ".join(stack.volumes) or "none"
    return Problem(
        message=f"The credential {name} of {service.name} names the volume '{volume}', which no "
        "template declares.",
        where=service.where,
        remedy=did_you_mean(volume, stack.volumes) or f"Volumes of this stack: {declared_ones}.",
    )
