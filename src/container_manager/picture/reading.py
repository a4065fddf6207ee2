"""From the compose files of a stack to what its picture shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from container_manager.compose.model import ComposeService, Stack
from container_manager.picture.model import (
    KIND_OF_CONDITION,
    Card,
    Group,
    Kind,
    Link,
    Network,
    Node,
    Picture,
    SharedVolume,
    key_of_service,
    key_of_volume,
)

_ROOT = "root template"
_SHARED = "shared volumes"
_FAMILIES = ("framework", "applications", "services")
_DEFAULT = "default"


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How what depends on the machine, or is to be seen by nobody, is shown.

    Attributes:
        title: the project's name; None where the configuration does not say it.
        chosen_ports: ports that were chosen here; they are shown as ``auto``.
        images: image -> what the configuration says instead of it.
        hide: replaces secrets in a text.
    """

    title: str | None = None
    chosen_ports: Collection[int] = ()
    images: Mapping[str, str] = field(default_factory=dict)
    hide: Callable[[str], str] = _as_it_is


def picture_of(stack: Stack, wording: Wording | None = None) -> Picture:
    """What the picture of a stack shows.

    Args:
        stack: all compose files, merged.
        wording: how some things are said; None: as they are.
    """
    wording = wording or Wording()
    users = _users_of_volumes(stack)
    shared = {name for name, who in users.items() if len(who) > 1}
    joined = {name: _networks(one, stack) for name, one in stack.services.items()}
    common = len(set(joined.values())) == 1
    cards = {
        name: _card(stack, one, wording, shared, () if common else joined[name])
        for name, one in stack.services.items()
    }
    groups: dict[str, list[Node]] = {}
    for name in sorted(cards, key=lambda name: _rank(stack.services[name].owner)):
        groups.setdefault(_home(stack, name), []).append(Node(shown=cards[name]))
    for name in stack.volumes:
        if name in shared:
            homes = {_home(stack, user) for user in users[name]}
            external = stack.volumes[name].external
            volume = SharedVolume(name=wording.hide(name), external=external)
            home = homes.pop() if len(homes) == 1 else _SHARED
            groups.setdefault(home, []).append(Node(shown=volume))
    return Picture(
        title=wording.title,
        groups=tuple(_group(home, nodes) for home, nodes in groups.items()),
        links=tuple(_links(stack, users, shared, wording)),
        networks=tuple(_listed_networks(stack, joined, wording)),
    )


def _home(stack: Stack, service: str) -> str:
    """What stands together: ``framework``, ``applications.APP``, ``services``, or the root's."""
    owner = stack.services[service].owner
    return owner.rpartition(".")[0] or "services" if owner else _ROOT


def _group(home: str, nodes: Sequence[Node]) -> Group:
    family, _, application = home.partition(".")
    note = "application" if application else ""
    return Group(title=application or family, note=note, nodes=tuple(nodes))


def _rank(owner: str | None) -> int:
    """Families in their order, the root template last; within one the order of the files stays."""
    family = owner.partition(".")[0] if owner else ""
    return _FAMILIES.index(family) if family in _FAMILIES else len(_FAMILIES)


def _users_of_volumes(stack: Stack) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for name, service in stack.services.items():
        for volume in dict.fromkeys(service.volumes):
            users.setdefault(volume, []).append(name)
    return users


def _card(
    stack: Stack,
    service: ComposeService,
    wording: Wording,
    shared: Collection[str],
    networks: tuple[str, ...],
) -> Card:
    hide = wording.hide
    built = service.image in stack.builders  # its name would say no more, and holds the project's
    return Card(
        name=service.name,
        one_shot=service.one_shot,
        checked=service.healthcheck is not None and not service.healthcheck.disabled,
        image="" if built else hide(wording.images.get(service.image, service.image)),
        built=built,
        ports=tuple(_ports(service, wording)),
        volumes=tuple(hide(name) for name in dict.fromkeys(service.volumes) if name not in shared),
        networks=tuple(hide(name) for name in networks),
    )


def _ports(service: ComposeService, wording: Wording) -> Iterable[str]:
    for port in service.ports:
        address = f"[{port.host_ip}]" if ":" in port.host_ip else port.host_ip
        chosen = port.host_port is None or port.host_port in wording.chosen_ports
        outside = f"{address or '*'}:{'auto' if chosen else port.host_port}"
        suffix = "" if port.protocol == "tcp" else f"/{port.protocol}"
        yield f"{outside} → {port.container_port}{suffix}"


def _networks(service: ComposeService, stack: Stack) -> tuple[str, ...]:
    """What it joins; a mode of Podman, ``host`` say, counts as one."""
    mode: Any = service.definition.get("network_mode")
    if mode:
        return (f"mode {mode}",)
    if service.networks:
        return tuple(dict.fromkeys(service.networks))
    if len(stack.networks) == 1:
        return tuple(stack.networks)
    return (_DEFAULT,)


def _links(
    stack: Stack,
    users: Mapping[str, list[str]],
    shared: Collection[str],
    wording: Wording,
) -> Iterable[Link]:
    for name, service in stack.services.items():
        for other, condition in service.awaited.items():
            yield Link(
                source=key_of_service(name),
                target=key_of_service(other),
                kind=KIND_OF_CONDITION.get(condition, Kind.STARTED),
            )
    for volume, names in users.items():
        if volume in shared:
            for name in names:
                target = key_of_volume(wording.hide(volume))
                yield Link(source=key_of_service(name), target=target, kind=Kind.MOUNTS)


def _listed_networks(
    stack: Stack, joined: Mapping[str, tuple[str, ...]], wording: Wording
) -> Iterable[Network]:
    members: dict[str, int] = {}
    for names in joined.values():
        for name in names:
            members[name] = members.get(name, 0) + 1
    for name, count in members.items():
        declared = stack.networks.get(name)
        yield Network(
            name=wording.hide(name),
            members=count,
            of_all=count == len(joined),
            internal=bool(declared and declared.definition.get("internal")),
            external=bool(declared and declared.external),
        )
