"""Does a container do what it should? Decided from what Podman says; nothing here asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from container_manager import identity as labels
from container_manager.compose.model import ComposeService, Stack
from container_manager.health import Phase, judge
from container_manager.lifecycle.planning import is_one_off
from container_manager.lifecycle.status.model import OtherStack, StatusRow, Usage
from container_manager.podman.state import ContainerState, HealthState, ListedContainer

_INTERVALS = 2
"""Health that was checked longer ago than so many intervals is not taken for true any more."""

LOOKING = 5.0
"""Seconds that running a check and looking may take themselves, on a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How what runs differs from what the configuration says now.

    Attributes:
        containers: id of a container -> the differences, a sentence each.
        missing: compose services that should run and have no container.
    """

    containers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def status_rows(
    containers: Iterable[ContainerState],
    stack: Stack,
    *,
    now: float,
    usage: Mapping[str, Usage],
    drift: Drift,
) -> tuple[StatusRow, ...]:
    """What is told about containers, by service.

    Args:
        containers: what Podman says.
        stack: what is known of their services.
        now: seconds since the epoch.
        usage: id of a container -> what it uses.
        drift: how they differ from the configuration.
    """
    told = [
        _row(
            one,
            stack.services.get(one.service),
            now,
            usage.get(one.id),
            drift.containers.get(one.id, ()),
        )
        for one in containers
    ]
    return tuple(sorted(told, key=lambda one: (one.owner, one.service, one.container)))


def _row(
    one: ContainerState,
    service: ComposeService | None,
    now: float,
    usage: Usage | None,
    drift: tuple[str, ...],
) -> StatusRow:
    checked = one.health.checked_at if one.health else None
    return StatusRow(
        service=one.service,
        owner=one.labels.get(labels.SERVICE, ""),
        container=one.name,
        state=one.status,
        health=one.health.status if one.health and one.running else None,
        health_age=None if checked is None or not one.running else max(now - checked, 0.0),
        stale=is_stale(one, now),
        exit_code=one.exit_code if one.ended else None,
        since=one.started_at if one.running else one.finished_at,
        restarts=one.restart_count,
        addresses=tuple(port.address for port in one.ports) if one.running else (),
        image=one.image,
        digest=one.image_digest,
        usage=usage if one.running else None,
        drift=drift,
        wrong=None
        if service is None or is_one_off(one)
        else _printable(wrong_with(one, service, now)),
        one_off=is_one_off(one),
    )


def is_stale(one: ContainerState, now: float) -> bool:
    """Whether the health that Podman stored last says nothing about this moment.

    Args:
        one: the container.
        now: seconds since the epoch.
    """
    if one.health is None or one.status != "running":
        return False
    checked = one.health.checked_at
    since = max(checked or 0.0, one.started_at or 0.0)
    return now - since > max(_INTERVALS * one.health.interval, LOOKING)


def wrong_with(one: ContainerState, service: ComposeService, now: float) -> str | None:
    """Why a container does not do what it should; None where it does, or just begins to.

    Args:
        one: the container.
        service: what is known of its service.
        now: seconds since the epoch.
    """
    age = max(now - (one.started_at or now), 0.0)
    verdict = judge(service, one, age=age, restarts=one.restart_count)
    if verdict.phase is Phase.FAILED:
        return verdict.reason
    if one.status == "running":
        return _unhealthy(one.health)
    return verdict.reason if verdict.phase is Phase.PENDING else None


def _unhealthy(health: HealthState | None) -> str | None:
    """What a health check says, also where a start would still be patient with it."""
    if health is None or health.status != "unhealthy":
        return None
    said = health.output.splitlines()
    return "its health check fails" + (f": {said[-1]}" if said else "")


def _printable(text: str | None) -> str | None:
    """What a container said, without what a terminal would obey."""
    if text is None:
        return None
    return "".join(letter if letter.isprintable() else " " for letter in text)


def other_stacks(everything: Iterable[ListedContainer], project: str) -> tuple[OtherStack, ...]:
    """The compose projects of this machine but ours, by name.

    Args:
        everything: all containers of this machine.
        project: the name of ours.
    """
    found: dict[str, list[ListedContainer]] = {}
    for one in everything:
        name = one.labels.get(labels.COMPOSE_PROJECT, "")
        if name and name != project:
            found.setdefault(name, []).append(one)
    return tuple(
        OtherStack(
            project=name,
            config=next((c for one in theirs if (c := one.labels.get(labels.CONFIG))), ""),
            containers=len(theirs),
            running=sum(one.running for one in theirs),
        )
        for name, theirs in sorted(found.items())
    )
