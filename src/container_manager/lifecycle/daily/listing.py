"""What ``ps`` and its kin tell about containers: as observed, with nothing assumed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from container_manager import identity as labels
from container_manager.lifecycle.daily.choosing import chosen
from container_manager.lifecycle.planning import is_one_off
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRow:
    """One container.

    Attributes:
        service: the compose service.
        owner: the canonical name of our service; empty for one of the root template.
        container: its name.
        state: Podman's word: ``running``, ``exited``, …
        health: ``healthy``, ``starting`` or ``unhealthy``; None without a health check, and while
            it does not run.
        exit_code: what it ended with; None while it runs, and before its first start.
        since: seconds since the epoch: its start while it runs, else its end; None before.
        restarts: how often Podman restarted it.
        addresses: where what it publishes is reached, while it runs.
        image: the image's name.
        one_off: whether it is a container of ``run``.
    """

    service: str
    owner: str
    container: str
    state: str
    health: str | None
    exit_code: int | None
    since: float | None
    restarts: int
    addresses: tuple[str, ...]
    image: str
    one_off: bool


def ps(project: Project, names: Sequence[str] = ()) -> list[ContainerRow]:
    """All containers of the stack that are ours, the stopped ones too; or those of some services.

    Raises:
        PreconditionError: a name leads to no container.
    """
    identity = project.identity(create=False)
    ours = [one for one in project.containers() if identity.owns(one.labels)]
    return rows(chosen(project, names, ours) if names else ours)


def rows(containers: Iterable[ContainerState]) -> list[ContainerRow]:
    """What is told about containers, by service."""
    told = [_row(one) for one in containers]
    return sorted(told, key=lambda one: (one.owner, one.service, one.container))


def _row(one: ContainerState) -> ContainerRow:
    return ContainerRow(
        service=one.service,
        owner=one.labels.get(labels.SERVICE, ""),
        container=one.name,
        state=one.status,
        health=one.health.status if one.health and one.running else None,
        exit_code=one.exit_code if one.ended else None,
        since=one.started_at if one.running else one.finished_at,
        restarts=one.restart_count,
        addresses=tuple(port.address for port in one.ports) if one.running else (),
        image=one.image,
        one_off=is_one_off(one),
    )
