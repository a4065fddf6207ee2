"""What a start would do to containers: decided from what is wanted and what is there.

Nothing here asks or changes anything. ``up`` carries out what is decided here, and ``plan`` shows
it, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from container_manager import identity as labels
from container_manager.compose.model import COMPLETED, Stack
from container_manager.identity import Identity
from container_manager.podman.state import ContainerState

CREATE, RECREATE, REMOVE, START, KEEP = "create", "recreate", "remove", "start", "keep"

OTHER_PARTS = "what it is made of is something else now"
_ADOPTED = "it was started by others, and is adopted"
_TWICE = "its service has more than one container"
_GHOST = "a folder that it mounts was deleted since it started"
_DROPPED = "nothing deploys its service any more"

_ONE_OFF = "com.docker.compose.oneoff"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerChange:
    """What becomes of one container.

    Attributes:
        action: ``create``, ``recreate``, ``remove``, ``start`` or ``keep``.
        service: its compose service; empty for a container that belongs to none.
        owner: the canonical name of our service; None for one of the root template.
        container: the one that is there; None where there is none.
        causes: why, in sentences without an end.
        certain: false where all depends on whether an image comes out another one.
    """

    action: str
    service: str
    owner: str | None
    container: ContainerState | None
    causes: tuple[str, ...] = ()
    certain: bool = True


def decide(
    stack: Stack,
    wanted: Mapping[str, str],
    there: Iterable[ContainerState],
    identity: Identity,
    *,
    only_some: bool,
    has_ghosts: Callable[[int], bool],
) -> list[ContainerChange]:
    """What a start does to each container, in the order of the stack.

    Args:
        stack: all services.
        wanted: compose service -> digest of the container that it should have, of those that are
            to run; empty where it is not known yet, since its image has to be made.
        there: the containers that are ours.
        identity: who we are.
        only_some: whether other services than ``wanted`` are left alone.
        has_ghosts: whether a process mounts what was deleted.
    """
    present: dict[str, ContainerState] = {}
    going: list[ContainerChange] = []
    outdated: dict[str, tuple[ContainerState, str]] = {}
    for one in there:
        if is_one_off(one):
            continue
        if one.service not in wanted:
            if one.service not in stack.services and not only_some:
                going.append(_removal(one, _DROPPED))
        elif one.service in present or one.service in outdated:
            going.append(_removal(one, _TWICE))
        elif reason := _outdated(one, wanted[one.service], identity, has_ghosts):
            outdated[one.service] = (one, reason)
        else:
            present[one.service] = one
    _follow_namespaces(stack, wanted, present, outdated)
    missing = {name for name in wanted if name not in present}
    starting = _to_start(stack, present, missing)
    return [*_changes(stack, wanted, present, outdated, starting), *going]


def is_one_off(container: ContainerState) -> bool:
    """Whether it was made for one command, beside the service's own container."""
    return container.labels.get(_ONE_OFF, "").lower() == "true"


def _removal(one: ContainerState, cause: str) -> ContainerChange:
    owner = one.labels.get(labels.SERVICE) or None
    return ContainerChange(
        action=REMOVE, service=one.service, owner=owner, container=one, causes=(cause,)
    )


def _outdated(
    one: ContainerState, digest: str, identity: Identity, has_ghosts: Callable[[int], bool]
) -> str | None:
    if not identity.has_marked(one.labels):
        return _ADOPTED
    if one.labels.get(labels.DIGEST) != digest:
        return OTHER_PARTS
    return _GHOST if has_ghosts(one.pid) else None


def _follow_namespaces(
    stack: Stack,
    wanted: Mapping[str, str],
    present: dict[str, ContainerState],
    outdated: dict[str, tuple[ContainerState, str]],
) -> None:
    """Whoever lives in another container's namespace has to follow it."""
    while follow := {
        name: other
        for name in present
        for other in stack.services[name].implied
        if other in wanted and other not in present
    }:
        for name, other in follow.items():
            outdated[name] = (present.pop(name), f"it lives with {other}, which is made anew")


def _to_start(
    stack: Stack, present: Mapping[str, ContainerState], missing: Collection[str]
) -> set[str]:
    """Which containers that stay are to be started: those that do not run, but for jobs done.

    A job that has ended well runs again when somebody who waits for it starts.
    """
    done = {
        name
        for name, one in present.items()
        if stack.services[name].one_shot and one.ended and one.exit_code == 0
    }
    found = {n for n, one in present.items() if one.status == "paused" or not one.running} - done
    todo = [*found, *missing]
    while todo:
        for name, condition in stack.services[todo.pop()].depends_on.items():
            if condition == COMPLETED and name in done - found:
                found.add(name)
                todo.append(name)
    return found


def _changes(
    stack: Stack,
    wanted: Iterable[str],
    present: Mapping[str, ContainerState],
    outdated: Mapping[str, tuple[ContainerState, str]],
    starting: Collection[str],
) -> Iterable[ContainerChange]:
    for name in wanted:
        owner = stack.services[name].owner
        if name in present:
            one = present[name]
            starts = name in starting
            yield ContainerChange(
                action=START if starts else KEEP,
                service=name,
                owner=owner,
                container=one,
                causes=(_not_running(one),) if starts else (),
            )
        elif name in outdated:
            one, reason = outdated[name]
            yield ContainerChange(
                action=RECREATE, service=name, owner=owner, container=one, causes=(reason,)
            )
        else:
            yield ContainerChange(
                action=CREATE,
                service=name,
                owner=owner,
                container=None,
                causes=("it has no container yet",),
            )


def _not_running(one: ContainerState) -> str:
    if one.started_at is None:
        return "it was never started"
    if not one.running:
        code = one.exit_code
        return f"it has ended with exit code {code}" if code else "it has ended"
    return f"it is {one.status}"
