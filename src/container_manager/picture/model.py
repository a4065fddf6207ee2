"""What a picture of a stack shows, apart from where it stands and how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from container_manager.compose.model import COMPLETED, HEALTHY, STARTED


class Kind(StrEnum):
    """What a line between two things means."""

    HEALTHY = "healthy"
    STARTED = "started"
    COMPLETED = "completed"
    MOUNTS = "mounts"


KIND_OF_CONDITION = {HEALTHY: Kind.HEALTHY, STARTED: Kind.STARTED, COMPLETED: Kind.COMPLETED}


class State(StrEnum):
    """What a running stack shows of a service; each has a colour, a mark and a word."""

    HEALTHY = "healthy"
    RUNNING = "running"
    STARTING = "starting"
    UNHEALTHY = "unhealthy"
    RESTARTING = "restarting"
    DONE = "done"
    FAILED = "failed"
    PAUSED = "paused"
    STOPPED = "stopped"
    MISSING = "missing"


WORST_FIRST = (
    State.FAILED,
    State.UNHEALTHY,
    State.RESTARTING,
    State.MISSING,
    State.STOPPED,
    State.PAUSED,
    State.STARTING,
    State.RUNNING,
    State.HEALTHY,
    State.DONE,
)
"""Of several containers of one service, the one that needs a look is shown."""

_ON_ITS_WAY = ("created", "configured", "initialized")


def state_of(state: str, health: str | None, exit_code: int | None, *, one_shot: bool) -> State:
    """What is shown of a container.

    Args:
        state: Podman's word: ``running``, ``exited``, …
        health: ``healthy``, ``starting`` or ``unhealthy``; None without a health check.
        exit_code: what it ended with.
        one_shot: whether it is meant to end.

    >>> state_of("exited", None, 0, one_shot=True)
    <State.DONE: 'done'>
    """
    if state == "running":
        told = {"healthy": State.HEALTHY, "unhealthy": State.UNHEALTHY, "starting": State.STARTING}
        return told.get(health or "", State.RUNNING)
    if state in ("paused", "restarting"):
        return State(state)
    if state in _ON_ITS_WAY:
        return State.STARTING
    if exit_code:
        return State.FAILED
    return State.DONE if one_shot and exit_code == 0 else State.STOPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One compose service.

    Attributes:
        name: the compose service.
        one_shot: whether it is meant to end.
        checked: whether its compose file gives it a health check.
        image: the reference; empty where it is built.
        built: whether its image is built here, for it or for another service.
        ports: published ports, as people write them.
        volumes: the named volumes that only it mounts.
        networks: the networks that it joins, where not every service joins the same.
    """

    name: str
    one_shot: bool = False
    checked: bool = False
    image: str = ""
    built: bool = False
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedVolume:
    """A named volume that several services mount."""

    name: str
    external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A thing that has a place of its own: a service or a shared volume."""

    shown: Card | SharedVolume

    @property
    def key(self) -> str:
        """Unique in a picture, where a service and a volume may have one name."""
        return key_of_volume(self.name) if self.is_volume else key_of_service(self.name)

    @property
    def name(self) -> str:
        """Its name in the compose files."""
        return self.shown.name

    @property
    def is_volume(self) -> bool:
        """Whether it is a volume."""
        return isinstance(self.shown, SharedVolume)


def key_of_service(name: str) -> str:
    """The key of the node of a service."""
    return f"service:{name}"


def key_of_volume(name: str) -> str:
    """The key of the node of a shared volume."""
    return f"volume:{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What stands together in one frame.

    Attributes:
        title: the name of the application, else of the family.
        note: what else is said of it; may be empty.
        nodes: what stands in it.
    """

    title: str
    nodes: tuple[Node, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A line from one node to another, by their keys."""

    source: str
    target: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network, and how many services join it.

    Attributes:
        name: as the compose files call it.
        members: how many services join it.
        of_all: whether every service does.
        internal: whether nothing outside is reached through it.
        external: whether it exists apart from this stack.
    """

    name: str
    members: int
    of_all: bool
    internal: bool = False
    external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that is shown, in the order in which it is shown.

    Attributes:
        title: the project's name, where the configuration says it.
        groups: the frames.
        links: who waits for whom, and who shares which volume.
        networks: all that some service joins.
    """

    title: str | None
    groups: tuple[Group, ...]
    links: tuple[Link, ...] = ()
    networks: tuple[Network, ...] = ()

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Every node by its key."""
        return {node.key: node for group in self.groups for node in group.nodes}

    @property
    def cards(self) -> tuple[Card, ...]:
        """The services."""
        nodes = self.nodes.values()
        return tuple(node.shown for node in nodes if isinstance(node.shown, Card))
