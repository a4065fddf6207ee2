"""Makes a cluster what a plan says, and takes away what a project has in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from container_manager.cluster.api import MANAGER, Api, Object, Refused, Silent
from container_manager.cluster.contexts import Target
from container_manager.cluster.planning import (
    CREATE,
    KEEP,
    LEAVE,
    REMOVE,
    REPLACE,
    ClusterPlan,
    Step,
    claims,
    made_by_us,
    namespace,
    objects_of,
)
from container_manager.cluster.refusals import refusal_problem
from container_manager.cluster.wanted import MANAGED, Wanted, named, selector_of
from container_manager.errors import Problem, RuntimeFailure, raise_all

_GONE_WITHIN = 60.0
_PAUSE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What a project has in a cluster, and what would become of it.

    Attributes:
        project: whose.
        objects: what goes.
        volumes: claims whose data goes with them.
        kept: claims that stay.
        unseen: kinds that we may not list there.
    """

    project: str
    objects: tuple[Object, ...]
    volumes: tuple[Object, ...]
    kept: tuple[Object, ...]
    unseen: tuple[str, ...] = ()


def apply(
    api: Api, plan: ClusterPlan, wanted: Wanted, *, force: bool, tell: Callable[[str], None]
) -> tuple[Object, ...]:
    """Apply everything; what is no longer wanted stays for now, since it may still serve.

    Args:
        api: the cluster.
        plan: what was found out; it has no problems.
        wanted: what is wanted.
        force: whether fields that others own are taken over.
        tell: told of every object that changes.

    Returns:
        The objects as they are then, in the order of the plan.

    Raises:
        RuntimeFailure: the cluster has refused something that it had accepted in its dry run.
    """
    if plan.new_namespace:
        _make_namespace(api, plan.target)
        tell(f"create  Namespace {plan.target.namespace}")
    actions = {(step.one["kind"], step.one["metadata"]["name"]): step.action for step in plan.steps}
    applied: list[Object] = []
    for one in objects_of(api, wanted):
        action = actions.get((one["kind"], one["metadata"]["name"]), CREATE)
        if action != KEEP:
            tell(f"{action:<7} {named(one)}")
        try:
            if action == REPLACE:
                _remove(api, one)
            applied.append(api.apply(one, force=force))
        except Refused as refusal:
            problem = refusal_problem(one, refusal, plan.target)
            more = f"\n  Applied before it: {len(applied)} objects, which stay."
            raise RuntimeFailure(
                f"{problem.message}{more}", where=problem.where, remedy=problem.remedy
            ) from refusal
        except Silent as silence:
            raise Silent(f"{silence}\n  Applied before it: {len(applied)} objects.") from silence
    return tuple(applied)


def prune(
    api: Api, plan: ClusterPlan, *, tell: Callable[[str], None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Remove what is no longer wanted.

    Returns:
        The names of what was removed, and of the volumes that stay.
    """
    removed = []
    for step in plan.steps:
        if step.action == REMOVE and api.delete(step.one):
            tell(f"remove  {step.name}")
            removed.append(step.name)
    return tuple(removed), _names(plan.steps, LEAVE)


def removal(api: Api, project: str, *, volumes: bool) -> Removal:
    """What :func:`remove` would do; nothing is done."""
    found = claims(api, selector_of(project))
    objects, unseen = made_by_us(api, selector_of(project))
    return Removal(
        project=project,
        objects=tuple(objects),
        volumes=tuple(found) if volumes else (),
        kept=() if volumes else tuple(found),
        unseen=unseen,
    )


def remove(api: Api, found: Removal, target: Target, *, tell: Callable[[str], None]) -> None:
    """Remove what a project has in a cluster, workloads before what they use.

    Raises:
        RuntimeFailure: the cluster refuses some of it; the rest is gone.
    """
    problems: list[Problem] = []
    for one in (*found.objects, *found.volumes):
        try:
            if api.delete(one):
                tell(f"remove  {named(one)}")
        except Refused as refusal:
            problems.append(refusal_problem(one, refusal, target))
    raise_all(RuntimeFailure, problems)


def _remove(api: Api, one: Object) -> None:
    """Delete an object and wait until its name is free."""
    api.delete(one)
    until = time.monotonic() + _GONE_WITHIN
    while api.get(one) is not None and time.monotonic() < until:
        time.sleep(_PAUSE)


def _make_namespace(api: Api, target: Target) -> None:
    one = namespace(target)
    try:
        api.apply({**one, "metadata": {**one["metadata"], "labels": {MANAGED: MANAGER}}})
    except Refused as refusal:
        problem = refusal_problem(one, refusal, target)
        raise RuntimeFailure(
            problem.message,
            remedy=f"Somebody who may has to make it: {target.login} "
            f"create namespace {target.namespace}",
        ) from refusal


def _names(steps: Sequence[Step], action: str) -> tuple[str, ...]:
    return tuple(step.name for step in steps if step.action == action)
