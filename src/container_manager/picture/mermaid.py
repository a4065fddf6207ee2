"""A picture as a Mermaid flowchart, which Markdown pages show as a diagram.

What is special in labels is written as character codes, as Mermaid has them.
Source: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from container_manager.picture.model import Card, Kind, Node, Picture, State
from container_manager.picture.telling import summary
from container_manager.picture.text import printable

_ARROWS = {
    Kind.HEALTHY: "-->|healthy|",
    Kind.STARTED: "-.->|started|",
    Kind.COMPLETED: "==>|ended|",
    Kind.MOUNTS: "---",
}

_MARKS = {
    State.HEALTHY: "✔",
    State.RUNNING: "▶",
    State.STARTING: "…",
    State.UNHEALTHY: "✖",
    State.RESTARTING: "↻",
    State.DONE: "✔",
    State.FAILED: "✖",
    State.PAUSED: "‖",
    State.STOPPED: "■",
    State.MISSING: "○",
}

_STROKES = {
    "good": ("stroke:#1a7f37", (State.HEALTHY, State.DONE)),
    "bad": ("stroke:#c4262e", (State.UNHEALTHY, State.FAILED)),
    "busy": ("stroke:#8f6000", (State.STARTING, State.RESTARTING)),
    "idle": ("stroke:#667085,stroke-dasharray:4 3", (State.PAUSED, State.STOPPED, State.MISSING)),
}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .:/-_+,()[]*@=")


def graph_mermaid(picture: Picture, states: Mapping[str, State] | None = None) -> str:
    """The picture as the text of a Mermaid flowchart.

    Args:
        picture: what is shown.
        states: compose service -> its state; None shows none.
    """
    return "\n".join(_lines(picture, states or {})) + "\n"


def _lines(picture: Picture, states: Mapping[str, State]) -> Iterator[str]:
    ids = {key: f"n{number}" for number, key in enumerate(picture.nodes, 1)}
    yield "flowchart LR"
    yield f"  accTitle: {_spoken(picture.title or 'Stack')}"
    yield f"  accDescr: {_spoken(summary(picture))}"
    for number, group in enumerate(picture.groups, 1):
        title = f"{group.title} ({group.note})" if group.note else group.title
        yield f'  subgraph g{number}["{escaped(title)}"]'
        for node in group.nodes:
            yield f"    {ids[node.key]}{_shape(node, states)}"
        yield "  end"
    for link in picture.links:
        yield f"  {ids[link.source]} {_ARROWS[link.kind]} {ids[link.target]}"
    for number, network in enumerate(picture.networks, 1):
        who = "every service" if network.of_all else f"{network.members} services"
        yield f'  w{number}(["network {escaped(network.name)}: {who}"])'
    for name, (style, shown) in _STROKES.items():
        own = [
            ids[key]
            for key, node in picture.nodes.items()
            if not node.is_volume and states.get(node.name) in shown
        ]
        if own:
            yield f"  classDef {name} {style},stroke-width:2px"
            yield f"  class {','.join(own)} {name}"


def _shape(node: Node, states: Mapping[str, State]) -> str:
    if not isinstance(node.shown, Card):
        return f'[("{escaped(node.name)}<br/>shared volume")]'
    label = "<br/>".join(_label(node.shown, states.get(node.name)))
    return f'(["{label}"])' if node.shown.one_shot else f'["{label}"]'


def _label(card: Card, state: State | None) -> Iterator[str]:
    yield f"<b>{escaped(card.name)}</b>"
    if state:
        yield f"{_MARKS[state]} {state}"
    if card.one_shot:
        yield "one-shot"
    yield "built here" if card.built else escaped(card.image)
    yield from map(escaped, card.ports)
    yield from (f"volume {escaped(name)}" for name in card.volumes)
    if card.networks:
        yield f"networks {escaped(', '.join(card.networks))}"


def escaped(text: str) -> str:
    """Text for a quoted label: whatever could mean something is a character code.

    >>> escaped('a"<b>`')
    'a#34;#60;b#62;#96;'
    """
    return "".join(c if c in _PLAIN else f"#{ord(c)};" for c in printable(text))


def _spoken(text: str) -> str:
    """Text for a directive, which ends with its line; what opens a block or a remark is dropped."""
    return "".join(c if c in _PLAIN else " " for c in printable(text))
