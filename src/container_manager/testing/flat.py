"""Compose files without YAML's anchors: every value written out in its own place.

What stands once in a text and counts in several places cannot be replaced in one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

_MERGE = "tag:yaml.org,2002:merge"


def flat(text: str) -> str:
    """The same document without aliases and ``<<``; a text that has none is returned as it is.

    Args:
        text: YAML that our own reader has accepted: it holds no circles and no bombs.
    """
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    if document is None or not _shares(document):
        return text
    # The scalars keep their tags and quotes, so that providers read the same.
    return str(
        yaml.serialize(
            _written_out(document),
            Dumper=yaml.SafeDumper,
            allow_unicode=True,
            width=float("inf"),
        )
    )


def _shares(document: yaml.Node) -> bool:
    seen: set[int] = set()
    for node in _walk(document):
        if node.tag == _MERGE or id(node) in seen:
            return True
        seen.add(id(node))
    return False


def _walk(node: yaml.Node) -> Iterator[yaml.Node]:
    yield node
    for child in node.value if isinstance(node, yaml.CollectionNode) else ():
        for one in child if isinstance(child, tuple) else (child,):
            yield from _walk(one)


def _written_out(node: yaml.Node) -> yaml.Node:
    """A copy of a node whose parts belong to it alone."""
    if isinstance(node, yaml.SequenceNode):
        items = [_written_out(child) for child in node.value]
        return yaml.SequenceNode(node.tag, items, flow_style=node.flow_style)
    if isinstance(node, yaml.MappingNode):
        pairs = [(_written_out(key), _written_out(value)) for key, value in _merged(node)]
        return yaml.MappingNode(node.tag, pairs, flow_style=node.flow_style)
    assert isinstance(node, yaml.ScalarNode)
    return yaml.ScalarNode(node.tag, node.value, style=node.style)


def _merged(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    """The pairs of a mapping: its own keys win, then earlier sources of ``<<`` over later ones."""
    own = [(key, value) for key, value in node.value if key.tag != _MERGE]
    sources = [value for key, value in node.value if key.tag == _MERGE]
    found = {key.value: (key, value) for key, value in reversed(own)}
    found = {key.value: found[key.value] for key, _ in own}
    for source in sources:
        for part in source.value if isinstance(source, yaml.SequenceNode) else [source]:
            for key, value in _merged(part):
                found.setdefault(key.value, (key, value))
    return list(found.values())
