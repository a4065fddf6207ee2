"""What names mean to verbs that take compose services, too, and need the configuration."""

from __future__ import annotations

from collections.abc import Iterable

from container_manager.compose.model import Stack
from container_manager.config.loader import load
from container_manager.errors import PreconditionError, Problem, did_you_mean, raise_all
from container_manager.names import Match, resolve
from container_manager.places import ConfigPath


def are_ours(config: ConfigPath, names: Iterable[str]) -> bool:
    """Whether all names lead to services that the configuration defines.

    Raises:
        ConfigError: it cannot be read.
    """
    values = load(config).values
    return all(isinstance(resolve(values, name), Match) for name in names)


def owners_of(config: ConfigPath, stack: Stack, names: Iterable[str]) -> list[str]:
    """The canonical names of the services of ours that names mean, or that define what they mean.

    Args:
        config: the configuration.
        stack: all compose services.
        names: services of ours, or compose services.

    Raises:
        PreconditionError: a name leads nowhere, or to the root template.
    """
    values = load(config).values
    owners: dict[str, None] = {}
    problems: list[Problem] = []
    for name in names:
        match = resolve(values, name)
        if isinstance(match, Match):
            owners[match.name] = None
            continue
        found = [one for one in stack.services.values() if _same(one.name, name)]
        if len(found) == 1 and found[0].owner:
            owners[found[0].owner] = None
        elif found:
            problems.append(
                Problem(
                    message=f"'{name}' is of the root template: it belongs to no service of ours.",
                    remedy=f"'restart --only {name}' restarts it, 'up' applies settings.",
                )
            )
        else:
            near = did_you_mean(name, stack.services)
            problems.append(Problem(message=match.message, remedy=near or match.remedy))
    raise_all(PreconditionError, problems)
    return list(owners)


def _same(one: str, other: str) -> bool:
    return one.replace("-", "_") == other.replace("-", "_")
