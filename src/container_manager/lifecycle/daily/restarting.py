"""``restart``: containers end and start again, those that need others last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from container_manager.compose.model import Stack
from container_manager.lifecycle.daily.choosing import chosen, own
from container_manager.lifecycle.daily.controlling import bring_up
from container_manager.lifecycle.daily.labelled import stack_of
from container_manager.lifecycle.mounted import refuse_missing_mounts
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.stopping import stop
from container_manager.podman.state import ContainerState


def restart(
    project: Project,
    names: Sequence[str] = (),
    *,
    fresh: Collection[str] = (),
    timeout: float | None = None,
) -> Outcome:
    """End and start containers that exist, and wait as ``up`` does.

    Who needs a restarted container goes on running, unless it lives in its namespaces: those of a
    container are new ones after its start.

    Args:
        project: whose.
        names: services; none means all, but for jobs that have done their work.
        fresh: compose services that were started just now, by ``up`` say; they are left alone.
        timeout: seconds that each may take.

    Returns:
        The services that were restarted, as they are now.

    Raises:
        PreconditionError: a name leads to no container; nothing was touched.
        RuntimeFailure: a service did not come up.
    """
    there = own(project)
    stack = stack_of(project, there)
    meant = chosen(project, names, there)
    wanted = to_restart(stack, meant, fresh=fresh, jobs=bool(names))
    states = {one.service: one for one in there if one.service in wanted}
    refuse_missing_mounts(project, states.values())
    stop(project, states.values())
    return bring_up(project, _apart(stack, wanted), states, wanted, timeout=timeout)


def to_restart(
    stack: Stack, meant: Sequence[ContainerState], *, fresh: Collection[str], jobs: bool
) -> set[str]:
    """The compose services to restart.

    Args:
        stack: all services that have containers.
        meant: the containers that were asked for.
        fresh: what was started just now.
        jobs: whether jobs that have done their work run again.
    """
    found = {
        one.service
        for one in meant
        if one.service not in fresh
        and (jobs or not (stack.services[one.service].one_shot and one.ended and not one.exit_code))
    }
    while more := {
        name
        for name, service in stack.services.items()
        if name not in found | set(fresh) and found & set(service.implied)
    }:
        found |= more
    return found


def _apart(stack: Stack, names: Collection[str]) -> Stack:
    """The same services, waiting for each other alone: nothing else is about to change."""
    services = {
        name: replace(
            one,
            depends_on={other: how for other, how in one.depends_on.items() if other in names},
            implied=tuple(other for other in one.implied if other in names),
        )
        for name, one in stack.services.items()
    }
    return replace(stack, services=services)
