"""What would go wrong: all findings at once, before anything is touched.

The checks are given what Podman says and look at the machine themselves (ports, paths); they change
nothing. Missing folders that may be created are returned, not made.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.compose.model import ComposeService, Declared, Stack
from container_manager.compose.overlay import container_name
from container_manager.errors import Problem
from container_manager.identity import COMPOSE_PROJECT, CONFIG, PROJECT, Identity, foreign_problems
from container_manager.podman.state import ListedContainer
from container_manager.preflight.mounts import missing, unreadable
from container_manager.preflight.ports import KeysOf, PortTest, taken_ports, try_bind
from container_manager.preflight.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found.

    Attributes:
        problems: what stops the start.
        warnings: what does not.
        folders: missing mounted folders of the project, to be created.
        handmade: volumes of the project's name that carry no labels of ours.
        former: those of the problems that are about data under former names.
        settled: volumes of former names about which one of our own decides.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    folders: tuple[Path, ...]
    handmade: tuple[str, ...] = ()
    former: tuple[Problem, ...] = ()
    settled: tuple[str, ...] = ()


def check(
    stack: Stack,
    names: Collection[str],
    identity: Identity,
    surroundings: Surroundings,
    *,
    root: Path,
    try_port: PortTest | None = None,
    keys_of: KeysOf = lambda _, __: (),
    rootless: bool = False,
) -> Findings:
    """Look for everything that would keep services from starting.

    Args:
        stack: all services.
        names: those that are to run.
        identity: who we are.
        surroundings: what Podman says.
        root: the project's folder: missing mounted folders below it are created.
        try_port: tries a port of this machine.
        keys_of: finds the keys of the configuration that give a port.
        rootless: whether an ordinary user runs Podman.
    """
    services = [stack.services[name] for name in names]
    used = [stack.volumes[v].actual for s in services for v in s.volumes if v in stack.volumes]
    problems = foreign_problems(identity, surroundings.own, surroundings.volumes, used=used)
    problems += _taken_names(stack, services, surroundings)
    problems += taken_ports(services, surroundings, try_port or try_bind, keys_of)
    problems += _missing_externals(stack, services, surroundings)
    problems += _shared_by_name(stack, services, identity, surroundings)
    folders, absent = missing(services, root)
    return Findings(
        problems=tuple(problems + absent),
        warnings=(*_short_names(services), *unreadable(services, root, rootless=rootless)),
        folders=tuple(folders),
    )


def _taken_names(
    stack: Stack, services: Iterable[ComposeService], surroundings: Surroundings
) -> list[Problem]:
    by_name: Mapping[str, ListedContainer] = {one.name: one for one in surroundings.everything}
    problems = []
    for service in services:
        name = container_name(stack.project, service)
        holder = by_name.get(name)
        if holder is None or holder.labels.get(COMPOSE_PROJECT) == stack.project:
            continue
        project = holder.labels.get(COMPOSE_PROJECT)
        whose = f"of the project '{project}'" if project else "that no project has made"
        started_by = holder.labels.get(CONFIG)
        whose += f", started by {started_by}" if started_by else ""
        problems.append(
            Problem(
                message=f"The name {name} of the service '{service.name}' is taken by a container "
                f"{whose}.",
                where=service.where,
                remedy="Remove 'container_name' from the template, or that container."
                if service.container_name
                else f"Remove it with 'podman rm {name}', or choose another project_name.",
            )
        )
    return problems


def _missing_externals(
    stack: Stack, services: Iterable[ComposeService], surroundings: Surroundings
) -> list[Problem]:
    known = {"volume": surroundings.known_volumes, "network": surroundings.known_networks}
    return [
        Problem(
            message=f"The external {kind} '{one.actual}' does not exist.",
            where=one.where,
            remedy=f"Create it with 'podman {kind} create {one.actual}', or remove 'external'.",
        )
        for kind, _, one in _used(stack, services)
        if one.external and one.actual not in known[kind]
    ]


def _shared_by_name(
    stack: Stack, services: Iterable[ComposeService], identity: Identity, around: Surroundings
) -> list[Problem]:
    """Volumes and networks of a fixed name that the stack of another configuration has made."""
    problems = []
    for kind, name, one in _used(stack, services):
        labels = around.fixed.get((kind, one.actual), {}) if not one.external else {}
        owner = labels.get(CONFIG, "")
        if owner in ("", str(identity.config)) or not os.path.lexists(owner):
            continue
        problems.append(
            Problem(
                message=f"The {kind} {one.actual} is that of the stack '{labels.get(PROJECT)}', "
                f"started by {owner}.",
                where=one.where,
                remedy=f"The name of '{name}' is fixed: write {{{{ project_name }}}} into it, or "
                "'external: true' where two stacks are to share it.",
            )
        )
    return problems


def _used(stack: Stack, services: Iterable[ComposeService]) -> Iterator[tuple[str, str, Declared]]:
    """The volumes and networks that services use: kind, name in the compose files, declaration."""
    listed = list(services)
    for kind, declared, used in (
        ("volume", stack.volumes, {v for s in listed for v in s.volumes}),
        ("network", stack.networks, {n for s in listed for n in s.networks}),
    ):
        for name, one in declared.items():
            if name in used:
                yield kind, name, one


def _short_names(services: Iterable[ComposeService]) -> list[Problem]:
    warnings = []
    for service in services:
        first, slash, _ = service.image.partition("/")
        qualified = slash and ("." in first or ":" in first or first == "localhost")
        if service.build is None and not qualified:
            warnings.append(
                Problem(
                    message=f"The image '{service.image}' names no registry: which image that is "
                    "depends on the machine.",
                    where=service.where,
                    remedy=f"Write it in full: REGISTRY/PATH/{service.image}, or "
                    f"localhost/{service.image} for one built here.",
                )
            )
    return warnings
