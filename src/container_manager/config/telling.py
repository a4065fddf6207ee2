"""The words in which a value that does not fit is told."""

from __future__ import annotations

from collections.abc import Iterator

from container_manager.config.alternatives import Whole
from container_manager.config.shapes import Fields, Misfit, Shape
from container_manager.errors import Problem
from container_manager.model import KeyPath, Node, dotted


def told(shape: Shape, node: Node, path: KeyPath) -> Iterator[Problem]:
    """What is wrong with a value, in the words of all keys.

    Args:
        shape: what it may look like.
        node: the value.
        path: where it stands.
    """
    for misfit in shape.misfits(node, path):
        yield _within(misfit) or wrong(misfit.path, misfit.node, misfit.shape.expected)


def _within(misfit: Misfit) -> Problem | None:
    """The part of a list or a mapping that keeps it from being what it should, where one does."""
    whole = misfit.shape
    if not isinstance(whole, Whole) or not whole.shape.takes(misfit.node):
        return None
    inner = next(whole.shape.misfits(misfit.node, misfit.path))
    if inner.path == misfit.path:
        return None
    lacking = isinstance(inner.shape, Fields) and [
        key
        for key in inner.shape.required
        if isinstance(inner.node.value, dict) and key not in inner.node.value
    ]
    what = f"has no '{lacking[0]}'" if lacking else f"is {_shown(inner.node)}"
    if inner.key is not None:
        what = "has no meaning there"
    return Problem(
        message=f"'{dotted(misfit.path)}' must be {whole.expected}; '{dotted(inner.path)}' {what}.",
        where=inner.node.where,
    )


def told_alone(shape: Shape, node: Node, path: KeyPath) -> Iterator[Problem]:
    """The same for a value whose parts have words of their own elsewhere."""
    if not shape.takes(node):
        yield wrong(path, node, shape.expected)


def wrong(path: KeyPath, node: Node, expected: str) -> Problem:
    """A value that is another than expected."""
    shown = "empty" if node.value == "" else _shown(node)
    return Problem(message=f"'{dotted(path)}' must be {expected}, not {shown}.", where=node.where)


def _shown(node: Node) -> str:
    if node.value is None:
        return "null"
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, list):
        return "a list" if node.value else "an empty list"
    if isinstance(node.value, bool):
        return str(node.value).lower()
    return f"the text {node.value!r}" if isinstance(node.value, str) else repr(node.value)
