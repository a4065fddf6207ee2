"""Pictures of every shape, for properties that all of them have."""

from __future__ import annotations

from hypothesis import strategies as st

from container_manager.picture.model import (
    Card,
    Group,
    Kind,
    Link,
    Network,
    Node,
    Picture,
    SharedVolume,
)

EXAMPLES = 30
"""Pictures a property: fewer than usual, since one takes a tenth of a second to draw up."""

texts = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[a-z][a-z0-9._-]{0,60}", fullmatch=True),
    st.sampled_from(
        ["</text><script>alert(1)</script>", '" onload="x', "]]>", "&amp;", "漢字" * 9]
    ),
)
several = st.lists(texts, max_size=5).map(tuple)


@st.composite
def _cards(draw: st.DrawFn, name: str) -> Card:
    return Card(
        name=name,
        one_shot=draw(st.booleans()),
        image=draw(texts),
        built=draw(st.booleans()),
        ports=draw(several),
        volumes=draw(several),
        networks=draw(several),
    )


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Any picture: groups of services and shared volumes, with lines that lead onward."""
    groups = []
    least = draw(st.sampled_from([1, 6, 16]))
    names = iter(draw(st.lists(texts, min_size=least, max_size=24, unique=True)))
    for name in names:
        nodes = [Node(shown=draw(_cards(name)))]
        for other in names:
            kind = draw(st.sampled_from(["card", "card", "volume", "next"]))
            shown = SharedVolume(name=other) if kind == "volume" else draw(_cards(other))
            nodes.append(Node(shown=shown))
            if kind == "next":
                break
        groups.append(Group(title=draw(texts), note=draw(texts), nodes=tuple(nodes)))
    nodes = [node for group in groups for node in group.nodes]
    order = draw(st.permutations(nodes))
    return Picture(
        title=draw(st.none() | texts),
        groups=tuple(groups),
        links=tuple(draw(_links(order))),
        networks=tuple(
            Network(name=name, members=2, of_all=draw(st.booleans())) for name in draw(several)
        ),
    )


@st.composite
def _links(draw: st.DrawFn, order: list[Node]) -> list[Link]:
    if len(order) < 2:
        return []
    ends = st.tuples(st.integers(0, len(order) - 1), st.integers(0, len(order) - 1))
    least = draw(st.sampled_from([0, len(order), 2 * len(order)]))
    pairs = draw(st.lists(ends, min_size=least, max_size=least + 10))
    links = []
    for source, target in dict.fromkeys((min(pair), max(pair)) for pair in pairs):
        if source == target or order[source].is_volume:
            continue
        kinds = [Kind.MOUNTS] if order[target].is_volume else [k for k in Kind if k != Kind.MOUNTS]
        kind = draw(st.sampled_from(kinds))
        links.append(Link(source=order[source].key, target=order[target].key, kind=kind))
    return links
