"""The key ``defaults``: compose keys for every service whose template is silent about them.

Here is what it may look like; what the values mean is for ``compose/defaults.py``, once variables
are filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.config.interpolation import Text
from container_manager.errors import Problem, did_you_mean
from container_manager.model import KeyPath, Node, dotted

ROOT: KeyPath = ("defaults",)

Misfit = tuple[KeyPath, Node, str]
"""A value of the wrong shape: where it stands, itself, and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultKey:
    """One key below ``defaults``.

    Attributes:
        misfits: finds what has the wrong shape in a value.
        meaning: what it is for.
    """

    misfits: Callable[[Node, KeyPath], Iterator[Misfit]]
    meaning: str


def _is_text(node: Node) -> bool:
    return isinstance(node.value, str) and bool(node.value)


def _is_number(node: Node) -> bool:
    return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


def _text(node: Node, path: KeyPath) -> Iterator[Misfit]:
    if not _is_text(node):
        yield path, node, "a text"


def _amount(node: Node, path: KeyPath) -> Iterator[Misfit]:
    if not _is_text(node) and not _is_number(node):
        yield path, node, "a number or a text"


def _texts(node: Node, path: KeyPath) -> Iterator[Misfit]:
    if not isinstance(node.value, list):
        yield path, node, "a list of texts"
        return
    for index, item in enumerate(node.value):
        yield from _text(item, (*path, index))


def _values_by_name(node: Node, path: KeyPath) -> Iterator[Misfit]:
    """Names with texts, numbers or nothing; an empty text is one, too."""
    if not isinstance(node.value, dict):
        yield path, node, "a mapping of names to values"
        return
    for name, child in node.value.items():
        if isinstance(child.value, bool):
            yield (*path, name), child, "a text (in quotes) or a number"
        elif isinstance(child.value, (dict, list)):
            yield (*path, name), child, "a text or a number"


def _environment(node: Node, path: KeyPath) -> Iterator[Misfit]:
    if isinstance(node.value, list):
        yield from _texts(node, path)
    elif isinstance(node.value, dict):
        yield from _values_by_name(node, path)
    else:
        yield path, node, "a mapping of names to values, or a list of NAME=value"


def _logging(node: Node, path: KeyPath) -> Iterator[Misfit]:
    if not isinstance(node.value, dict):
        yield path, node, "a mapping with 'driver' and 'options'"
        return
    for key, misfits in _LOGGING.items():
        child = node.value.get(key)
        if child is not None and child.value is not None:
            yield from misfits(child, (*path, key))


_LOGGING = {"driver": _text, "options": _values_by_name}

DEFAULTS: Mapping[str, DefaultKey] = {
    "restart": DefaultKey(misfits=_text, meaning="the restart policy; one-shots do not get it"),
    "logging": DefaultKey(misfits=_logging, meaning="where output goes, and how much is kept"),
    "mem_limit": DefaultKey(misfits=_amount, meaning="the most memory a container may use"),
    "pids_limit": DefaultKey(misfits=_amount, meaning="the most processes it may have"),
    "userns_mode": DefaultKey(misfits=_text, meaning="its user namespace"),
    "devices": DefaultKey(misfits=_texts, meaning="devices of the host that it may use"),
    "environment": DefaultKey(misfits=_environment, meaning="variables, each for itself"),
    "stop_grace_period": DefaultKey(misfits=_text, meaning="the time it gets to end"),
}


def misfits(tree: Node) -> Iterator[Misfit]:
    """What has the wrong shape below ``defaults``; null is as good as absent."""
    for key, child in _children(tree, ROOT):
        rule = DEFAULTS.get(str(key))
        if rule is not None and child.value is not None:
            yield from rule.misfits(child, (*ROOT, key))


def unknown_keys(tree: Node) -> Iterator[Problem]:
    """Keys below ``defaults`` that it does not have: they would have no effect."""
    for path, known in ((ROOT, list(DEFAULTS)), ((*ROOT, "logging"), list(_LOGGING))):
        for key, child in _children(tree, path):
            if key not in known:
                near = did_you_mean(str(key), known)
                yield Problem(
                    message=f"'{dotted(path)}' has no key '{key}'.",
                    where=child.where,
                    remedy=near or f"It has {', '.join(known)}.",
                )


def as_in_compose(tree: Node, values: Mapping[str, Any]) -> Node | None:
    """``defaults`` with variables expanded, as a compose file would spell it.

    Args:
        tree: the configuration with its places.
        values: the same, expanded.

    Returns:
        What it says, with the places of the configuration: references that are left (secrets, and
        what is not set) stay, and a literal dollar is doubled. None where there is nothing.
    """
    node = tree.find(ROOT)
    if node is None or not isinstance(node.value, dict):
        return None
    return _spelled(node, values["defaults"])


def _spelled(node: Node, value: Any) -> Node:
    if isinstance(node.value, dict):
        children = {key: _spelled(child, value[key]) for key, child in node.value.items()}
        return Node(value=children, where=node.where)
    if isinstance(node.value, list):
        items = [_spelled(child, value[index]) for index, child in enumerate(node.value)]
        return Node(value=items, where=node.where)
    return Node(value=value.escaped if isinstance(value, Text) else value, where=node.where)


def _children(tree: Node, path: KeyPath) -> list[tuple[Any, Node]]:
    node = tree.find(path)
    return list(node.value.items()) if node is not None and isinstance(node.value, dict) else []
