"""How services hang together: dependencies, shared networks and volumes, what is meant to end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from container_manager.compose.interpolate import Reader
from container_manager.compose.model import COMPLETED, ComposeService, Declared, Stack
from container_manager.errors import did_you_mean


def check_uses(stack: Stack, reader: Reader) -> None:
    """Report names that nothing declares, and circles of dependencies."""
    networks = {**stack.networks, **({"default": None} if stack.default_network else {})}
    for service in stack.services.values():
        for name in service.awaited:
            if name not in stack.services:
                others = [other for other in stack.services if other != service.name]
                near = did_you_mean(name, others)
                listed = ", ".join(others) or "none"
                reader.problem(
                    service.where,
                    f"The service '{service.name}' depends on '{name}', which is not there.",
                    near or f"Other services of this stack: {listed}. Is it in deployed_services?",
                )
        _declared(service, "volumes", service.volumes, stack.volumes, reader)
        _declared(service, "networks", service.networks, networks, reader)
        _declared(service, "secrets", service.secrets, stack.secrets, reader)
    for chain in cycles(stack.services):
        where = stack.services[chain[0]].where
        shown = " -> ".join(chain)
        reader.problem(
            where,
            f"These services wait for each other: {shown}.",
            "Take one of these 'depends_on' out.",
        )


def _declared(
    service: ComposeService,
    kind: str,
    names: Iterable[str],
    known: Mapping[str, Declared | None],
    reader: Reader,
) -> None:
    for name in names:
        if name not in known:
            reader.problem(
                service.where,
                f"The service '{service.name}' uses '{name}', which no compose file declares "
                f"under '{kind}'.",
                did_you_mean(name, known) or f"Declare it: '{kind}: {{{name}: {{}}}}'.",
            )


def cycles(services: Mapping[str, ComposeService]) -> list[list[str]]:
    """Chains of services that lead back to their beginning, each circle once."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done and name in services:
            for dependency in services[name].awaited:
                visit(dependency, [*path, name])
            done.add(name)

    for name in services:
        visit(name, [])
    return found


def mark_one_shots(stack: Stack) -> Stack:
    """Mark what somebody waits for to complete, next to what ``one_shot`` names."""
    awaited = {
        name
        for service in stack.services.values()
        for name, condition in service.depends_on.items()
        if condition == COMPLETED
    }
    services = {
        name: replace(service, one_shot=service.one_shot or name in awaited)
        for name, service in stack.services.items()
    }
    return replace(stack, services=services)


def with_dependencies(stack: Stack, names: Iterable[str]) -> frozenset[str]:
    """``names`` and everything they wait for, directly or not."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(stack.services[name].awaited)
    return frozenset(found)
