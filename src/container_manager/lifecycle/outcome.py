"""What a verb has done and seen, for reports; and how a failed start is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from container_manager.compose.model import ComposeService, Stack
from container_manager.errors import Problem, RuntimeFailure
from container_manager.health import Phase, Verdict
from container_manager.lifecycle.doors import door_line, open_doors
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState, PublishedPort

LOG_LINES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOutcome:
    """One compose service after a verb.

    Attributes:
        name: the compose service.
        owner: the canonical name of our service; None for one of the root template.
        phase: ``up``, ``done``, ``failed``, ``not started``.
        reason: why that is said.
        container: its container's name; None when it has none.
        ports: what it publishes.
        fresh: whether the verb has started it.
        open_to_other_machines: what it offers beyond this machine's loopback.
    """

    name: str
    owner: str | None
    phase: str
    reason: str
    container: str | None
    ports: tuple[PublishedPort, ...]
    fresh: bool = False
    open_to_other_machines: tuple[str, ...] = ()

    @property
    def door_lines(self) -> tuple[str, ...]:
        """What is to be said of each."""
        return tuple(door_line(self.owner, self.name, door) for door in self.open_to_other_machines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a verb has done and seen.

    Attributes:
        services: every compose service it was about.
        created: compose services whose containers were made anew.
        removed: names of containers, networks, … that are gone.
        kept: names of things that were left, each with the reason.
        backup: the folder of the backup that was made, or restored.
        saved: where a restore has saved what it replaced.
        warnings: what people should know.
    """

    services: tuple[ServiceOutcome, ...] = ()
    created: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    backup: str | None = None
    saved: str | None = None
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A stack that is up: its project, and each compose service with what it publishes."""

    project: Project
    services: tuple[ServiceOutcome, ...]


def service_outcomes(
    stack: Stack,
    verdicts: Mapping[str, Verdict],
    states: Mapping[str, ContainerState],
    started: Collection[str],
) -> tuple[ServiceOutcome, ...]:
    """Verdicts as data for reports."""
    result = []
    by_id = {state.id: state for state in states.values()}
    for name, verdict in verdicts.items():
        state = states.get(name)
        result.append(
            ServiceOutcome(
                name=name,
                owner=stack.services[name].owner,
                phase=verdict.phase.value,
                reason=verdict.reason,
                container=state.name if state else None,
                ports=state.ports if state else (),
                fresh=name in started,
                open_to_other_machines=open_doors(state, by_id) if state else (),
            )
        )
    return tuple(result)


def failures(
    project: Project,
    stack: Stack,
    verdicts: Mapping[str, Verdict],
    states: Mapping[str, ContainerState],
) -> Iterable[Problem]:
    """A problem for every service that is not what somebody who started it wants."""
    for name, verdict in verdicts.items():
        if verdict.phase is Phase.FAILED:
            yield _failure(project, stack.services[name], verdict, states.get(name))
    for name, verdict in verdicts.items():
        if verdict.phase is Phase.BLOCKED:
            where = stack.services[name].where
            yield Problem(message=f"{name} was not started, {verdict.reason}.", where=where)
    if any(not verdict.good for verdict in verdicts.values()):
        running = [name for name, state in states.items() if state.running]
        if running:
            yield Problem(
                message=f"These go on running: {', '.join(sorted(running))}.",
                remedy="'down' stops them; 'up' tries the others again.",
            )


def _failure(
    project: Project, service: ComposeService, verdict: Verdict, state: ContainerState | None
) -> Problem:
    message = f"{service.name} failed: {project.redact(verdict.reason)}."
    if state is None:
        return Problem(message=message, where=service.where)
    lines = _log(project, state)
    if lines:
        shown = "\n".join(f"    {project.redact(line)}" for line in lines)
        message += f"\n  The last lines of {state.name}:\n{shown}"
    return Problem(
        message=message,
        where=service.where,
        remedy=f"The container is kept: 'logs {service.name}' shows everything it said.",
    )


def _log(project: Project, state: ContainerState) -> list[str]:
    if state.started_at is None:
        return []
    try:
        return project.engine.last_log_lines(state.id, LOG_LINES)
    except RuntimeFailure:
        return []  # the failure itself is what must be told
