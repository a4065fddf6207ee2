"""A picture in words: for people who hear it, and for what appears under the mouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from container_manager.picture.model import Card, Kind, Link, Picture, State


def summary(picture: Picture) -> str:
    """What there is, in numbers.

    >>> summary(Picture(title=None, groups=()))
    'Nothing is deployed.'
    """
    cards = picture.cards
    if not cards:
        return "Nothing is deployed."
    one_shots = sum(card.one_shot for card in cards)
    shared = sum(node.is_volume for node in picture.nodes.values())
    numbers = [
        (len(cards) - one_shots, "service"),
        (one_shots, "one-shot"),
        (shared, "shared volume"),
        (len(picture.networks), "network"),
    ]
    return " · ".join(counted(count, what) for count, what in numbers if count)


def counted(count: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "service"), counted(2, "service")
    ('1 service', '2 services')
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def described(picture: Picture, states: Mapping[str, State] | None) -> str:
    """The whole picture in sentences."""
    return " ".join(_sentences(picture, states or {}))


def _sentences(picture: Picture, states: Mapping[str, State]) -> Iterator[str]:
    yield summary(picture).rstrip(".").replace(" · ", ", ") + "."
    for group in picture.groups:
        names = [
            f"{node.name} ({states[node.name]})"
            if not node.is_volume and node.name in states
            else node.name
            for node in group.nodes
        ]
        yield f"{group.title}: {', '.join(names)}."
    for link in picture.links:
        yield f"{told_of_link(link)}."
    for network in picture.networks:
        yield f"Network {network.name}: {counted(network.members, 'service')}."


def told_of_link(link: Link) -> str:
    """Who waits for what, or shares it."""
    source, target = (key.partition(":")[2] for key in (link.source, link.target))
    if link.kind is Kind.MOUNTS:
        return f"{source} shares the volume {target}"
    return f"{source} waits until {target} {_UNTIL[link.kind]}"


_UNTIL = {
    Kind.HEALTHY: "is healthy",
    Kind.STARTED: "is started",
    Kind.COMPLETED: "has ended well",
}


def told_of_card(card: Card, state: State | None) -> str:
    """All that a card holds, with nothing shortened."""
    parts = [f"{card.name}: {'one-shot' if card.one_shot else 'service'}"]
    if card.checked:
        parts.append("with health check")
    if state:
        parts.append(str(state))
    if card.built:
        parts.append("image built here")
    elif card.image:
        parts.append(f"image {card.image}")
    for what, values in (
        ("publishes", card.ports), ("volumes", card.volumes), ("networks", card.networks)
    ):  # fmt: skip
        if values:
            parts.append(f"{what} {', '.join(values)}")
    return "; ".join(parts)
